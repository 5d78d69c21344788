// Ingests as they go on, wherever they were begun: one card for each, with its progress and the reason of every file that failed.

import { problemBox, tell } from "./dialogs.js";
import { announce, fill, h, icon, iconButton, put } from "./dom.js";
import { events, get, post, Problem, send } from "./service.js";
import { count, fileName, figures, span } from "./words.js";

const RECENT = 20;
const MOST_REASONS = 200;
const SECONDS_TO_TRY = 2;
const LIVE = ["queued", "running"];
const STATES = { queued: "Waiting", running: "Reading", done: "Done", failed: "Broken off", cancelled: "Cancelled" };

/** The list of ingests. `onEnded` is called when one ends, since the library then holds something else. */
export class Jobs {
  constructor({ onEnded }) {
    this.onEnded = onEnded;
    this.cards = new Map();
    this.list = h("ul", { class: "jobs", role: "list" });
    this.element = h("section", { class: "jobs-section", "aria-labelledby": "jobs-title", hidden: true }, h("header", {}, h("h2", { id: "jobs-title" }, "Being added"), h("button", { type: "button", class: "link", on: { click: () => this.clear() } }, "Put away what is done")), this.list);
  }

  /** Show what the service is at, and what broke off. */
  async start() {
    try {
      const { jobs } = await get(`/v1/jobs?limit=${RECENT}`);
      for (const job of jobs.reverse()) if (LIVE.includes(job.state) || job.state === "failed") this.show(job);
    } catch (error) {
      tell(error);
    }
  }

  /** Take a card into the list, newest first. */
  place(element) {
    this.list.prepend(element);
    this.element.hidden = false;
  }

  /** Show a job, and follow it to its end. */
  show(job) {
    const known = this.cards.get(job.id);
    if (known) {
      known.update(job);
      return;
    }
    const card = new JobCard(job, { onEnded: this.onEnded });
    this.cards.set(job.id, card);
    this.place(card.element);
    card.follow();
  }

  clear() {
    for (const [id, card] of this.cards) {
      if (LIVE.includes(card.job.state)) continue;
      card.element.remove();
      this.cards.delete(id);
    }
    for (const element of this.list.querySelectorAll(".job.refused")) element.remove();
    this.element.hidden = this.list.childElementCount === 0;
    document.getElementById("main").focus();
  }
}

class JobCard {
  constructor(job, { onEnded }) {
    this.onEnded = onEnded;
    this.failed = new Map(); // source -> reason
    this.title = h("h3", {});
    this.state = h("span", { class: "state" });
    this.bar = h("progress", { "aria-label": "Files read" });
    this.told = h("p", { class: "job-told" });
    this.reasons = h("ul", { class: "reasons" });
    this.buttons = h("div", { class: "job-buttons" });
    this.element = h("li", { class: "job" }, h("header", {}, this.title, this.state, this.buttons), this.bar, this.told, this.reasons);
    this.update(job);
  }

  /** Keep up with it until it ends; where the line breaks, take it up again. */
  async follow() {
    while (LIVE.includes(this.job.state)) {
      try {
        const response = await send(`/v1/jobs/${this.job.id}/events`);
        for await (const { event, data } of events(response)) {
          if (event === "file") this.onFile(data);
          else if (event === "job" || event === "end") this.update(data);
          else if (event === "error") throw new Problem(data);
        }
      } catch (error) {
        if (error.code === "unknown_job" || error.status === 401) return;
      }
      if (!LIVE.includes(this.job.state)) break;
      await new Promise((resolve) => setTimeout(resolve, SECONDS_TO_TRY * 1000));
    }
    await this.allReasons();
    if (!this.element.isConnected) return;
    announce(`${this.title.textContent}: ${this.told.textContent}`);
    this.onEnded();
  }

  onFile({ source, state, code, reason }) {
    if (state !== "failed") return;
    this.failed.set(source, reason || code);
    this.showReasons();
  }

  /** Those of the files that failed while nobody listened. */
  async allReasons() {
    for (const { path, reason } of this.job.report?.failed ?? []) this.failed.set(path, reason);
    if (this.job.files.failed > this.failed.size) {
      try {
        const { files } = await get(`/v1/jobs/${this.job.id}/files?state=failed&limit=${MOST_REASONS}`);
        for (const one of files) this.failed.set(one.source, one.reason || one.code);
      } catch (error) {
        put(this.reasons, h("li", {}, problemBox(error)));
        return;
      }
    }
    this.showReasons();
  }

  showReasons() {
    const shown = [...this.failed].slice(0, MOST_REASONS);
    fill(this.reasons, shown.map(([source, reason]) => reasonRow(source, reason)));
    if (this.failed.size > shown.length) put(this.reasons, h("li", {}, `and ${count(this.failed.size - shown.length, "more file")}`));
  }

  update(job) {
    this.job = job;
    const { total, done, failed } = job.files;
    fill(this.title, h("bdi", {}, titleOf(job)));
    fill(this.state, STATES[job.state] ?? job.state);
    this.element.dataset.state = job.state === "done" && failed ? "partly" : job.state;
    const live = LIVE.includes(job.state);
    this.bar.hidden = !live;
    if (total && job.state === "running") Object.assign(this.bar, { max: total, value: done + failed });
    else this.bar.removeAttribute("value");
    fill(this.told, live ? progress(job) : result(job));
    if (job.error) put(this.told, h("span", { class: "job-error" }, ` ${job.error.detail} ${job.error.hint ?? ""}`));
    this.showButtons(live);
  }

  showButtons(live) {
    const resumable = ["failed", "cancelled"].includes(this.job.state);
    const wanted = live ? "cancel" : resumable ? "resume" : "";
    if (this.buttons.dataset.shown === wanted) return;
    this.buttons.dataset.shown = wanted;
    fill(this.buttons, wanted ? h("button", { type: "button", class: "small", on: { click: () => this.tellService(wanted) } }, wanted === "cancel" ? "Cancel" : "Go on") : null);
  }

  async tellService(what) {
    try {
      this.update(await post(`/v1/jobs/${this.job.id}/${what}`));
      if (what === "resume") this.follow();
    } catch (error) {
      tell(error);
    }
  }
}

function titleOf({ paths, id }) {
  if (!paths.length) return `Ingest ${id.slice(0, 8)}`;
  const first = fileName(paths[0]);
  return paths.length === 1 ? first : `${first} and ${count(paths.length - 1, "other")}`;
}

function progress({ state, files, pages, current, seconds_left: left, resumed }) {
  if (state === "queued") return "Waiting for its turn";
  const parts = [`${figures(files.done + files.failed)} of ${count(files.total, "file")}`];
  if (pages) parts.push(count(pages, "page"));
  if (left !== null && left !== undefined) parts.push(`about ${span(left)} left`);
  if (resumed) parts.push("taken up again after a restart");
  if (current) parts.push(fileName(current));
  return parts.join(" · ");
}

function result({ files, pages, report }) {
  const read = files.done - files.unchanged;
  const parts = [read ? `${count(read, "file")} added` : null, files.unchanged ? `${count(files.unchanged, "file")} already here` : null];
  if (files.failed) parts.push(`${count(files.failed, "file")} could not be taken`);
  if (pages) parts.push(count(pages, "page"));
  if (report) parts.push(span(report.seconds));
  return parts.filter(Boolean).join(" · ");
}

/** A file that was not taken, and why. */
export function reasonRow(source, reason) {
  return h("li", { class: "reason" }, icon("failed"), h("span", {}, h("strong", {}, h("bdi", {}, source)), " ", reason));
}
