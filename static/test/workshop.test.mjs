/** What the page of the workshop makes of the commands in its texts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { commands, requestOf, words } from "../workshop/shell.js";

const HOST = "localhost:8080";
const API = `${HOST}/runtime/webhooks/durabletask`;

test("a line is split as a shell splits it, or not at all", () => {
  assert.deepEqual(words(`curl -d '{"a": 1}' "x y"z`), ["curl", "-d", '{"a": 1}', "x yz"]);
  assert.deepEqual(words("a ''"), ["a", ""]);
  for (const line of ["a | b", "a & b", "a; b", "kill -9 $(cat x)", 'a "$b"', "a 'b", "a > b", "a \\"]) assert.equal(words(line), null, line);
});

test("lines that a backslash continues are one command; comments are none", () => {
  assert.deepEqual(commands("one \\\n  two\n\n# why\nthree\n"), ["one two", "three"]);
});

test("a curl against this server is a request", () => {
  assert.deepEqual(requestOf(`curl -i -X POST -H 'Content-Type: application/json' -d 5 '${API}/entities/tally/ann?op=add'`, HOST), {
    method: "POST",
    path: "/runtime/webhooks/durabletask/entities/tally/ann?op=add",
    headers: { "Content-Type": "application/json" },
    body: "5",
    head: true,
  });
  assert.equal(requestOf(`curl http://${HOST}/api/games`, HOST).method, "GET");
  const posted = requestOf(`curl ${API}/orchestrators/duel -d '{}'`, HOST);
  assert.deepEqual([posted.method, posted.headers["Content-Type"]], ["POST", "application/x-www-form-urlencoded"]);
});

test("what is for a terminal is no request", () => {
  for (const line of [
    "go run ./cmd/server",
    `for i in $(seq 20); do curl ${HOST}/x & done; wait`,
    "curl http://example.com/",
    `curl ${HOST}1/x`,
    `curl --proxy p ${HOST}/x`,
    `curl ${HOST}/a ${HOST}/b`,
    "curl",
  ])
    assert.equal(requestOf(line, HOST), null, line);
});
