/** What the pages of the hidden games work out by themselves: the same as the rules. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { SHIPS, cellsOf, inside, overlaps, placeName, placeOf, randomPlaces } from "../games/battleship-fleet.js";
import { known, winner } from "../games/rps.js";

test("a place is read as it is written", () => {
  for (const text of ["a1h", "j10v", "c7h"]) assert.equal(placeName(placeOf(text)), text);
  assert.deepEqual(cellsOf(placeOf("b3v"), 3), [21, 31, 41]);
  assert.deepEqual(cellsOf(placeOf("h10h"), 3), [97, 98, 99]);
});

test("a ship that leaves the board is put back at its edge", () => {
  assert.deepEqual(inside({ row: -2, col: 8, down: false }, 5), { row: 0, col: 5, down: false });
  assert.deepEqual(inside({ row: 9, col: 12, down: true }, 4), { row: 6, col: 9, down: true });
});

test("ships may touch and may not overlap", () => {
  const touching = ["a1h", "a2h", "a3h", "a4h", "a5h"].map(placeOf);
  assert.deepEqual(overlaps(touching).cells, []);
  const crossing = ["a1h", "c1v", "a10h", "e10h", "h10h"].map(placeOf);
  assert.deepEqual(overlaps(crossing), { ships: new Set([1, 0]), cells: [2] });
});

test("random fleets are complete and keep apart", () => {
  for (let n = 0; n < 200; n++) {
    const cells = randomPlaces().flatMap((place, ship) => cellsOf(place, SHIPS[ship].length));
    assert.equal(new Set(cells).size, 17);
    assert.ok(cells.every((cell) => cell >= 0 && cell < 100));
  }
});

test("who wins a round of rock, paper, scissors", () => {
  const won = { rr: -1, rp: 1, rs: 0, pr: 0, pp: -1, ps: 1, sr: 1, sp: 0, ss: -1, "--": -1, "r-": 0, "-s": 1 };
  for (const [round, seat] of Object.entries(won)) assert.equal(winner(round), seat, round);
});

test("choices are listed once their round is over", () => {
  const moves = [0, 1, 1, 0, 1].map((seat, seq) => ({ seq, seat, move: seat === 0 ? "rock" : undefined }));
  const listed = known(moves, { rounds: ["rp", "r-", "-s"] }).map((m) => m.move);
  assert.deepEqual(listed, ["rock", "paper", "scissors", "rock", undefined]);
});
