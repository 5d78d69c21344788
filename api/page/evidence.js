// What was found: cards that open their page, and filters that search again inside what they let through.

import { problemBox } from "./dialogs.js";
import { announce, fill, h, icon, put, select } from "./dom.js";
import { mediaPath, picture, post } from "./service.js";
import { openPage } from "./viewer.js";
import { count, fileName, ICONS, KINDS, MANY } from "./words.js";

/** Open the page of a hit, or of a citation's evidence, with its place lit. */
export function openHit(hit, quote = "") {
  openPage({ document: hit.document, page: hit.page, lit: { page: hit.page, box: hit.box, quote, text: wordsOf(hit), also: hit.also } });
}

export const wordsOf = (hit) => hit.text || hit.caption || hit.ocr || hit.context || "";

/** A kept picture, small; its place is held while it comes, and closed where it cannot be had. */
export function thumbnail(media, words) {
  const frame = h("span", { class: "thumb waiting" });
  picture(mediaPath(media)).then(
    (address) => {
      frame.classList.remove("waiting");
      put(frame, h("img", { src: address, alt: words }));
    },
    () => frame.remove(),
  );
  return frame;
}

function card(hit, { number, quote = "", cited = false }) {
  const name = h("button", { type: "button", class: "card-open", on: { click: () => openHit(hit, quote) } }, h("bdi", {}, fileName(hit.document.source)));
  const sign = number ? h("span", { class: "number" }, h("span", { class: "unseen" }, "Evidence "), String(number)) : h("span", { class: "number kind" }, icon(ICONS[hit.modality]));
  const section = hit.section.length ? [" · ", h("bdi", {}, hit.section.at(-1))] : null;
  const also = hit.also.length ? ` · also in ${count(hit.also.length, "other place")}` : null;
  return h(
    "li",
    { class: cited ? "card cited" : "card", data: number ? { number: String(number) } : {} },
    sign,
    h("div", { class: "card-words" }, name, h("p", { class: "card-where" }, `Page ${hit.page} · ${KINDS[hit.modality]}`, section, also), h("p", { class: "card-said" }, quote || wordsOf(hit))),
    hit.media ? thumbnail(hit.media, "") : null,
  );
}

/** The evidence of one turn. `ask`: what was sent to find it, to search again with filters. */
export class EvidencePanel {
  constructor(ask) {
    this.ask = ask;
    this.title = h("h3", {}, "Evidence");
    this.filters = h("div", { class: "filters" });
    this.list = h("div", { class: "cards-place" });
    this.element = h("aside", { class: "evidence", "aria-label": "Evidence" }, h("header", {}, this.title, this.filters), this.list);
    this.kind = "";
    this.document = "";
    fill(this.list, h("ul", { class: "cards" }, [1, 2, 3].map(() => h("li", { class: "card waiting" }))));
  }

  /** While the answer is written: what the model is given. */
  showSources(evidence) {
    fill(this.list, h("ul", { class: "cards" }, evidence.map((one) => card(one, { number: one.number }))));
  }

  /** Once it is written. `numbers`: element -> number; `quotes`: number -> the words that a sentence rests on. */
  showAnswer({ hits, numbers, quotes, answerable }) {
    fill(this.title, answerable ? "Evidence" : hits.length ? "Nearest evidence" : "Nothing found");
    const found = hits.map((hit) => [hit, numbers.get(hit.element)]);
    const cited = found.filter(([, number]) => quotes.has(number));
    const others = found.filter(([, number]) => !quotes.has(number));
    cited.sort(([, one], [, other]) => one - other);
    this.original = () => this.showLists(cited, others, quotes);
    this.original();
    this.offerFilters(hits);
  }

  /** Without an answer: what looks or reads like what was given. */
  showFound(hits) {
    fill(this.title, hits.length ? "Found" : "Nothing found");
    this.original = () => this.showHits(hits);
    this.original();
    this.offerFilters(hits);
  }

  showLists(cited, others, quotes) {
    const rest = h("ul", { class: "cards" }, others.map(([hit, number]) => card(hit, { number })));
    fill(
      this.list,
      cited.length ? h("ul", { class: "cards" }, cited.map(([hit, number]) => card(hit, { number, quote: quotes.get(number), cited: true }))) : null,
      cited.length && others.length ? h("details", {}, h("summary", {}, `${count(others.length, "more piece")} looked at`), rest) : rest,
    );
  }

  showHits(hits) {
    fill(this.list, hits.length ? h("ul", { class: "cards" }, hits.map((hit) => card(hit, {}))) : h("p", { class: "nothing" }, "Nothing of this kind was found."));
  }

  offerFilters(hits) {
    const documents = new Map(hits.map((hit) => [hit.document.id, hit.document.source]));
    this.kinds = ["", ...Object.keys(MANY)].map((kind) =>
      h("button", { type: "button", "aria-pressed": String(kind === ""), data: { kind }, on: { click: () => this.filter({ kind }) } }, kind ? MANY[kind] : "All"),
    );
    const within = select("Only from this document", [["", "Every document"], ...documents], { onChange: (document) => this.filter({ document }) });
    fill(this.filters, h("div", { class: "segments", role: "group", "aria-label": "Only of this kind" }, this.kinds), documents.size > 1 ? within : null);
  }

  async filter({ kind = this.kind, document = this.document }) {
    Object.assign(this, { kind, document });
    for (const button of this.kinds) button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
    if (!kind && !document) {
      this.original();
      return;
    }
    const filters = { ...this.ask.filters };
    if (kind) filters.modality = [kind];
    if (document) filters.document = [document];
    this.list.setAttribute("aria-busy", "true");
    try {
      const { hits } = await post("/v1/search", { query: this.ask.question, image: this.ask.image, route: this.ask.route, filters });
      if (kind !== this.kind || document !== this.document) return;
      this.showHits(hits);
      announce(`${count(hits.length, "piece")} found.`);
    } catch (error) {
      fill(this.list, problemBox(error, () => this.filter({})));
    } finally {
      this.list.removeAttribute("aria-busy");
    }
  }

  /** Point at the card of a number. */
  point(number, on) {
    this.list.querySelector(`.card[data-number="${Number(number)}"]`)?.classList.toggle("pointed", on);
  }
}
