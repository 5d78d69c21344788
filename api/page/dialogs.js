// Dialogs that ask: the browser's own <dialog>, which keeps the focus inside, ends by Escape and gives the focus back.

import { h, iconButton, put } from "./dom.js";

/**
 * Open a dialog until it is closed, then drop it. Children are shown below its title.
 * Returns: the dialog, and a promise of what it was closed with ("" for Escape, the cross, and a click beside it).
 */
export function openDialog({ title, label = title, wide = false, className = "" }, ...children) {
  const close = iconButton("close", "Close", () => dialog.close());
  const heading = title ? h("header", {}, h("h2", {}, title), close) : null;
  const dialog = h("dialog", { class: `${wide ? "wide " : ""}${className}`, "aria-label": label, on: { click: beside } }, heading, ...children);
  function beside(event) {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    const inside = event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom;
    if (event.target === dialog && !inside) dialog.close();
  }
  document.body.append(dialog);
  dialog.showModal();
  const closed = new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
  return { dialog, closed };
}

/** Ask before something that cannot be taken back. Returns: a promise of whether it is meant. */
export async function confirmed({ title, text, action }) {
  const cancel = h("button", { type: "button" }, "Cancel");
  const go = h("button", { type: "button", class: "danger" }, action);
  const { dialog, closed } = openDialog({ title }, h("p", {}, text), h("footer", {}, cancel, go));
  cancel.addEventListener("click", () => dialog.close());
  go.addEventListener("click", () => dialog.close("go"));
  cancel.focus(); // what does no harm stands nearest
  return (await closed) === "go";
}

/** Ask for the service's key. Returns: a promise of it, or of null where none was given. */
export async function askKey(wasWrong) {
  const field = h("input", { type: "password", id: "key", autocomplete: "current-password", spellcheck: "false", required: true });
  const form = h(
    "form",
    {},
    wasWrong ? h("p", { class: "problem-line", role: "alert" }, "That key is not the service's.") : null,
    h("p", {}, "This service answers those who have its key. It is kept until this tab is closed, and sent nowhere else."),
    h("label", { for: "key" }, "Key"),
    field,
    h("footer", {}, h("button", { type: "submit", class: "primary" }, "Go on")),
  );
  const { dialog, closed } = openDialog({ title: "Key", label: "The service's key" }, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dialog.close(field.value.trim());
  });
  field.focus();
  return (await closed) || null;
}

const SHORTCUTS = [
  ["/", "Write a question"],
  ["Enter", "Ask it; Shift and Enter for a new line"],
  ["Escape", "Stop the answer; close a dialog"],
  ["n", "Begin a new conversation"],
  ["a", "Go to the questions"],
  ["l", "Go to the library"],
  ["s", "Search the library by name"],
  ["u", "Add files"],
  ["t", "Change the theme"],
  ["← →", "On an open page: the page before, the page after"],
  ["z", "On an open page: closer, and back"],
  ["?", "Show this list"],
];

/** Show what the keyboard does. */
export function showShortcuts() {
  const rows = SHORTCUTS.map(([key, does]) => h("div", {}, h("dt", {}, key.split(" ").map((one) => h("kbd", {}, one))), h("dd", {}, does)));
  openDialog({ title: "Keyboard" }, h("dl", { class: "shortcuts" }, rows));
}

/** What went wrong, and what to do about it; `again` offers to try once more. */
export function problemBox(error, again = null) {
  const box = h("div", { class: "problem", role: "alert" }, h("p", { class: "problem-what" }, error.message));
  if (error.hint) put(box, h("p", { class: "problem-hint" }, error.hint));
  if (again) put(box, h("button", { type: "button", on: { click: again } }, "Try again"));
  return box;
}

/** Tell of something that went wrong where nothing else shows it; it stays until it is put away. */
export function tell(error) {
  const box = h("div", { class: "toast" }, h("div", {}, h("p", { class: "problem-what" }, error.message), error.hint ? h("p", { class: "problem-hint" }, error.hint) : null));
  put(box, iconButton("close", "Put away", () => box.remove()));
  document.getElementById("toasts").append(box);
}
