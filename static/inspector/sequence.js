/** The sequence diagram: who told whom what, in order, from one instance's history. Rows in, shapes out. */

import { entityName, gist, replayed } from "./digest.js";
import { clockTime, duration, shortId } from "./format.js";
import { circle, fit, group, line, path, rect, text } from "./shapes.js";

const APART = 168; // px from one lifeline to the next
const LEFT = 96;
const HEAD = 56; // px for the names
const STEP = 34; // px for a message
const TURN = 26; // px for the line that begins a turn
const MOST = 10; // lifelines: whoever comes later shares the last one

/** Messages that are drawn: of longer histories the latest. */
export const MESSAGES = 400;

const SELF = "self";
const OUTSIDE = "outside";
const CLOCK = "clock";

/**
 * The messages of a history: {from, to, words, row, back, sign}. `back` is an answer, and drawn with a broken line.
 * @param {object[]} rows of one generation
 */
export function messages(rows, parent) {
  const tasks = new Map();
  const above = parent || OUTSIDE;
  const found = [];
  for (const row of rows) {
    const other = tasks.get(row.task);
    const add = (from, to, words, more) => found.push({ from, to, words: words.trim(), row, ...more });
    const ask = (to, words) => {
      tasks.set(row.task, to);
      add(SELF, to, words);
    };
    const back = (sign) => other && add(other, SELF, row.failure ? row.failure.message : gist(row.result) || "done", { back: true, sign });
    switch (row.type) {
      case "TurnStarted":
        found.push({ turn: true, row });
        break;
      case "ExecutionStarted":
        add(above, SELF, `start ${gist(row.input)}`);
        break;
      case "TaskScheduled":
        ask(`activity ${row.name}`, `${row.name} ${gist(row.input)}`);
        break;
      case "TimerCreated":
        ask(CLOCK, row.due ? `wake me in ${duration(row.due - row.time)}` : "wake me, by uptime");
        break;
      case "CallScheduled":
        ask(row.target, row.op === "lock" ? "lock" : `${row.name} ${gist(row.input)}`);
        break;
      case "SubOrchestrationInstanceCreated":
        ask(row.target, `start ${row.name}`);
        break;
      case "TimerCancelled":
        if (other) add(SELF, other, "never mind");
        break;
      case "TimerFired":
        if (other) add(other, SELF, "it is time", { back: true });
        break;
      case "TaskCompleted":
      case "CallCompleted":
      case "SubOrchestrationInstanceCompleted":
        back();
        break;
      case "TaskFailed":
      case "CallFailed":
      case "SubOrchestrationInstanceFailed":
        back("failed");
        break;
      case "SignalSent":
      case "EventSent":
        add(SELF, row.target, row.op === "release" ? "release" : `${row.name ?? ""} ${gist(row.input)}`);
        break;
      case "OrchestrationStarted":
        add(SELF, row.target || row.name, `start ${row.name}`);
        break;
      case "EventRaised":
        add(OUTSIDE, SELF, `${row.name} ${gist(row.input)}`);
        break;
      case "Answered":
        add(SELF, OUTSIDE, row.failure ? row.failure.message : "answer", { back: true, sign: row.failure && "failed" });
        break;
      case "Published":
        publish(found, row, add);
        break;
      case "ExecutionCompleted":
        add(SELF, above, row.failure ? row.failure.message : `completed ${gist(row.result)}`, { back: true, sign: row.failure && "failed" });
        break;
      case "ExecutionTerminated":
        add(OUTSIDE, SELF, "terminate", { sign: "failed" });
        break;
    }
  }
  return found;
}

/** What is published in one go is one message. */
function publish(found, row, add) {
  const last = found.at(-1);
  if (last?.row.type !== "Published" || last.row.time !== row.time) return add(SELF, OUTSIDE, `publish ${row.task ?? ""}`);
  last.words = `publish ${last.row.task} to ${row.task}`;
}

/** How a lifeline is called. */
function title(who, self) {
  if (who === SELF) return self;
  if (who === OUTSIDE) return "outside";
  if (who.startsWith("activity ")) return who.slice(9);
  return who.startsWith("@") ? entityName(who) : shortId(who, 20);
}

/** Under the name: what it is. */
function kindOf(who, self) {
  if (who === SELF) return "this orchestration";
  if (who === OUTSIDE) return "clients, watchers";
  if (who === CLOCK) return "durable timers";
  if (who === "others") return "all the rest";
  if (who.startsWith("activity ")) return "activity";
  return who.startsWith("@") ? "entity" : "orchestration";
}

/**
 * @param {object[]} rows @param {{name: string, parent?: string, replay: object|null}} options `name` of the orchestration
 * @returns {{width, height, shapes, top, hidden}} `top` are the names, which stay while the rest scrolls
 */
export function sequence(rows, { name, parent, replay = null }) {
  const all = messages(rows, parent);
  const shown = trim(all);
  const cast = shown.some((m) => m.from === OUTSIDE || m.to === OUTSIDE) ? [OUTSIDE, SELF] : [SELF];
  for (const m of shown) for (const who of [m.from, m.to]) if (who && !cast.includes(who)) cast.push(who);
  const seen = cast.length > MOST ? [...cast.slice(0, MOST - 1), "others"] : cast;
  const x = (who) => LEFT + APART * (seen.includes(who) ? seen.indexOf(who) : seen.length - 1);
  const drawn = [];
  let y = HEAD + 14;
  let turn = all.filter((m) => m.turn).length - shown.filter((m) => m.turn).length;
  const width = LEFT * 2 + APART * (seen.length - 1);
  for (const m of shown) {
    if (m.turn) {
      turn++;
      drawn.push(line(8, y, width - 8, y, "turn-line"), text(10, y - 5, `turn ${turn}, ${clockTime(m.row.time)}`, "tick"));
      y += TURN;
    } else {
      drawn.push(arrow(m, x(m.from), x(m.to), y, replayed(m.row, replay)));
      y += STEP;
    }
  }
  const lives = seen.map((who) => line(x(who), HEAD, x(who), y, who === SELF ? "life self" : "life"));
  const top = seen.flatMap((who) => [
    rect(x(who) - 74, 6, 148, 44, who === SELF ? "who self" : "who"),
    text(x(who), 25, fit(title(who, name), 138), "who-name"),
    text(x(who), 41, kindOf(who), "who-kind"),
  ]);
  return { width, height: y + 6, shapes: [...lives, ...drawn], top, hidden: all.length - shown.length };
}

/** The latest messages; turns in which nothing was said are left out. */
function trim(all) {
  const told = all.filter((m, i) => !m.turn || (all[i + 1] && !all[i + 1].turn));
  return told.slice(-MESSAGES);
}

function arrow(m, from, to, y, hollow) {
  const kind = `message${m.back ? " back" : ""}${m.sign ? ` ${m.sign}` : ""}${hollow ? " hollow" : ""}`;
  const words = (room) => fit(`${m.sign === "failed" ? "✕ " : ""}${m.words}`, room);
  const hint = m.words;
  if (from === to) {
    return group([path(`M${from} ${y - 6}H${from + 26}V${y + 8}H${from + 8}`, "wire"), text(from + 32, y + 4, words(APART - 40), "said-beside")], kind, { row: m.row, hint });
  }
  const way = Math.sign(to - from);
  const tip = to - way * 2;
  const room = Math.abs(to - from) - 24;
  return group(
    [
      line(from, y, tip - way * 8, y, "wire"),
      path(`M${tip} ${y}L${tip - way * 10} ${y - 5.5}V${y + 5.5}Z`, "head"),
      circle(from, y, 4, "from"),
      text((from + to) / 2, y - 7, words(Math.max(room, APART - 24)), "said"),
    ],
    kind,
    { row: m.row, hint },
  );
}
