import assert from "node:assert/strict";
import { test } from "node:test";
import dungeon from "../games/dungeon.js";

test("moves of the dungeon in words", () => {
  for (const [move, label, did] of [
    ["commit", "Go down", "is ready to go down"],
    ["take sword", "Take the sword", "reaches for the sword"],
    ["kill dragon with axe", "Strike the dragon", "strikes at the dragon with the axe"],
  ]) {
    assert.equal(dungeon.label(move), label);
    assert.equal(dungeon.did(move), did);
  }
});

test("digits are the actions in their order, and nothing where there is none", () => {
  const view = { moves: ["kill dragon with axe", "take elixir"] };
  assert.equal(dungeon.key("1", view), "kill dragon with axe");
  assert.equal(dungeon.key("2", view), "take elixir");
  assert.equal(dungeon.key("3", view), null);
  assert.equal(dungeon.key("0", view), null);
  assert.equal(dungeon.key("1", { moves: null }), null);
  assert.equal(dungeon.refuse(view, "take elixir"), null);
  assert.match(dungeon.refuse(view, "take crown"), /\.$/);
});

test("every end of the dungeon has its words", () => {
  for (const reason of ["treasure", "dead", "flag", "resign", "not_ready"]) assert.match(dungeon.reason({ reason }), /^[a-z]/);
});
