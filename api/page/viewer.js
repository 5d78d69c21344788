// A page with what was found on it lit: the picture as the service draws it, the box over it from fractions of the page.

import { openDialog, problemBox } from "./dialogs.js";
import { fill, h, iconButton, put } from "./dom.js";
import { get, pagePath, picture } from "./service.js";
import { fileName, format, place } from "./words.js";

/**
 * Open a document at a page. `lit`: {page, box, quote, text, also} of what is shown there, for its page; null to look only.
 */
export function openPage({ document: shown, page, lit = null }) {
  new Viewer(shown, page, lit);
}

class Viewer {
  constructor(shown, page, lit) {
    this.shown = shown;
    this.page = page;
    this.lit = lit;
    this.pages = page;
    this.title = h("h2", { id: "viewer-title" }, h("bdi", {}, fileName(shown.source)));
    this.where = h("p", { class: "viewer-where", role: "status" });
    this.before = iconButton("left", "Page before", () => this.turn(-1));
    this.after = iconButton("right", "Page after", () => this.turn(1));
    this.zoom = iconButton("zoom", "Closer", () => this.scale(), { "aria-pressed": "false" });
    this.stage = h("div", { class: "stage", tabindex: "0", role: "region", "aria-label": "Page" });
    this.beside = h("div", { class: "viewer-words" });
    const close = iconButton("close", "Close", () => this.dialog.close());
    const tools = h("div", { class: "viewer-tools" }, this.before, this.after, this.zoom, close);
    const head = h("header", {}, h("div", { class: "viewer-name" }, this.title, this.where), tools);
    const { dialog, closed } = openDialog({ label: `Pages of ${shown.source}`, wide: true, className: "viewer" }, head, h("div", { class: "viewer-body" }, this.stage, this.beside));
    this.dialog = dialog;
    // Of the window: the focus may be on nothing in particular, where a page was clicked.
    const onKey = (event) => this.key(event);
    addEventListener("keydown", onKey);
    closed.then(() => removeEventListener("keydown", onKey));
    close.focus();
    this.show();
    this.count();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowLeft" || event.key === "PageUp") this.turn(-1);
    else if (event.key === "ArrowRight" || event.key === "PageDown") this.turn(1);
    else if (event.key === "z") this.scale();
    else return;
    event.preventDefault();
  }

  turn(by) {
    const to = this.page + by;
    if (to < 1 || to > this.pages) return;
    this.page = to;
    this.show();
  }

  scale() {
    const closer = this.stage.classList.toggle("closer");
    this.zoom.setAttribute("aria-pressed", String(closer));
    this.reveal();
  }

  /** How many pages there are: hits do not say. */
  async count() {
    try {
      const told = await get(`/v1/documents/${encodeURIComponent(this.shown.id)}`);
      this.pages = told.n_pages;
      this.kind = format(told.media_type);
      this.place();
    } catch {
      // The page itself is shown, or says what is wrong.
    }
  }

  place() {
    const of = this.pages > 1 ? ` of ${this.pages}` : "";
    fill(this.where, `Page ${this.page}${of}`, this.kind ? ` · ${this.kind}` : "", this.shown.title && this.shown.title !== this.shown.source ? [" · ", h("bdi", {}, this.shown.title)] : null);
    this.before.disabled = this.page <= 1;
    this.after.disabled = this.page >= this.pages;
  }

  isLit() {
    return this.lit !== null && this.lit.page === this.page;
  }

  async show() {
    this.place();
    this.words();
    const page = this.page;
    fill(this.stage, h("div", { class: "sheet waiting" }));
    try {
      const image = h("img", { alt: `Page ${page} of ${this.shown.source}`, src: await picture(pagePath(this.shown.id, page)) });
      await image.decode();
      if (page !== this.page) return;
      const sheet = h("div", { class: "sheet" }, image);
      if (this.isLit() && this.lit.box) put(sheet, lightOn(this.lit.box));
      fill(this.stage, sheet);
      this.reveal();
    } catch (error) {
      if (page !== this.page) return;
      if (error.code === "no_page_picture") this.withoutPicture();
      else fill(this.stage, problemBox(error, () => this.show()));
    }
  }

  /** Formats without a layout have no picture of a page: their words are shown in its place. */
  withoutPicture() {
    if (this.isLit() && this.lit.text) fill(this.stage, h("div", { class: "sheet words" }, marked(this.lit.text, this.lit.quote)));
    else fill(this.stage, h("p", { class: "nothing" }, "This format has no pages to look at. What it says is found by asking."));
    this.beside.hidden = true;
    this.zoom.hidden = true;
  }

  words() {
    const { quote, text, also = [] } = this.isLit() ? this.lit : {};
    const said = quote || text;
    fill(
      this.beside,
      said ? [h("h3", {}, quote ? "What it rests on" : "What stands there"), h("blockquote", {}, said)] : null,
      also.length ? [h("h3", {}, "The same stands in"), h("ul", {}, also.map((one) => h("li", {}, h("button", { type: "button", class: "link", on: { click: () => this.goTo(one) } }, place(one)))))] : null,
    );
    this.beside.hidden = this.beside.childElementCount === 0;
  }

  goTo(one) {
    this.dialog.close();
    openPage({ document: one.document, page: one.page, lit: { ...this.lit, page: one.page, box: one.box, also: [] } });
  }

  reveal() {
    this.stage.querySelector(".light")?.scrollIntoView({ block: "center", inline: "center" });
  }
}

/** The box, over the page: its edges are the fractions, everything around it is dimmed. */
export function lightOn([x0, y0, x1, y1]) {
  const light = h("div", { class: "light" });
  Object.assign(light.style, {
    left: `${x0 * 100}%`,
    top: `${y0 * 100}%`,
    width: `${(x1 - x0) * 100}%`,
    height: `${(y1 - y0) * 100}%`,
  });
  return light;
}

/** A text with the lines of its quote marked, each where it first stands. */
function marked(text, quote) {
  const at = quote ? text.indexOf(quote) : -1;
  if (at < 0) return h("p", {}, text);
  return h("p", {}, text.slice(0, at), h("mark", {}, quote), text.slice(at + quote.length));
}
