// All that the page asks of the service: reads, and the live tail.

import { api } from "./places.js";

const KEY = "gati-key";
const STREAM_PAUSE_MS = 2000;

/** @typedef {Record<string, string | number | boolean | null | undefined>} Query */

/** What went wrong, and whether another try may help. */
export class ApiError extends Error {
  /** @param {number} status 0: no answer @param {string} code @param {string} text @param {number} wait seconds */
  constructor(status, code, text, wait = 0) {
    super(text);
    this.status = status;
    this.code = code;
    this.wait = wait;
  }

  get isPassing() {
    return [0, 429, 502, 503, 504].includes(this.status);
  }
}

/** Asks the reader for a key; the text says why the last was refused. @type {(problem: string) => Promise<string>} */
let askForKey = () => Promise.reject(new ApiError(401, "unauthorized", "A key is needed."));
/** @type {Promise<string> | null} */
let asking = null;

/** @param {(problem: string) => Promise<string>} ask */
export function askKeysBy(ask) {
  askForKey = ask;
}

/** Whether a key is kept for this tab. */
export function hasKey() {
  return sessionStorage.getItem(KEY) !== null;
}

/** Forget the key. */
export function forgetKey() {
  sessionStorage.removeItem(KEY);
}

/** The address of a path of the API. @param {string} path @param {Query} query */
export function address(path, query = {}) {
  const url = new URL(path, api);
  for (const [name, value] of Object.entries(query)) {
    if (value != null && value !== "") url.searchParams.set(name, String(value));
  }
  return url;
}

/** Whether the reader may change and delete: with an admin key, or while none is asked for. */
export function mayChange() {
  return sessionStorage.getItem(KEY)?.startsWith("gati_admin_") ?? true;
}

/** Change or delete something. @param {string} method @param {string} path @param {any} [body] @returns {Promise<any>} */
export async function send(method, path, body) {
  const answer = await ask(address(path), { method, body: body && JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  return answer.json();
}

/** Read one answer as a file. @param {string} path @param {Query} [query] */
export async function getFile(path, query) {
  return (await ask(address(path, query), {})).blob();
}

/** Read one answer as JSON. @param {string} path @param {Query} [query] @param {AbortSignal} [signal] @returns {Promise<any>} */
export async function get(path, query, signal) {
  return (await getExact(path, query, signal)).body;
}

/** Read one answer as JSON, of metrics with the moment for which they are exact. @param {string} path @param {Query} [query] @param {AbortSignal} [signal] @returns {Promise<{body: any, asOf: string}>} */
export async function getExact(path, query = {}, signal) {
  const answer = await ask(address(path, query), { signal });
  try {
    return { body: await answer.json(), asOf: answer.headers.get("X-Metrics-As-Of") ?? "" };
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "cut_off", "The answer was cut off.");
  }
}

/** A request with the key; after a 401 the reader is asked for one. @param {URL} url @param {RequestInit} options @returns {Promise<Response>} */
async function ask(url, options) {
  for (let problem = ""; ; ) {
    const sent = sessionStorage.getItem(KEY);
    const headers = { ...options.headers, ...(sent ? { Authorization: `Bearer ${sent}` } : {}) };
    const answer = await fetch(url, { ...options, headers }).catch((error) => {
      if (options.signal?.aborted) throw error;
      throw new ApiError(0, "unreachable", "The service does not answer. Is it running?");
    });
    if (answer.ok) return answer;
    const error = await errorOf(answer);
    if (error.status !== 401 && !(error.code === "wrong_scope" && sent)) throw error;
    if (sent === sessionStorage.getItem(KEY)) {
      if (sent) problem = error.status === 401 ? "This key is not valid (any more)." : error.message;
      asking ??= askForKey(problem).finally(() => (asking = null));
      sessionStorage.setItem(KEY, await asking);
    }
  }
}

/** @param {Response} answer */
async function errorOf(answer) {
  const body = await answer.json().catch(() => ({}));
  const text = body.description ?? `The service answered ${answer.status}.`;
  return new ApiError(answer.status, body.code ?? "error", text, Number(answer.headers.get("Retry-After")) || 0);
}

/**
 * Events as they are stored, until the signal ends it. It goes on after an interruption where it was.
 * @param {Query} query @param {AbortSignal} signal
 * @param {(events: any[]) => void} onEvents @param {(error: ApiError | null) => void} onState null: connected
 */
export async function tail(query, signal, onEvents, onState) {
  let last = "";
  while (!signal.aborted) {
    try {
      const headers = { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) };
      const answer = await ask(address("events/stream", query), { signal, headers });
      onState(null);
      for await (const message of messages(answer)) {
        last = message.id || last;
        if (message.events.length) onEvents(message.events);
      }
    } catch (error) {
      if (signal.aborted) return;
      const known = error instanceof ApiError ? error : new ApiError(0, "cut_off", "The connection was cut off.");
      onState(known);
      if (!known.isPassing) return;
    }
    await new Promise((done) => setTimeout(done, STREAM_PAUSE_MS));
  }
}

/** The messages of a stream, as many together as came together. @param {Response} answer */
async function* messages(answer) {
  if (!answer.body) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop() ?? "";
    yield read(parts);
  }
}

/** The last id and the events of messages. @param {string[]} parts */
export function read(parts) {
  let id = "";
  const events = [];
  for (const part of parts) {
    let isEvent = true;
    let data = "";
    for (const line of part.split("\n")) {
      if (line.startsWith("id: ")) id = line.slice(4);
      else if (line.startsWith("data: ")) data += line.slice(6);
      else if (line.startsWith("event: ")) isEvent = false;
    }
    if (data && isEvent) events.push(JSON.parse(data));
  }
  return { id, events };
}
