/**
 * What a history says, put together: what was scheduled and how it ended is a span, what happened at once is a mark. The
 * drawings and the table are made of it. Functions of their arguments only.
 *
 * A row is replayed if its code was fed it again when the server last read the instance from disk: all rows up to `K`.
 */

/** The lanes of a timeline, from top to bottom. */
export const LANES = [
  { id: "turns", name: "Turns" },
  { id: "activities", name: "Activities" },
  { id: "timers", name: "Timers" },
  { id: "events", name: "Events" },
  { id: "entities", name: "Entities and locks" },
  { id: "children", name: "Child orchestrations" },
];

const OPENS = {
  TaskScheduled: "activities",
  TimerCreated: "timers",
  CallScheduled: "entities",
  SubOrchestrationInstanceCreated: "children",
};
const CLOSES = {
  TaskCompleted: "done",
  TaskFailed: "failed",
  TimerFired: "done",
  TimerCancelled: "cancelled",
  CallCompleted: "done",
  CallFailed: "failed",
  SubOrchestrationInstanceCompleted: "done",
  SubOrchestrationInstanceFailed: "failed",
};
const MARKS = {
  EventRaised: "events",
  EventSent: "events",
  Published: "events",
  SignalSent: "entities",
  OrchestrationStarted: "children",
  SideEffectRecorded: "turns",
  PatchApplied: "turns",
  ExecutionStarted: "turns",
  ExecutionSuspended: "turns",
  ExecutionResumed: "turns",
  ExecutionRewound: "turns",
  CancelRequested: "turns",
};
const ENDS = new Set(["ExecutionCompleted", "ExecutionTerminated"]);

/** Rows of the engine's own book-keeping, which a table leaves out unless asked. */
export const UNSEEN = new Set(["TurnStarted", "ExecutionBegun", "TraceContext", "IndexSet"]);

/** What a body says, without its punctuation: {"k":"move","m":"paper"} as "move paper". */
export function gist(value, most = 24) {
  const words = [];
  const walk = (v) => {
    if (words.length > 5 || v === null || v === undefined) return;
    if (typeof v === "object") Object.values(v).forEach(walk);
    else words.push(String(v).replace(/[^\s]{15,}/g, (word) => `${word.slice(0, 8)}…`));
  };
  walk(value);
  const said = words.join(" ");
  return said.length > most ? `${said.slice(0, most - 1)}…` : said;
}

/** What a row is about, in a word or two. */
export function rowName(row) {
  if (row.type === "TimerCreated" || row.type === "TimerFired" || row.type === "TimerCancelled") return "timer";
  if (row.op === "lock") return `lock ${entityName(row.target)}`;
  if (row.op === "release") return `release ${entityName(row.target)}`;
  if (row.type === "Published") return `event ${row.task ?? ""}`.trim();
  if (row.type === "StatusSet") return "status";
  if (row.type === "SideEffectRecorded") return "side effect";
  if (row.type.startsWith("Call") && row.target) return `${entityName(row.target)}.${row.name ?? ""}`;
  if (row.type === "SignalSent" && row.target) return `${entityName(row.target)}.${row.name ?? ""}`;
  return row.name || row.target || row.type.replace(/^Execution/, "").toLowerCase();
}

/** "@counter@a" as "counter a"; anything else as it is. */
export function entityName(target = "") {
  const [, name, key] = /^@([^@]*)@(.*)$/s.exec(target) ?? [];
  if (name === undefined) return target;
  return key ? `${name} ${key.length > 12 ? `${key.slice(0, 8)}…` : key}` : name;
}

/**
 * @param {object[]} rows of one generation, in order
 * @returns {{turns: {at, row, n}[], spans: object[], marks: object[], from: number, to: number, end: object|null, whole: boolean}} spans have
 *   lane, name, from, to (null while open), state ("open", "done", "failed", "cancelled", "dropped"), and their rows
 */
export function digest(rows) {
  const found = { turns: [], spans: [], marks: [], end: null, whole: rows[0]?.n === 1, from: rows[0]?.time ?? 0, to: rows.at(-1)?.time ?? 0 };
  const open = new Map();
  const requests = []; // raised events by their place from 1, for the answers
  const held = new Map(); // locks, by what they lock
  for (const row of rows) {
    if (row.type === "TurnStarted") found.turns.push({ at: row.time, row, n: found.turns.length + 1 });
    else if (OPENS[row.type]) begin(found, open, row);
    else if (CLOSES[row.type]) close(found, open, held, row);
    else if (row.type === "Answered") answer(found, requests, row);
    else if (ENDS.has(row.type)) found.end = row;
    else if (row.op === "release" && held.has(row.target)) finish(held.get(row.target), row, "done");
    else if (row.type === "Published" && together(found.marks.at(-1), row)) found.marks.at(-1).name = `published ${found.marks.at(-1).row.task}–${row.task}`;
    else if (MARKS[row.type]) found.marks.push(mark(row));
    if (row.type === "EventRaised") requests.push(found.marks.at(-1));
  }
  if (found.end) for (const span of found.spans) if (span.to === null) finish(span, found.end, span.state === "held" ? "done" : "dropped");
  return found;
}

const mark = (row) => ({ lane: MARKS[row.type], name: markName(row), at: row.time, row, what: row.type });

function markName(row) {
  if (row.type === "Published") return `published ${row.task ?? ""}`;
  return row.type === "EventRaised" ? `${row.name} ${gist(row.input)}`.trim() : rowName(row);
}

/** What a turn publishes in one go is one mark. */
const together = (last, row) => last?.what === "Published" && last.at === row.time;

function begin(found, open, row) {
  const span = { lane: OPENS[row.type], name: rowName(row), from: row.time, to: null, state: "open", start: row, last: null, due: row.due ?? null };
  open.set(row.task, span);
  found.spans.push(span);
}

function close(found, open, held, row) {
  const span = open.get(row.task);
  if (!span) return;
  open.delete(row.task);
  finish(span, row, CLOSES[row.type]);
  if (span.start.op !== "lock" || span.state !== "done") return;
  // A lock that was granted is held from now on.
  const hold = { lane: "entities", name: `holds ${span.name.slice(5)}`, from: row.time, to: null, state: "held", start: row, last: null, due: null };
  held.set(span.start.target, hold);
  found.spans.push(hold);
}

function finish(span, row, state) {
  span.to = row.time;
  span.last = row;
  span.state = state;
}

/** A request and its answer are one span, where the answer came in a later turn; else the mark says so. */
function answer(found, requests, row) {
  const raised = found.whole ? requests[row.task - 1] : requests.at(-1); // of a history without its beginning, places are not known
  if (!raised) return;
  raised.answer = row;
  if (row.time === raised.at) return;
  found.marks.splice(found.marks.indexOf(raised), 1);
  const state = row.failure ? "failed" : "done";
  found.spans.push({ lane: "events", name: raised.name, from: raised.at, to: row.time, state, start: raised.row, last: row, due: null });
}

/** Whether a row was fed to the code again: `replay` is {rows, at, boot}, or null. */
export const replayed = (row, replay) => !!row && !!replay && row.n <= replay.rows;
