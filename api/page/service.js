// The service, as any client sees it: requests with the key where one is wanted, problems as errors, events as they come.

const KEY = "sightline-key";

/** An error as the service tells it (RFC 9457), or one of the way to it. */
export class Problem extends Error {
  constructor({ detail, hint = "", code = "", status = 0, request_id = "" }) {
    super(detail);
    Object.assign(this, { hint, code, status, requestId: request_id });
  }
}

let askForKey = null;
let asking = null;

/** Who asks for the key: called with what was wrong, gives a promise of the key, or of null where none was given. */
export function onKeyWanted(ask) {
  askForKey = ask;
}

const storedKey = () => {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
};

const authorization = () => (storedKey() ? { Authorization: `Bearer ${storedKey()}` } : {});

/** Ask for the key, once for all requests that wait for it. Returns: whether there is one to try now. */
async function getKey(refused) {
  if (refused !== storedKey()) return true; // another request has asked meanwhile
  asking ??= askForKey(refused !== null).finally(() => {
    asking = null;
  });
  const key = await asking;
  if (key === null) return false;
  sessionStorage.setItem(KEY, key);
  return true;
}

/**
 * Send a request. `json`: a body. Raises: Problem, unless the status is good; AbortError where `signal` says so.
 */
export async function send(path, { method = "GET", json, signal, headers = {} } = {}) {
  for (;;) {
    const key = storedKey();
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    const kind = json === undefined ? {} : { "Content-Type": "application/json" };
    let response;
    try {
      response = await fetch(path, { method, signal, ...body, headers: { ...kind, ...headers, ...authorization() } });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem({ detail: "The service does not answer.", hint: "Is `sightline serve` still running? Then try again.", code: "unreachable" });
    }
    if (response.ok) return response;
    if (response.status === 401 && (await getKey(key))) continue;
    throw await problemOf(response);
  }
}

/** The problem of an answer that is none. */
async function problemOf(response) {
  try {
    return new Problem(await response.json());
  } catch {
    return new Problem({ detail: `The service answered ${response.status}.`, hint: "Its log says more.", status: response.status });
  }
}

export const get = async (path, options) => (await send(path, options)).json();
export const post = async (path, json, options) => (await send(path, { method: "POST", json, ...options })).json();

/** Server-sent events of an answer, as {event, data}. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const frames = (rest + value).split(/\r?\n\r?\n/);
      rest = frames.pop();
      for (const frame of frames) {
        const told = parsed(frame);
        if (told !== null) yield told;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parsed(frame) {
  let event = "message";
  const data = [];
  for (const line of frame.split(/\r?\n/)) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length ? { event, data: JSON.parse(data.join("\n")) } : null; // comments keep the line open
}

/**
 * Send a form with its progress, which fetch cannot tell. `onProgress` gets 0..1.
 * Raises: Problem.
 */
export async function upload(path, form, { onProgress, signal, headers = {} }) {
  for (;;) {
    const key = storedKey();
    const response = await sendForm(path, form, { onProgress, signal, headers });
    if (response.ok) return response.json();
    if (response.status === 401 && (await getKey(key))) continue;
    throw await problemOf(response);
  }
}

function sendForm(path, form, { onProgress, signal, headers }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    for (const [name, value] of Object.entries({ ...headers, ...authorization() })) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => event.lengthComputable && onProgress(event.loaded / event.total));
    request.addEventListener("load", () => resolve(new Response(request.responseText, { status: request.status })));
    request.addEventListener("error", () => reject(new Problem({ detail: "The service broke off the upload.", hint: "It may have stopped, or the files may be too large together (max_upload_mb). Try again.", code: "unreachable" })));
    request.addEventListener("abort", () => reject(new DOMException("Stopped.", "AbortError")));
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

const MOST_PICTURES = 48;
const pictures = new Map();

/** The address of a picture that is fetched with the key. Raises: Problem. The oldest of many are let go again. */
export function picture(path) {
  const known = pictures.get(path);
  pictures.delete(path);
  const loading = known ?? send(path).then(async (response) => URL.createObjectURL(await response.blob()));
  pictures.set(path, loading);
  loading.catch(() => pictures.delete(path));
  for (const [oldest, address] of pictures) {
    if (pictures.size <= MOST_PICTURES) break;
    pictures.delete(oldest);
    address.then((url) => URL.revokeObjectURL(url), () => {});
  }
  return loading;
}

export const pagePath = (document, page) => `/v1/documents/${encodeURIComponent(document)}/pages/${page}.webp`;
export const mediaPath = (media) => `/v1/media/${encodeURIComponent(media)}`;
