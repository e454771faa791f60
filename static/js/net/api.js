/**
 * The HTTP part of the protocol. Every call answers with the parsed body or throws a `Problem`.
 *
 * Calls that may be repeated are repeated while the server is away or busy, so that a restart is a pause, not an error:
 * reading, and whatever carries an idempotency key or is idempotent by nature.
 */

import { newID } from "./id.js";

const RETRIES = 6;
const WAITS = [200, 400, 800, 1_500, 2_500, 4_000]; // ms before each repetition, with jitter

/** What the server said no with: `code` for programs, `message` for people. Code "offline": it said nothing at all. */
export class Problem extends Error {
  constructor(code, message, status = 0, retry = 0) {
    super(message);
    this.code = code;
    this.status = status;
    this.retry = retry;
  }
}

/**
 * One try, until `signal` says that nobody wants it any more. The browser's cache has no part in it: it would hold back what
 * concerns an address until an earlier question to it is answered, a long poll for as long as that takes.
 */
export async function once(method, path, body, headers, signal) {
  const init = { method, headers: { Accept: "application/json", ...headers }, cache: "no-store", signal };
  if (body !== undefined) {
    init.headers["Content-Type"] ??= "application/json";
    init.body = typeof body === "string" ? body : JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Problem("offline", "The server can't be reached right now.");
  }
  if (response.ok && response.headers.get("Content-Type")?.startsWith("text/plain")) return response.text();
  if (response.ok) return response.status === 204 ? null : response.json();
  const problem = await response.json().catch(() => ({}));
  const retry = 1000 * Number(response.headers.get("Retry-After") ?? 0);
  throw new Problem(
    problem.code ?? "internal",
    problem.detail || problem.title || response.statusText,
    response.status,
    retry,
  );
}

/** Until the server has an answer, for what may be repeated. */
export async function persistently(method, path, body, headers) {
  for (let i = 0; ; i++) {
    try {
      return await once(method, path, body, headers);
    } catch (problem) {
      const passing = ["offline", "busy", "unavailable"].includes(problem.code);
      if (!passing || i >= RETRIES) throw problem;
      const wait = Math.max(problem.retry, WAITS[i]) * (0.75 + Math.random() / 2);
      await new Promise((done) => setTimeout(done, wait));
    }
  }
}

/** The player of this browser, made if there is none yet. The session itself is a cookie that no script sees. */
export const ensurePlayer = (name) => once("POST", "/api/players", name ? { name } : {}).then((a) => a.player);

export const rename = (name) => once("PATCH", "/api/players/me", { name }).then((a) => a.player ?? a);

export const games = () => persistently("GET", "/api/games");

/** A new match; the key makes a repetition reach the same one. */
export const createMatch = (options) => persistently("POST", "/api/matches", options, { "Idempotency-Key": newID() });

export const match = (idOrCode) => persistently("GET", `/api/matches/${encodeURIComponent(idOrCode)}`);

export const joinMatch = (idOrCode) => persistently("POST", `/api/matches/${encodeURIComponent(idOrCode)}/join`, {});

/** The public profile of a player. */
export const player = (id) => once("GET", `/api/players/${encodeURIComponent(id)}`);

/** Game n of a match, the latest by default, as this player may know it. */
export const record = (id, n) => persistently("GET", `/api/matches/${encodeURIComponent(id)}/record${n ? `?n=${n}` : ""}`);

export const matches = (state, limit) =>
  once("GET", `/api/matches?state=${state}&limit=${limit}`).then((a) => a.matches);

/** Game n as a text for people, which `playBack` reads. */
export const recordText = (id, n) =>
  persistently("GET", `/api/matches/${encodeURIComponent(id)}/record?n=${n}`, undefined, { Accept: "text/plain" });

/** What is seen after an event: through the eyes of the caller (null), the watcher, a seat, or of who sees "all". */
export const position = (id, seq, eyes) =>
  persistently("GET", `/api/matches/${encodeURIComponent(id)}/position?seq=${seq}${through(eyes, "&")}`);

/** Plays a text record back: {match, record, positions}. */
export const playBack = (text, eyes) =>
  persistently("POST", `/api/replay${through(eyes, "?")}`, text, { "Content-Type": "text/plain" });

const through = (eyes, sign) =>
  eyes === null ? "" : `${sign}seat=${Number.isInteger(eyes) ? eyes : -1}${eyes === "all" ? "&reveal=1" : ""}`;
