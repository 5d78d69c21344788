// One question and its answer as it is written.

import { AnswerText, plain } from "./answer_text.js";
import { problemBox } from "./dialogs.js";
import { announce, fill, h, iconButton, put } from "./dom.js";
import { EvidencePanel, openHit, thumbnail, wordsOf } from "./evidence.js";
import { events, post, Problem, send } from "./service.js";
import { count, fileName, place, span } from "./words.js";

export class Turn {
  /**
   * `ask`: {question, image, filters, route, generator, history}. Without a question it only searches by the picture.
   */
  constructor(ask, { pictureAddress = null } = {}) {
    this.ask = ask;
    this.numbers = new Map(); // element -> number
    this.byNumber = new Map(); // number -> hit
    this.cited = []; // {sentence, evidence}, in the order of the text
    this.stopped = new AbortController();
    this.answer = null;
    this.text = "";
    this.panel = new EvidencePanel(ask);
    this.status = h("p", { class: "status" }, "Searching the library …");
    this.reply = h("div", { class: "reply" }, h("div", { class: "lines" }, h("span", { class: "waiting" }), h("span", { class: "waiting" }), h("span", { class: "waiting" })));
    this.shown = new AnswerText(this.reply, (number, before) => this.marker(number, before));
    this.below = h("div", { class: "below" });
    this.heading = h("h2", { tabindex: "-1" }, ask.question || "What looks like this?");
    const asked = pictureAddress ? h("img", { class: "asked-picture", src: pictureAddress, alt: "The picture of the question" }) : null;
    this.element = h("article", { class: "turn" }, h("header", { class: "asked" }, this.heading, asked), h("div", { class: "answer", "aria-busy": "true" }, this.reply, this.status, this.below), this.panel.element);
  }

  /** Ask, and show what comes. Returns: a promise of whether an answer came. */
  async run() {
    try {
      if (this.ask.question) await this.stream();
      else await this.search();
    } catch (error) {
      this.fail(error);
    } finally {
      this.element.querySelector(".answer").removeAttribute("aria-busy");
    }
    return this.answer !== null;
  }

  stop() {
    this.stopped.abort();
  }

  /** This turn as the history of the next. */
  asHistory() {
    return { question: this.ask.question, answer: this.answer.answer, images: this.answer.images.map((hit) => hit.element) };
  }

  async search() {
    const { image, filters, route } = this.ask;
    const { hits, notes } = await post("/v1/search", { image, filters, route }, { signal: this.stopped.signal });
    this.reply.remove();
    fill(this.status, count(hits.length, "piece"), " found by the picture alone. Add words to ask about it.");
    this.panel.showFound(hits);
    this.showNotes(notes);
    announce(`${count(hits.length, "piece")} found.`);
  }

  async stream() {
    announce("Searching the library.");
    const response = await send("/v1/query", { method: "POST", json: { ...this.ask, stream: true }, signal: this.stopped.signal });
    for await (const { event, data } of events(response)) {
      if (event === "sources") this.onSources(data.evidence);
      else if (event === "delta") this.onDelta(data.text);
      else if (event === "citation") this.onCitation(data);
      else if (event === "done") this.onDone(data);
      else if (event === "error") throw new Problem(data);
    }
    if (this.answer === null) throw new Problem({ detail: "The answer broke off.", hint: "The service may have been stopped. Ask again." });
  }

  onSources(evidence) {
    for (const one of evidence) {
      this.numbers.set(one.element, one.number);
      this.byNumber.set(one.number, one);
    }
    fill(this.status, evidence.length ? `Reading ${count(evidence.length, "piece")} of evidence …` : "Nothing near was found …");
    this.panel.showSources(evidence);
  }

  onDelta(text) {
    if (this.text === "") this.reply.replaceChildren();
    this.text += text;
    this.reply.classList.add("writing");
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = null;
      this.shown.show(this.text);
    });
  }

  onCitation({ sentence, evidence }) {
    this.cited.push(...evidence.map((one) => ({ sentence: sentence.text, evidence: one })));
    announce(sentence.text); // a sentence at a time, not letter by letter
  }

  onDone(answer) {
    if (this.drawing) cancelAnimationFrame(this.drawing);
    this.answer = answer;
    this.cited = answer.citations;
    this.reply.classList.remove("writing");
    if (this.text === "") this.reply.replaceChildren();
    if (answer.answerable) this.shown.show(answer.answer, { anew: true });
    else this.abstain(answer);
    const quotes = new Map();
    for (const { evidence } of answer.citations) if (!quotes.has(evidence.number)) quotes.set(evidence.number, evidence.quote);
    this.panel.showAnswer({ hits: answer.hits, numbers: this.numbers, quotes, answerable: answer.answerable });
    this.showNotes(answer.notes);
    if (answer.answerable) {
      this.showDoubts(answer.sentences);
      this.showPictures(answer.images);
    }
    this.showMade(answer);
    announce(answer.answerable ? `Answered, with ${count(quotes.size, "piece")} of evidence.` : answer.answer);
  }

  abstain(answer) {
    this.reply.classList.add("none");
    fill(this.reply, h("p", {}, h("strong", {}, "The library does not answer this.")), h("p", {}, answer.hits.length ? "What lies nearest is listed as evidence. Other words may help, or another collection." : "Nothing in it is near the question."));
  }

  /** The button of a marker `[n]`: it opens what the sentence before it rests on. */
  marker(number, before) {
    const found = this.citationOf(number, plain(before));
    const evidence = found?.evidence ?? this.byNumber.get(number);
    if (!evidence) return `[${number}]`;
    const hit = this.byNumber.get(number);
    const point = (on) => () => this.panel.point(number, on);
    return h(
      "button",
      {
        type: "button",
        class: "cite",
        "aria-label": `Evidence ${number}: ${place(evidence)}`,
        title: place(evidence),
        on: {
          click: () => openHit({ ...hit, ...evidence, text: hit ? wordsOf(hit) : evidence.quote }, found?.evidence.quote),
          mouseenter: point(true),
          mouseleave: point(false),
          focus: point(true),
          blur: point(false),
        },
      },
      String(number),
    );
  }

  /** The citation of this number whose sentence ends where the marker stands; else the first of the number. */
  citationOf(number, before) {
    const named = this.cited.filter(({ evidence }) => evidence.number === number);
    return named.find(({ sentence }) => before.endsWith(plain(sentence))) ?? named[0];
  }

  showNotes(notes) {
    put(this.below, notes.map((note) => h("p", { class: "note" }, note.message)));
  }

  showDoubts(sentences) {
    const doubted = sentences.filter((one) => one.support === "unsupported");
    if (!doubted.length) return;
    const lines = doubted.map((one) => h("li", {}, "“", one.text, "”", one.missing.length ? ` (not there: ${one.missing.join(", ")})` : ""));
    put(this.below, h("div", { class: "doubts" }, h("p", {}, "Its evidence does not bear this out:"), h("ul", {}, lines)));
  }

  showPictures(images) {
    const shown = images.filter((hit) => hit.media);
    if (!shown.length) return;
    const buttons = shown.map((hit) => {
      const words = wordsOf(hit) || fileName(hit.document.source);
      return h("li", {}, h("button", { type: "button", class: "picture", "aria-label": `Picture, ${place(hit)}: ${words}`, on: { click: () => openHit(hit) } }, thumbnail(hit.media, ""), h("span", { class: "picture-words" }, words)));
    });
    put(this.below, h("h3", {}, "Pictures"), h("ul", { class: "pictures", role: "list" }, buttons));
  }

  showMade({ model, seconds, answer, left_out: leftOut, asked, question }) {
    const parts = [model, span(seconds.total ?? 0)];
    if (leftOut) parts.push(`${count(leftOut, "piece")} did not fit`);
    if (asked !== question) parts.push(`searched for “${asked}”`);
    const copy = iconButton("copy", "Copy the answer", async () => {
      await navigator.clipboard.writeText(answer);
      announce("Copied.");
      copy.replaceChildren(...iconButton("done", "", () => {}).childNodes);
    });
    fill(this.status, h("span", {}, parts.join(" · ")), navigator.clipboard ? copy : null); // only where the address is trusted
  }

  fail(error) {
    if (this.drawing) cancelAnimationFrame(this.drawing);
    this.reply.classList.remove("writing");
    if (this.text === "") this.reply.remove();
    if (this.numbers.size === 0) this.panel.element.remove();
    if (error.name === "AbortError") {
      fill(this.status, "Stopped.");
      announce("Stopped.");
      return;
    }
    this.status.remove();
    put(this.below, problemBox(error));
  }
}
