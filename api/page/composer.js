// Where a question is written: its words, its picture, and how and where it is asked.

import { tell } from "./dialogs.js";
import { debounced, fill, h, icon, iconButton, put, select, setOptions } from "./dom.js";
import { get, Problem } from "./service.js";
import { MANY } from "./words.js";

const TAKEN = ["image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/tiff", "image/avif"];
const MOST_BYTES = 6 * 2 ** 20;
const LONGEST_SIDE = 2048;
const ROUTES = [
  ["", "Usual route"],
  ["fused", "Fused: looks and words"],
  ["shared", "Shared: looks alone"],
  ["caption", "Caption: words alone"],
];

export class Composer {
  /** `onAsk` gets {question, image, filters, route, generator}; `onStop` ends what runs, `onAnew` the conversation. */
  constructor(element, { onAsk, onStop, onAnew }) {
    this.onAsk = onAsk;
    this.onStop = onStop;
    this.running = false;
    this.image = null; // a data URI
    this.field = h("textarea", { id: "question", rows: "1", maxlength: "10000", placeholder: "What do you want to know?", "aria-label": "Question", on: { keydown: (event) => this.key(event), input: () => this.grow() } });
    this.attached = h("div", { class: "attached", hidden: true });
    this.file = h("input", { type: "file", accept: "image/*", class: "unseen", tabindex: "-1", "aria-label": "Picture to ask about", on: { change: () => this.attach(this.file.files[0]) } });
    this.button = h("button", { type: "submit", class: "primary round", "aria-label": "Ask" }, icon("send"));
    this.toggle = iconButton("options", "Options", () => this.showOptions(this.options.hidden), { "aria-expanded": "false", "aria-controls": "options" });
    this.said = h("span", { class: "options-said" });
    this.build();
    const tools = h("div", { class: "composer-tools" }, iconButton("picture", "Add a picture", () => this.file.click()), this.toggle, this.said, iconButton("anew", "New conversation", onAnew, { class: "quiet icon anew" }), this.button);
    this.form = h("form", { class: "composer-box", on: { submit: (event) => this.submit(event) } }, this.attached, this.field, this.options, tools, this.file);
    element.append(this.form);
  }

  build() {
    const changed = { onChange: () => this.say() };
    this.collection = select("Collection", [["", "Every collection"]], changed);
    this.route = select("Route", ROUTES, changed);
    this.generator = select("Generator", [["", "Usual generator"]], changed);
    this.kinds = Object.entries(MANY).map(([kind, words]) =>
      h("button", { type: "button", "aria-pressed": "false", data: { kind }, on: { click: (event) => this.toggleKind(event.currentTarget) } }, words),
    );
    this.documents = h("datalist", { id: "documents-known" });
    const suggest = debounced(200, () => this.suggest());
    this.document = h("input", { type: "text", id: "only-document", list: "documents-known", placeholder: "Any document", autocomplete: "off", on: { input: () => (this.say(), suggest()) } });
    const field = (words, control) => h("label", { class: "field" }, h("span", {}, words), control);
    this.options = h(
      "div",
      { id: "options", class: "options", hidden: true },
      field("Collection", this.collection),
      field("Route", this.route),
      field("Generator", this.generator),
      field("Document", this.document),
      h("div", { class: "field wide" }, h("span", { id: "kinds-label" }, "Look at"), h("div", { class: "segments", role: "group", "aria-labelledby": "kinds-label" }, this.kinds)),
      this.documents,
    );
  }

  /** What there is to choose from: `generators` of the service, `collections` of the store. */
  offer({ generators, collections }) {
    setOptions(this.generator, [["", "Usual generator"], ...generators.map((one) => [one, one])], this.generator.value);
    setOptions(this.collection, [["", "Every collection"], ...collections.map(({ name }) => [name, name])], this.collection.value);
    this.say();
  }

  /** Ask about one document only, from now on. */
  about(source) {
    this.document.value = source;
    this.showOptions(true);
    this.say();
    this.field.focus();
  }

  get filters() {
    const modality = this.kinds.filter((one) => one.getAttribute("aria-pressed") === "true").map((one) => one.dataset.kind);
    const filters = {};
    if (modality.length) filters.modality = modality;
    if (this.document.value.trim()) filters.document = [this.document.value.trim()];
    if (this.collection.value) filters.collection = [this.collection.value];
    return filters;
  }

  toggleKind(button) {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    this.say();
  }

  showOptions(open) {
    this.options.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
  }

  /** Beside the button, what is not as usual. */
  say() {
    const { modality = [], document = [], collection = [] } = this.filters;
    const kinds = modality.map((kind) => MANY[kind].toLowerCase()).join(", ");
    fill(this.said, [...collection, ...document, kinds, this.route.value, this.generator.value].filter(Boolean).join(" · "));
  }

  async suggest() {
    const name = this.document.value.trim();
    if (!name) return;
    try {
      const { documents } = await get(`/v1/documents?limit=12&name=${encodeURIComponent(name)}`);
      fill(this.documents, documents.map((one) => h("option", { value: one.source })));
    } catch {
      // Suggestions are a courtesy; a wrong name is told when it is asked for.
    }
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.form.requestSubmit();
    }
  }

  grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }

  submit(event) {
    event.preventDefault();
    if (this.running) {
      this.onStop();
      return;
    }
    const question = this.field.value.trim();
    if (!question && !this.image) {
      this.field.focus();
      return;
    }
    const ask = { question, filters: this.filters };
    if (this.image) ask.image = this.image;
    if (this.route.value) ask.route = this.route.value;
    if (this.generator.value) ask.generator = this.generator.value;
    this.field.value = "";
    this.grow();
    this.attach(null);
    this.showOptions(false);
    this.onAsk(ask);
  }

  /** While an answer is written the button stops it. */
  setRunning(running) {
    this.running = running;
    this.button.setAttribute("aria-label", running ? "Stop" : "Ask");
    fill(this.button, icon(running ? "stop" : "send"));
    this.form.classList.toggle("running", running);
  }

  /** Take a picture that is pasted; all else goes where it goes. */
  paste(event) {
    const file = [...event.clipboardData.files].find((one) => one.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    this.attach(file);
  }

  /** Take a picture to the question; null for none. */
  async attach(file) {
    this.image = null;
    this.attached.hidden = true;
    this.file.value = "";
    if (!file) return;
    try {
      this.image = await dataUri(file);
    } catch (error) {
      tell(error);
      return;
    }
    fill(this.attached, h("img", { src: this.image, alt: "" }), h("span", {}, h("bdi", {}, file.name || "Picture")), iconButton("close", "Leave the picture out", () => (this.attach(null), this.field.focus())));
    this.attached.hidden = false;
    this.field.focus();
  }
}

/** A picture as a data URI that the service takes: as it is, or drawn anew where it is large or of another kind. */
async function dataUri(file) {
  if (TAKEN.includes(file.type) && file.size <= MOST_BYTES) return read(file);
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Problem({ detail: `${file.name} is no picture that this browser can read.`, hint: "PNG, JPEG, WebP, GIF, BMP, TIFF and AVIF are taken." });
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = h("canvas", { width: Math.round(bitmap.width * scale), height: Math.round(bitmap.height * scale) });
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.9);
}

function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(new Problem({ detail: `${file.name} cannot be read.`, hint: "Is it still there?" })));
    reader.readAsDataURL(file);
  });
}
