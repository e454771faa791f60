/** What the inspector works out by itself: addresses, pages, differences, words. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { actions, affected, batchWords } from "../inspector/actions.js";
import { addressOf, asked, filtersOf, pageOf, parse, targetPage } from "../inspector/addresses.js";
import { readJSON } from "../inspector/dialogs.js";
import { changes, compare } from "../inspector/diff.js";
import { ago, brief, bytes, count, duration, shortId } from "../inspector/format.js";
import { extended, renewed } from "../inspector/pages.js";
import { area } from "../inspector/parts.js";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../inspector");
const page = (address) => parse(new URL(address, "http://127.0.0.1"));

test("addresses lead to their pages, and back", () => {
  assert.equal(page("/inspector").page, "list");
  assert.deepEqual(page("/inspector/i/a%2Fb"), { page: "instance", id: "a/b" });
  assert.deepEqual(page("/inspector/e/till/$"), { page: "entity", name: "till", key: "" });
  assert.deepEqual([page("/inspector/engine").page, page("/inspector/locks/").page], ["engine", "locks"]);
  for (const nowhere of ["/inspector/i", "/inspector/i/a/b", "/inspector/x", "/inspector/e/till"]) assert.equal(page(nowhere).page, "unknown", nowhere);
  assert.equal(pageOf({ kind: "entity", name: "till", key: "" }), "/inspector/e/till/$");
  assert.equal(targetPage("@a@b@c/d"), "/inspector/e/a/b%40c%2Fd");
  assert.equal(targetPage("child:1"), "/inspector/i/child%3A1");
});

test("filters are in the address, and what is usual is not", () => {
  assert.equal(addressOf(filtersOf("")), "/inspector");
  const there = "/inspector?prefix=ab&name=match&tag=game%3Drps&error=bank&state=Running&state=Failed&quarantined=true&sort=id&since=600";
  assert.equal(addressOf(filtersOf(there.split("?")[1])), there);
  const q = asked(filtersOf("since=60&state=Running&state=Nonsense"), 100_000);
  assert.deepEqual([q.get("from"), q.getAll("state"), q.get("kind"), q.has("since")], ["40000", ["Running"], "orchestration", false]);
  assert.equal(addressOf(filtersOf("kind=entity&state=Failed&tag=a%3Db&locked")), "/inspector?kind=entity&locked=true");
});

const item = (id, created) => ({ kind: "orchestration", id, created });

test("a new first page pushes the rest down, and takes away what is gone", () => {
  const had = [5, 4, 3, 2, 1].map((n) => item(`i${n}`, n));
  const ids = (list) => (list.items ?? list).map((i) => i.id).join();
  assert.equal(ids(renewed(had, [item("i6", 6), item("i5", 5), item("i4", 4)], true)), "i6,i5,i4,i3,i2,i1");
  assert.equal(ids(renewed(had, [item("i5", 5), item("i3", 3), item("i2", 2)], true)), "i5,i3,i2,i1", "i4 is as the filters say no more");
  assert.equal(ids(renewed(had, [item("i5", 5)], false)), "i5", "the first page is all there is");
  assert.equal(ids(renewed([], [item("i5", 5)], true)), "i5");
  assert.deepEqual(renewed(had, [item("i9", 9), item("i8", 8)], true), { items: [item("i9", 9), item("i8", 8)], whole: true }, "what lies between is not known");
  assert.equal(renewed(had, [item("i6", 6), item("i5", 5)], true).whole, false, "further pages go on from where they were");
  assert.equal(ids(extended(had.slice(0, 3), [item("i3", 3), item("i2", 2)])), "i5,i4,i3,i2");
});

test("differences are marked where they are", () => {
  const tree = compare({ a: 1, b: [1, 2, 3], gone: { x: 1 }, same: { y: 1 } }, { a: 2, b: [1, 9, 2, 3], same: { y: 1 }, come: [] });
  const marks = Object.fromEntries(tree.children.map((c) => [c.key, c.mark]));
  assert.deepEqual(marks, { a: "changed", b: "within", gone: "removed", same: "same", come: "added" });
  assert.deepEqual(tree.children.find((c) => c.key === "b").children.map((c) => [c.value, c.mark]), [[1, "same"], [9, "added"], [2, "same"], [3, "same"]]);
  assert.deepEqual(changes(tree), ["a: 1 → 2", "+ b.1: 9", "− gone: {\"x\":1}", "+ come: []"]);
  assert.equal(compare(undefined, { a: 1 }).mark, "same", "without a version before nothing is marked");
  assert.equal(compare({ a: 1 }, [1]).mark, "changed");
  assert.deepEqual(changes(compare(3, 4)), ["the value: 3 → 4"]);
  assert.deepEqual(changes(compare(null, { n: 1 })), ["the value: null → {\"n\":1}"]);
});

test("an instance offers what can be done with it", () => {
  assert.deepEqual(actions({ state: "Running" }), ["raise", "suspend", "cancel", "terminate"]);
  assert.deepEqual(actions({ state: "Suspended" }), ["raise", "resume", "cancel", "terminate"]);
  assert.deepEqual(actions({ state: "Failed" }), ["rewind", "restart", "purge"]);
  assert.deepEqual(actions({ state: "Running", quarantine: "broken" }).includes("retry"), true);
});

test("a batch says what it will do to how many, and to how many nothing", () => {
  const items = ["Running", "Running", "Pending", "Completed", "Suspended"].map((state, i) => ({ id: `${i}`, state }));
  assert.equal(affected("terminate", items).length, 4);
  assert.match(batchWords("terminate", items), /^4 orchestrations end at once.*1 other of the selection: ended already, left alone\.$/);
  assert.match(batchWords("purge", items.slice(0, 2)), /^Of these, there is none to purge\. 2 others/);
  assert.match(batchWords("resume", items), /^1 orchestration goes on/);
});

test("times, sizes and numbers are as people read them", () => {
  assert.deepEqual([3, 1200, 65_000, 3_720_000, 183_600_000].map(duration), ["3 ms", "1.2 s", "1 min 5 s", "1 h 2 min", "2 d 3 h"]);
  assert.deepEqual([500, 13_900, 250_000, 90_000_000].map((ms) => ago(0, ms)), ["just now", "13 s ago", "4 min ago", "1 d ago"]);
  assert.deepEqual([812, 1400, 1_600_000_000].map(bytes), ["812 B", "1.4 kB", "1.6 GB"]);
  assert.deepEqual([1234, 3.44, 3].map(count), ["1,234", "3.4", "3"]);
  assert.equal(brief({ a: "x".repeat(90) }, 20).length, 20);
  assert.equal(shortId("abcdefghijklmnopqrstuvwxyz"), "abcdefghi…wxyz");
  assert.doesNotMatch(area([0, 0, 0], 100, 40).line, /NaN/);
});

test("a body is JSON, or nothing", () => {
  assert.equal(readJSON("", "Body"), undefined);
  assert.deepEqual(readJSON('{"a":1}', "Body"), { a: 1 });
  assert.throws(() => readJSON("hello", "Body"), /in quotes/);
});

test("the page breaks nothing of the Content-Security-Policy, and every import leads to a module", () => {
  const read = (name) => readFileSync(join(ROOT, name), "utf8");
  assert.doesNotMatch(read("index.html"), /<style|style=|<script>|\son[a-z]+="|https?:/);
  const modules = readdirSync(ROOT).filter((name) => name.endsWith(".js"));
  for (const name of modules) {
    assert.doesNotMatch(read(name), /["'`]https?:\/\/(?!www\.w3\.org)|innerHTML|style="/, name);
    for (const [, target] of read(name).matchAll(/^(?:import|export)[^"'`;]*? from "([^"]+)"/gm)) readFileSync(resolve(ROOT, target));
  }
  // What is loaded only where there is a plug to pull is not loaded ahead.
  const ahead = [...read("index.html").matchAll(/(?:modulepreload" href|script[^>]* src)="\/inspector\/([^"]+)"/g)].map((m) => m[1]);
  assert.deepEqual(ahead.sort(), modules.filter((name) => name !== "plug.js").sort());
  for (const [, sheet] of read("index.html").matchAll(/stylesheet" href="([^"]+)"/g)) readFileSync(join(ROOT, "..", sheet));
});
