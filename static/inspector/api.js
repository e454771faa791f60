/** Talks to the server: questions and commands, and streams that come back by themselves. */

import { Backoff } from "../js/net/backoff.js";

const BASE = "/inspector/api";

/** What the server refuses, in its own words. `status` 0: it was not reached. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function ask(method, path, body) {
  let answer;
  try {
    const headers = { Accept: "application/json", ...(body !== undefined && { "Content-Type": "application/json" }) };
    answer = await fetch(BASE + path, { method, headers, cache: "no-store", body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refusal(0, "The server cannot be reached. Try again when it is back.");
  }
  const text = await answer.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    // What is no JSON is an error of something in between, and is told by its status.
  }
  if (!answer.ok) throw new Refusal(answer.status, value?.detail ?? value?.title ?? `The server answers ${answer.status}`);
  return value;
}

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);

const segment = encodeURIComponent;
export const ofInstance = (id, rest = "") => `/instances/${segment(id)}${rest}`;
export const ofEntity = (name, key, rest = "") => `/entities/${segment(name)}/${key === "" ? "$" : segment(key)}${rest}`;

/**
 * Follows a stream of server-sent events, and opens it again when it was cut, sooner at first. While the tab is hidden it is
 * closed: a browser has six connections to a server, for all its tabs.
 *
 * @param {() => string} path asked at each opening, so that a stream goes on where it was
 * @param {Record<string, (value: any) => void>} handlers by event
 * @param {{up?: () => void, down?: () => any}} told `up` when it is open, `down` at each failure; where that comes to `true`,
 *   the stream is not opened again
 * @returns {() => void} ends it
 */
export function follow(path, handlers, { up = () => {}, down = () => {} } = {}) {
  const backoff = new Backoff();
  let source = null;
  let timer = null;
  let since = null; // when it was cut
  const open = () => {
    timer = null;
    if (document.hidden) return;
    source = new EventSource(BASE + path());
    source.onopen = () => {
      since = null;
      backoff.reset();
      up();
    };
    source.onerror = () => {
      shut();
      since ??= Date.now();
      timer = setTimeout(open, backoff.next(Date.now() - since));
      Promise.resolve(down()).then((over) => over === true && end());
    };
    for (const [event, handle] of Object.entries(handlers)) source.addEventListener(event, (e) => handle(JSON.parse(e.data || "null")));
  };
  const shut = () => {
    source?.close();
    source = null;
    clearTimeout(timer);
  };
  const seen = () => {
    if (document.hidden) shut();
    else if (!source && timer === null) open();
    else if (!source) {
      clearTimeout(timer);
      open();
    }
  };
  document.addEventListener("visibilitychange", seen);
  const end = () => {
    document.removeEventListener("visibilitychange", seen);
    shut();
  };
  open();
  return end;
}
