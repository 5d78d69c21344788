// Files on their way in: dropped or chosen, sent in requests that the service takes, each then followed as a job.

import { problemBox } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { reasonRow } from "./jobs.js";
import { upload } from "./service.js";
import { count, size } from "./words.js";

const SHARE_FOR_FORM = 0.98;
/** Of the most that a request may weigh: the form around the files weighs something too. */

export class Uploads {
  /** `limits`: as in /v1/info. */
  constructor({ jobs, limits }) {
    this.jobs = jobs;
    this.limits = limits;
  }

  /** Send files, [{file, name}], into a collection, one request after the other. */
  async add(files, collection) {
    const most = this.limits.upload_mb * 2 ** 20 * SHARE_FOR_FORM;
    const tooLarge = files.filter(({ file }) => file.size > most);
    if (tooLarge.length) this.refuse(tooLarge);
    for (const batch of batches(files.filter(({ file }) => file.size <= most), { most, count: this.limits.upload_files })) {
      await this.sendBatch(batch, collection);
    }
  }

  refuse(files) {
    const reasons = files.map(({ file, name }) => reasonRow(name, `It has ${size(file.size)}; the service takes ${this.limits.upload_mb} MB at once (max_upload_mb). \`sightline ingest\` has no such limit.`));
    this.jobs.place(h("li", { class: "job refused", data: { state: "failed" } }, h("header", {}, h("h3", {}, count(files.length, "file")), h("span", { class: "state" }, "Too large")), h("ul", { class: "reasons" }, reasons)));
  }

  async sendBatch(batch, collection) {
    const stopped = new AbortController();
    const bar = h("progress", { max: "1", value: "0", "aria-label": "Sent" });
    const told = h("p", { class: "job-told" }, `Sending ${size(batch.reduce((sum, { file }) => sum + file.size, 0))}`);
    const state = h("span", { class: "state" }, "Sending");
    const title = batch.length === 1 ? batch[0].name : `${batch[0].name} and ${count(batch.length - 1, "other")}`;
    const stop = h("button", { type: "button", class: "small", on: { click: () => stopped.abort() } }, "Cancel");
    const card = h("li", { class: "job", data: { state: "running" } }, h("header", {}, h("h3", {}, h("bdi", {}, title)), state, h("div", { class: "job-buttons" }, stop)), bar, told);
    this.jobs.place(card);
    const form = new FormData();
    for (const { file, name } of batch) form.append("files", file, name);
    if (collection) form.append("collection", collection);
    const onProgress = (share) => {
      bar.value = share;
      fill(told, share < 1 ? `${Math.floor(share * 100)} % sent` : "Sent; the service takes it in");
    };
    try {
      // The same key however often it must be tried: the service then begins one job, not two.
      const headers = { "Idempotency-Key": crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
      const { job } = await upload("/v1/documents", form, { onProgress, signal: stopped.signal, headers });
      card.remove();
      this.jobs.show(job);
    } catch (error) {
      card.classList.add("refused");
      card.dataset.state = "failed";
      bar.remove();
      stop.remove();
      if (error.name === "AbortError") {
        fill(state, "Cancelled");
        fill(told, "Nothing of it was taken.");
        return;
      }
      fill(state, "Not sent");
      told.replaceWith(problemBox(error, () => (card.remove(), this.sendBatch(batch, collection))));
    }
  }
}

/** Requests of at most `count` files and `most` bytes. */
function* batches(files, { most, count: number }) {
  let batch = [];
  let bytes = 0;
  for (const one of files) {
    if (batch.length && (batch.length >= number || bytes + one.file.size > most)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(one);
    bytes += one.file.size;
  }
  if (batch.length) yield batch;
}

/** Every file of a drop, folders with all that lies in them, as [{file, name}]; names keep their folders. */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return named([...transfer.files]);
  const found = [];
  for (const entry of entries) await collect(entry, found);
  return found;
}

async function collect(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ file, name: entry.fullPath.replace(/^\//, "") || file.name });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const one of some) if (!one.name.startsWith(".")) await collect(one, found);
  }
}

/** Chosen files as [{file, name}]; of a chosen folder with their path below it. */
export const named = (files) => files.map((file) => ({ file, name: file.webkitRelativePath || file.name }));

/** The place where files are chosen. `onFiles` gets [{file, name}] and the collection they go to. */
export function uploadArea(onFiles) {
  const input = h("input", { type: "file", multiple: true, class: "unseen", id: "files", tabindex: "-1", "aria-label": "Files to add" });
  const folder = h("input", { type: "file", webkitdirectory: true, class: "unseen", id: "folder", tabindex: "-1", "aria-label": "Folder to add" });
  const known = h("datalist", { id: "collections-known" });
  const collection = h("input", { type: "text", id: "into", list: "collections-known", value: "default", autocomplete: "off", spellcheck: "false" });
  for (const one of [input, folder]) {
    one.addEventListener("change", () => {
      const files = named([...one.files]);
      one.value = "";
      if (files.length) onFiles(files, collection.value.trim());
    });
  }
  const choose = h("button", { type: "button", class: "primary", id: "choose", on: { click: () => input.click() } }, "Add files");
  const chooseFolder = h("button", { type: "button", on: { click: () => folder.click() } }, "Add a folder");
  const element = h("div", { class: "upload" }, h("div", { class: "upload-words" }, h("p", { class: "upload-lead" }, "Drop files or folders anywhere on this page"), h("p", {}, "PDF, Word, slides, sheets, HTML, Markdown, text and pictures")), h("div", { class: "upload-tools" }, h("label", { class: "field" }, h("span", {}, "Into collection"), collection), choose, chooseFolder), input, folder, known);
  return {
    element,
    choose: () => input.click(),
    collection: () => collection.value.trim(),
    offer: (names) => {
      fill(known, names.map((name) => h("option", { value: name })));
    },
  };
}
