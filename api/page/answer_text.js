// An answer's text as it grows: paragraphs, lists, bold, code, and a button for every `[n]`. All of it by text nodes.

import { fill, h } from "./dom.js";

const MARKER = /\s?\[(\d{1,3})\]/g;
const INLINE = /(\*\*[^*\n]+\*\*|`[^`\n]+`)/;
const BULLET = /^\s*(?:[-*•])\s+/;
const NUMBERED = /^\s*\d{1,3}[.)]\s+/;

/**
 * Shows a growing text in `container`. `citation(number, before)` makes the button of a marker, from its number and the text
 * before it. Blocks that did not change keep their elements, so that what has the focus keeps it.
 */
export class AnswerText {
  constructor(container, citation) {
    this.container = container;
    this.citation = citation;
    this.blocks = [];
  }

  /** Show this text in place of what was shown. `anew`: also where the text is the same, since citations have come. */
  show(text, { anew = false } = {}) {
    const wanted = blocksOf(text);
    const focused = anew ? -1 : [...this.container.querySelectorAll("button")].indexOf(document.activeElement);
    wanted.forEach((lines, at) => {
      const written = lines.join("\n");
      if (!anew && this.blocks[at]?.written === written) return;
      const element = this.render(lines);
      if (this.blocks[at]) this.blocks[at].element.replaceWith(element);
      else this.container.append(element);
      this.blocks[at] = { written, element };
    });
    for (const block of this.blocks.splice(wanted.length)) block.element.remove();
    if (focused >= 0) this.container.querySelectorAll("button")[focused]?.focus();
  }

  render(lines) {
    for (const [pattern, tag] of [[BULLET, "ul"], [NUMBERED, "ol"]]) {
      if (lines.every((line) => pattern.test(line))) {
        return h(tag, {}, lines.map((line) => h("li", {}, this.inline(line.replace(pattern, "")))));
      }
    }
    const paragraph = h("p");
    fill(paragraph, lines.flatMap((line, at) => [at > 0 ? h("br") : null, this.inline(line)]));
    return paragraph;
  }

  inline(line) {
    const shown = [];
    let from = 0;
    for (const marker of line.matchAll(MARKER)) {
      // The last word goes with its marker, so that no line begins with one.
      const [, before, word] = /^(.*?)([^\s*`]*)$/s.exec(line.slice(from, marker.index));
      shown.push(...styled(before), h("span", { class: "kept" }, word, this.citation(Number(marker[1]), line.slice(0, marker.index))));
      from = marker.index + marker[0].length;
    }
    return [...shown, ...styled(line.slice(from))];
  }
}

/** The text without markers, for comparing it with a sentence. */
export const plain = (text) => text.replace(MARKER, "").replace(/[*`]/g, "").replace(/\s+/g, " ").trim();

/** Blocks of lines: broken at empty lines, and where a list begins or ends. */
function blocksOf(text) {
  const blocks = [];
  let kind = "";
  for (const line of text.split("\n")) {
    if (!line.trim()) {
      kind = "";
      continue;
    }
    const now = BULLET.test(line) ? "bullet" : NUMBERED.test(line) ? "numbered" : "prose";
    if (now === kind) blocks.at(-1).push(line);
    else blocks.push([line]);
    kind = now;
  }
  return blocks;
}

function styled(text) {
  return text.split(INLINE).filter(Boolean).map((part) => {
    if (/^\*\*[^*]+\*\*$/.test(part)) return h("strong", {}, part.slice(2, -2));
    return /^`[^`]+`$/.test(part) ? h("code", {}, part.slice(1, -1)) : part;
  });
}
