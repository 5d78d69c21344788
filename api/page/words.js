// How figures, places and times are said.

const number = new Intl.NumberFormat("en");

export const count = (n, one, many = `${one}s`) => `${number.format(n)} ${n === 1 ? one : many}`;

export const figures = (n) => number.format(n);

/** The words of a modality; `page` is a whole page that was looked at. */
export const KINDS = { text: "Text", image: "Picture", table: "Table", page: "Page" };
export const MANY = { text: "Text", image: "Pictures", table: "Tables", page: "Pages" };
export const ICONS = { text: "text", image: "picture", table: "table", page: "page" };

/** The last part of a source's path. */
export const fileName = (source) => source.split("/").pop() || source;

/** `report.pdf, page 3`, for a hit, an evidence or a place. */
export const place = (one) => `${fileName(one.document.source)}, page ${one.page}`;

/** A time span: `0.4 s`, `2 min`. */
export function span(seconds) {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/** The day of an ISO time; empty where it is none. */
export function date(iso) {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? "" : day.format(time);
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1048576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

/** What a file is, in a word or two. */
export function format(mediaType) {
  const known = {
    "application/pdf": "PDF",
    "text/plain": "Text",
    "text/markdown": "Markdown",
    "text/html": "HTML",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "Slides",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Sheets",
  };
  return known[mediaType] ?? (mediaType.startsWith("image/") ? "Picture" : mediaType.split("/").pop());
}
