/** What is said of a match: every kind of event, and every way to end, has its words. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, mock, test } from "node:test";
import { renderer, renderers } from "../games/index.js";
import { announcement, headline, missedMoves, told } from "../js/ui/words.js";
import { INFO, atTheBoard } from "./world.mjs";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

const source = (path) => readFileSync(new URL(`../../game/${path}`, import.meta.url), "utf8");
const named = (text, type) => [...text.matchAll(new RegExp(`${type} += "(\\w+)"`, "g"))].map(([, name]) => name);

const WIN = { kind: "win", winners: [1], reason: "line" };
const MOVES = { tictactoe: "5", connect4: "4", rps: "rock", battleship: "e5", dungeon: "take sword" };
const REVEALED = {
  rps: { round: "rs" },
  battleship: { cell: "e5", hit: true, seat: 1, sunk: null },
  dungeon: { happened: [{ did: "took", item: "sword", round: 1, seat: 1 }] },
};

/** An event of each kind, about seat 1, with the sentence that the story has for it at seat 0; null where it has none. */
const STORY = {
  joined: [{ seat: 1, player: "you" }, "Bo joined."],
  ready: [{ seat: 1 }, "Bo is ready."],
  started: [{ n: 2, first: 1 }, "Game 2 begins. Nought (Bo) goes first."],
  moved: [{ seat: 1, move: "5" }, "Bo marked the centre."],
  revealed: [{}, null], // nothing is hidden in tic-tac-toe
  lapsed: [{ seat: 1 }, "Bo ran out of time."],
  offered: [{ seat: 1, what: "takeback" }, "Bo asks to take a move back."],
  answered: [{ seat: 1, what: "draw", yes: false }, "Bo declines the draw."],
  takenback: [{ to: 3 }, "The board is back where it was."],
  gone: [{ seat: 1 }, "Bo has lost the connection."],
  back: [{ seat: 1 }, "Bo is back."],
  ended: [{ result: WIN }, "Bo won: Three in a line."],
  settled: [{ before: [1500, 1500], after: [1338, 1662] }, "Ratings: Ada 1338 (−162), Bo 1662 (+162)."],
  chat: [{ seat: 1, text: "hello" }, "Bo: hello"],
};

test("every kind of event that the server has is told", () => {
  assert.deepEqual(named(source("event.go"), "EventKind").sort(), Object.keys(STORY).sort());
  const { match } = atTheBoard();
  for (const [k, [d, sentence]] of Object.entries(STORY)) assert.equal(told({ k, d }, match, renderer("tictactoe")), sentence, k);
});

test("every kind is told in every game, as a sentence", () => {
  const { match } = atTheBoard();
  for (const game of renderers()) {
    for (const [k, [d]] of Object.entries(STORY)) {
      const about = { moved: { seat: 1, move: MOVES[game.id] }, revealed: REVEALED[game.id] ?? {} }[k] ?? d;
      const sentence = told({ k, d: about }, match, game);
      if (k === "revealed" && !REVEALED[game.id]) assert.equal(sentence, null);
      else assert.match(sentence, k === "chat" ? /^Bo: / : /^[A-Z][^!?]*[^.]\.$/, `${game.id}, ${k}`);
      assert.doesNotMatch(`${sentence}${announcement({ k, d: about }, match, game)}`, /undefined|NaN/, `${game.id}, ${k}`);
    }
  }
});

test("who listens hears of all that others do, and of their own doings only what they could not know", () => {
  const { match } = atTheBoard();
  const game = renderer("rps");
  const heard = (seat) =>
    Object.entries(STORY).filter(([k, [d]]) => announcement({ k, d: k === "revealed" ? REVEALED.rps : { ...d, ...(d.seat && { seat }) } }, match, game));
  assert.deepEqual(heard(1).map(([k]) => k), Object.keys(STORY));
  assert.deepEqual(heard(0).map(([k]) => k), ["started", "revealed", "lapsed", "takenback", "ended", "settled"]);
});

test("a move that nobody may see is told without it", () => {
  const { match } = atTheBoard();
  const hidden = { k: "moved", d: { seat: 1 } };
  assert.equal(told(hidden, match, renderer("rps")), "Bo has chosen.");
  assert.equal(told(hidden, match, renderer("battleship")), "Bo has placed the fleet.");
  assert.equal(missedMoves([hidden], match, renderer("battleship")), "While you were away: Amber has placed the fleet, your turn.");
});

test("what is revealed is told to the seat it concerns", () => {
  const { match } = atTheBoard();
  const story = (game, d) => told({ k: "revealed", d }, match, renderer(game));
  assert.equal(story("battleship", { cell: "e5", hit: true, seat: 0, sunk: { ship: 0 } }), "You sank the carrier with E5.");
  assert.equal(story("battleship", { cell: "e5", hit: false, seat: 1, sunk: null }), "A miss.");
  assert.match(story("rps", { round: "rs" }), /^Rock beats scissors\. You won the round\.$/);
  const happened = [{ did: "hit", seat: 0, item: "axe", what: "dragon", amount: 2 }, { did: "slain", what: "dragon" }];
  assert.equal(story("dungeon", { happened }), "Rowan hit the dragon with the axe: 2 hearts. The dragon is slain.");
});

test("every way to end has its words", () => {
  const reasons = named(source("rules_result.go"), "Reason");
  assert.ok(reasons.length >= 12);
  const shared = ["flag", "resign", "agreed", "claim", "not_ready"];
  const own = { tictactoe: ["line", "full"], connect4: ["four", "full"], rps: ["rounds"], battleship: ["fleet"], dungeon: ["treasure", "dead"] };
  assert.deepEqual(new Set([...shared, ...Object.values(own).flat()]), new Set(reasons));
  for (const game of renderers()) {
    for (const reason of [...shared, ...own[game.id]]) {
      const match = { info: { ...INFO, state: "finished", result: { ...WIN, reason } }, view: null, seat: 0 };
      const { title, detail } = headline(match, game);
      assert.equal(title, "You lost", game.id);
      assert.match(detail, /^[A-Z].*[a-z ]\.$/, `${game.id}, ${reason}`);
      assert.doesNotMatch(detail, /_|undefined/, `${game.id}, ${reason}`);
    }
  }
});
