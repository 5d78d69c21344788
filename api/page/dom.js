// Elements from data. Data only ever becomes text nodes and attributes: nothing here, or anywhere on the page, parses HTML.

const SVG = "http://www.w3.org/2000/svg";
// As rag/printable.py: controls, and marks that turn the direction of reading.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Text that others wrote, with a mark in place of each control character. */
export const printable = (text) => String(text).replace(CONTROLS, "\ufffd");

/**
 * An element. Properties: `class`, `on` (event -> listener), `data` (dataset); others are attributes, where false and null
 * leave the attribute out. Children: nodes, strings, lists of them; null and false are left out.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "data") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : printable(value));
  }
  put(element, ...children);
  return element;
}

/** Append children as `h` takes them. */
export function put(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : printable(child));
  }
}

/** Exchange all children of an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  put(element, ...children);
}

/** A drawing of the sprite in index.html. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A button with a drawing, and words or a label that stand for it. */
export function iconButton(name, label, onClick, properties = {}) {
  return h("button", { type: "button", class: "quiet icon", "aria-label": label, title: label, ...properties, on: { click: onClick } }, icon(name));
}

/** A choice: options are [value, words]. */
export function select(label, options, { value = "", onChange = () => {}, ...properties } = {}) {
  const element = h("select", { "aria-label": label, ...properties, on: { change: () => onChange(element.value) } });
  setOptions(element, options, value);
  return element;
}

export function setOptions(element, options, value) {
  fill(element, options.map(([one, words]) => h("option", { value: one }, words)));
  element.value = options.some(([one]) => one === value) ? value : (options[0]?.[0] ?? "");
}

const MOST_SAID = 30;
const announcer = document.getElementById("announce");

/** Say something to whoever listens instead of looking, after what was said before. */
export function announce(text) {
  announcer.append(h("p", {}, text));
  while (announcer.childElementCount > MOST_SAID) announcer.firstElementChild.remove();
}

/** Call once things have been quiet for a while. */
export function debounced(wait, call) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...given), wait);
  };
}
