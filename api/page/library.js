// The library: what it holds, in parts as the service gives them; searched by name, opened, asked about, deleted.

import { CollectionsTable } from "./collections.js";
import { confirmed, problemBox, tell } from "./dialogs.js";
import { announce, debounced, fill, h, icon, iconButton, put, select, setOptions } from "./dom.js";
import { get, send } from "./service.js";
import { openPage } from "./viewer.js";
import { count, date, figures, fileName, format } from "./words.js";

const AT_ONCE = 50;

export class Library {
  /** `onAsk` gets a document to ask about; `onChange` is called when something was deleted. */
  constructor(element, { upload, jobs, onAsk, onChange }) {
    Object.assign(this, { onAsk, onChange });
    this.cursors = [null]; // of the parts up to the one shown; the first has none
    this.next = null;
    this.total = 0;
    this.summary = h("p", { class: "lead" });
    this.search = h("input", { type: "search", id: "search-documents", placeholder: "Search by name", "aria-label": "Search documents by name", autocomplete: "off", spellcheck: "false", on: { input: debounced(180, () => this.first()) } });
    this.collection = select("Collection", [["", "Every collection"]], { onChange: () => this.first() });
    this.list = h("ul", { class: "documents", role: "list", "aria-label": "Documents" });
    this.place = h("p", { class: "documents-place", role: "status" });
    this.before = h("button", { type: "button", on: { click: () => this.back() } }, icon("left"), "Before");
    this.after = h("button", { type: "button", on: { click: () => this.forward() } }, "Next", icon("right"));
    this.collections = new CollectionsTable({ onChange: () => onChange() });
    put(
      element,
      h("header", { class: "library-head" }, h("h1", { id: "library-title" }, "Library"), this.summary),
      upload.element,
      jobs.element,
      h(
        "section",
        { class: "documents-section", "aria-labelledby": "documents-title" },
        h("header", {}, h("h2", { id: "documents-title" }, "Documents"), h("div", { class: "documents-tools" }, h("div", { class: "searching" }, icon("search"), this.search), this.collection)),
        this.list,
        h("footer", {}, this.place, h("div", { class: "paging" }, this.before, this.after)),
      ),
      this.collections.element,
    );
  }

  /** What the service and its store are, as /v1/info and /v1/collections have it. */
  offer({ info, collections }) {
    const { text = 0, image = 0, table = 0 } = info.elements;
    fill(this.summary, info.documents ? `${count(info.documents, "document")} · ${count(info.pages, "page")} · ${count(text, "passage")}, ${count(image, "picture")}, ${count(table, "table")}` : "Nothing here yet.");
    setOptions(this.collection, [["", "Every collection"], ...collections.map(({ name }) => [name, name])], this.collection.value);
    this.collection.hidden = collections.length < 2;
    this.several = collections.length > 1;
    this.collections.show(collections, info.generators);
  }

  first() {
    this.cursors = [null];
    return this.load();
  }

  back() {
    this.cursors.pop();
    return this.load().then(() => this.toTop());
  }

  forward() {
    this.cursors.push(this.next);
    return this.load().then(() => this.toTop());
  }

  /** After turning, the list begins at its top, and the keyboard is where it can turn on. */
  toTop() {
    this.list.closest("section").scrollIntoView({ block: "start" });
    if (document.activeElement === document.body) (this.after.disabled ? this.before : this.after).focus();
  }

  /** Show the part that the last cursor names. */
  async load() {
    const asked = new URLSearchParams({ limit: AT_ONCE });
    const name = this.search.value.trim();
    if (name) asked.set("name", name);
    if (this.collection.value) asked.set("collection", this.collection.value);
    if (this.cursors.at(-1)) asked.set("cursor", this.cursors.at(-1));
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    this.list.setAttribute("aria-busy", "true");
    if (!this.list.childElementCount) fill(this.list, [1, 2, 3, 4].map(() => h("li", { class: "document waiting" })));
    try {
      const { documents, total, next } = await get(`/v1/documents?${asked}`, { signal: asking.signal });
      this.show(documents, { total, next, name });
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error.code === "store_not_found") this.show([], { total: 0, next: null, name });
      else fill(this.list, h("li", {}, problemBox(error, () => this.load())));
    }
    this.list.removeAttribute("aria-busy");
  }

  show(documents, { total, next, name }) {
    this.next = next;
    fill(this.list, documents.map((one) => this.row(one)));
    if (!documents.length) {
      const words = name ? "No document is called so." : "Nothing here yet. Drop files on this page, or point the command line at a folder:";
      put(this.list, h("li", { class: "empty" }, h("p", {}, words), name ? null : h("p", {}, h("code", {}, "sightline ingest FOLDER"))));
    }
    const from = (this.cursors.length - 1) * AT_ONCE;
    fill(this.place, documents.length ? `${figures(from + 1)} to ${figures(from + documents.length)} of ${figures(total)}` : "");
    this.before.disabled = this.cursors.length === 1;
    this.after.disabled = next === null;
    const paged = total > AT_ONCE;
    this.before.hidden = this.after.hidden = !paged;
  }

  row(one) {
    const name = fileName(one.source);
    const parts = [format(one.media_type), one.n_pages > 1 ? count(one.n_pages, "page") : null, date(one.ingested_at)].filter(Boolean);
    const title = saysMore(one.title, name) ? one.title : "";
    const folder = one.source.slice(0, one.source.length - name.length);
    return h(
      "li",
      { class: "document", data: { id: one.id } },
      h("span", { class: "document-sign" }, icon(one.media_type.startsWith("image/") ? "picture" : "page")),
      h(
        "div",
        { class: "document-words" },
        h("button", { type: "button", class: "document-open", on: { click: () => openPage({ document: one, page: 1 }) } }, h("bdi", {}, folder ? h("span", { class: "folder" }, folder) : null, name)),
        title ? h("p", { class: "document-title" }, h("bdi", {}, title)) : null,
        h("p", { class: "document-about" }, parts.join(" · "), this.several ? one.collections.map((collection) => [" ", h("span", { class: "tag" }, collection)]) : null),
      ),
      h("div", { class: "document-tools" }, iconButton("ask", `Ask about ${name}`, () => this.onAsk(one)), iconButton("delete", `Delete ${name}`, () => this.remove(one))),
    );
  }

  async remove(one) {
    const name = fileName(one.source);
    const meant = await confirmed({
      title: `Delete ${name}?`,
      text: "Its text, pictures and vectors go from the library. The file in your own folders stays.",
      action: "Delete",
    });
    if (!meant) return;
    try {
      await send(`/v1/documents/${encodeURIComponent(one.id)}`, { method: "DELETE" });
    } catch (error) {
      tell(error);
      return;
    }
    announce(`${name} is deleted.`);
    if (this.list.childElementCount === 1 && this.cursors.length > 1) this.cursors.pop();
    await this.load();
    this.search.focus();
    this.onChange();
  }
}

/** Whether a title tells what the file's name does not. */
function saysMore(title, name) {
  const bare = (words) => words.toLowerCase().replace(/\.\w+$/, "").replace(/[-_\s]+/g, " ").trim();
  return bare(title) !== "" && bare(title) !== bare(name);
}
