/** What no build step checks: that the document names all modules, that nothing breaks the Content-Security-Policy. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { landing } from "../games/connect4.js";
import { renderers } from "../games/index.js";
import { drawn } from "../js/ui/qr.js";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const read = (path) => readFileSync(join(ROOT, path), "utf8");
const files = (folder, ext) =>
  readdirSync(join(ROOT, folder), { recursive: true })
    .filter((name) => name.endsWith(ext))
    .map((name) => `/${folder}/${name}`);
const document = read("index.html");
const modules = [...files("js", ".js"), ...files("games", ".js"), ...files("vendor", ".js")];

test("the document names every module and every stylesheet, and nothing that is not there", () => {
  const named = (pattern) => [...document.matchAll(pattern)].map((m) => m[1]).sort();
  assert.deepEqual(named(/(?:modulepreload" href|script[^>]* src)="([^"]+)"/g), modules.sort());
  assert.deepEqual(named(/stylesheet" href="([^"]+)"/g), [...files("css", ".css"), ...files("games", ".css")].sort());
});

test("no inline script or style, no foreign address", () => {
  assert.doesNotMatch(document, /<style|style=|<script>|\son[a-z]+="/);
  for (const path of modules) assert.doesNotMatch(read(path), /["'`]https?:\/\/(?!www\.w3\.org)/, path);
});

test("the page of the API is as strict", () => {
  const page = read("reference/index.html");
  assert.doesNotMatch(page, /<style|style=|<script>|\son[a-z]+="|https?:/);
  assert.doesNotMatch(read("reference/reference.js"), /["'`]https?:|style=|innerHTML/);
});

test("every import leads to a module, by a relative path", () => {
  for (const path of modules) {
    for (const [, target] of read(path).matchAll(/^(?:import|export)[^"'`;]*? from "([^"]+)"/gm)) {
      const found = `/${relative(ROOT, resolve(join(ROOT, dirname(path)), target))}`;
      assert.ok(target.startsWith(".") && modules.includes(found), `${path} imports ${target}`);
    }
  }
});

test("every vendored module is the one that its README names", () => {
  for (const path of files("vendor", ".js")) {
    const sum = createHash("sha256").update(read(path)).digest("hex");
    assert.ok(read("vendor/README.md").includes(`\`${path.slice("/vendor/".length)}\``) && read("vendor/README.md").includes(sum), path);
  }
});

test("every renderer has what the page asks of it", () => {
  for (const r of renderers()) {
    for (const part of ["Mark", "Tile", "Board", "key", "refuse", "did", "label", "reason"])
      assert.equal(typeof r[part], "function", `${r.id}.${part}`);
    assert.ok(r.id && r.name && r.blurb && r.seats.length >= 2);
  }
});

test("a piece of Connect Four falls to the lowest empty row", () => {
  const board = ["0......", "1......", "0......", "1......", "0......", "1.1...."];
  assert.deepEqual(
    [0, 1, 2].map((col) => landing(board, col)),
    [-1, 5, 4],
  );
});

test("a QR code has its three finder patterns inside a quiet zone", () => {
  const { path, size } = drawn("http://127.0.0.1:8080/m/K7QX");
  const dark = new Set();
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1/g))
    for (let i = 0; i < Number(width); i++) dark.add(`${Number(x) + i},${y}`);
  const finder = (left, top) => {
    for (let y = -1; y <= 7; y++)
      for (let x = -1; x <= 7; x++) {
        const ring = Math.max(Math.abs(x - 3), Math.abs(y - 3));
        assert.equal(dark.has(`${left + x},${top + y}`), ring === 3 || ring < 2, `${left + x},${top + y}`);
      }
  };
  finder(4, 4);
  finder(size - 11, 4);
  finder(4, size - 11);
  for (const at of dark) assert.ok(at.split(",").every((n) => n >= 4 && n < size - 4), at);
});
