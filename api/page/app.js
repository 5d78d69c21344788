// The page as a whole: its views, what they share, the keyboard, and files that are dropped anywhere.

import { Composer } from "./composer.js";
import { askKey, problemBox, showShortcuts, tell } from "./dialogs.js";
import { announce, fill, h } from "./dom.js";
import { Jobs } from "./jobs.js";
import { Library } from "./library.js";
import { get, onKeyWanted, Problem } from "./service.js";
import { Turn } from "./turn.js";
import { dropped, uploadArea, Uploads } from "./uploads.js";
import { count, figures } from "./words.js";

const MOST_TURNS = 20; // of the conversation that are sent along
const at = (id) => document.getElementById(id);
const turns = [];
let uploads = null;

onKeyWanted(askKey);

// Asking

const composer = new Composer(at("composer"), { onAsk: ask, onStop: () => turns.at(-1)?.stop(), onAnew: beginAnew });

async function ask(asked) {
  const history = turns.filter((turn) => turn.answer?.answerable).slice(-MOST_TURNS).map((turn) => turn.asHistory());
  const turn = new Turn(asked.question ? { ...asked, history } : asked, { pictureAddress: asked.image });
  turns.push(turn);
  at("conversation").append(turn.element);
  document.body.classList.add("talking");
  turn.element.scrollIntoView({ block: "start" });
  composer.setRunning(true);
  await turn.run();
  composer.setRunning(false);
}

function beginAnew() {
  turns.at(-1)?.stop();
  turns.length = 0;
  at("conversation").replaceChildren();
  document.body.classList.remove("talking");
  show("ask");
  composer.field.focus();
}

// What there is

async function refresh() {
  try {
    const info = await get("/v1/info");
    const { collections } = await get("/v1/collections").catch((error) => {
      if (error.code === "store_not_found") return { collections: [] };
      throw error;
    });
    welcome(info);
    composer.offer({ generators: info.generators, collections });
    library.offer({ info, collections });
    upload.offer(collections.map(({ name }) => name));
    uploads ??= new Uploads({ jobs, limits: info.limits });
    const badge = at("library-count");
    badge.hidden = info.documents === 0;
    fill(badge, figures(info.documents));
    return true;
  } catch (error) {
    fill(at("welcome-text"), problemBox(error, start));
    return false;
  }
}

function welcome({ documents, pages }) {
  document.body.classList.toggle("empty", documents === 0);
  if (documents) {
    fill(at("ask-title"), "Ask your library");
    fill(at("welcome-text"), `${count(documents, "document")}, ${count(pages, "page")}. Every sentence of the answer points at the place it came from.`);
    fill(at("after-composer"));
    return;
  }
  fill(at("ask-title"), "Begin with a few files");
  fill(at("welcome-text"), "Drop them anywhere on this page, or a whole folder at once. Then ask, and every sentence of the answer points at the place it came from.");
  const choose = h("button", { type: "button", class: "primary", on: { click: () => upload.choose() } }, "Add files");
  fill(at("after-composer"), choose, h("span", {}, "or, for a folder of this machine, ", h("code", {}, "sightline ingest FOLDER")));
}

const upload = uploadArea((files, collection) => addFiles(files, collection));
const jobs = new Jobs({ onEnded: () => (refresh(), library.load()) });
const library = new Library(at("library"), {
  upload,
  jobs,
  onAsk: (one) => {
    go("ask");
    composer.about(one.source);
  },
  onChange: refresh,
});

function addFiles(files, collection) {
  if (uploads === null) return;
  go("library");
  announce(`Adding ${count(files.length, "file")}.`);
  uploads.add(files, collection);
}

// Views

function show(view) {
  for (const one of document.querySelectorAll(".view")) one.hidden = one.id !== view;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.dataset.view = view;
  document.title = view === "library" ? "Library · Sightline" : "Sightline";
}

const viewOf = () => (location.hash === "#library" ? "library" : "ask");

function go(view) {
  if (viewOf() !== view) location.hash = view;
  show(view);
}

addEventListener("hashchange", () => {
  show(viewOf());
  scrollTo({ top: 0 });
});

// Theme: of the system, or the one that was chosen

const THEMES = ["", "light", "dark"];
const THEME_WORDS = { "": "as the system", light: "light", dark: "dark" };

function nextTheme() {
  const root = document.documentElement;
  const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? "") + 1) % THEMES.length];
  if (next) root.dataset.theme = next;
  else delete root.dataset.theme;
  try {
    localStorage.setItem("sightline-theme", next);
  } catch {
    // Without storage it holds for this visit.
  }
  sayTheme();
  announce(`Theme: ${THEME_WORDS[next]}.`);
}

function sayTheme() {
  const words = `Theme: ${THEME_WORDS[document.documentElement.dataset.theme ?? ""]}`;
  at("theme").setAttribute("aria-label", words);
  at("theme").title = `${words} (t)`;
}

at("theme").addEventListener("click", nextTheme);
at("help").addEventListener("click", showShortcuts);

// Keyboard

const KEYS = {
  "/": () => (go("ask"), composer.field.focus()),
  n: beginAnew,
  a: () => go("ask"),
  l: () => go("library"),
  s: () => (go("library"), library.search.focus()),
  u: () => (go("library"), upload.choose()),
  t: nextTheme,
  "?": showShortcuts,
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && composer.running) turns.at(-1)?.stop();
  const writing = event.target.closest?.("input, textarea, select");
  if (writing || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});

// Files dropped: a single picture while asking goes to the question, all else to the library

const isForQuestion = (items) => document.body.dataset.view === "ask" && !document.body.classList.contains("empty") && items.length === 1 && items[0].type.startsWith("image/");

addEventListener("paste", (event) => {
  if (document.body.dataset.view === "ask" && !document.querySelector("dialog[open]")) composer.paste(event);
});

let over = 0;
const hasFiles = (event) => event.dataTransfer?.types.includes("Files") && !document.querySelector("dialog[open]");

addEventListener("dragenter", (event) => {
  if (!hasFiles(event)) return;
  over += 1;
  at("drop").hidden = false;
  fill(at("drop-text"), isForQuestion(event.dataTransfer.items) ? "Drop to ask about this picture" : "Drop to add to the library");
});
addEventListener("dragleave", (event) => {
  if (!hasFiles(event)) return;
  over -= 1;
  if (over <= 0) at("drop").hidden = true;
});
addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
addEventListener("drop", async (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  over = 0;
  at("drop").hidden = true;
  if (isForQuestion(event.dataTransfer.items)) {
    composer.attach(event.dataTransfer.files[0]);
    return;
  }
  try {
    const files = await dropped(event.dataTransfer);
    if (files.length) addFiles(files, upload.collection());
  } catch (error) {
    tell(new Problem({ detail: "What was dropped cannot be read.", hint: `${error.message} Choose the files instead.` }));
  }
});

async function start() {
  if (!(await refresh())) return;
  library.load();
  jobs.start();
}

show(viewOf());
sayTheme();
if (matchMedia("(pointer: fine)").matches && viewOf() === "ask") composer.field.focus();
start();
