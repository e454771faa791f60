/** The call graph of a family: who started, called, signalled and locked whom. Nodes and edges in, shapes out. */

import { entityName } from "./digest.js";
import { shortId } from "./format.js";
import { circle, fit, group, path, r, rect, text } from "./shapes.js";

const WIDTH = 188;
const HEIGHT = 54;
const ACROSS = 110; // px between two columns
const DOWN = 16; // px between two nodes
const EDGE = 14;
const TURNED_BACK = 26; // px that an edge within a column, or back, swings out

/** Words for edges. */
const WHATS = { child: "starts", detached: "starts, detached", call: "calls", signal: "signals", event: "event", lock: "locks" };

/**
 * Which column a node is in: as many steps as it takes to come there from who has nobody above.
 * @returns {Map<string, number>}
 */
export function columns(nodes, edges) {
  const below = new Map(nodes.map((n) => [n.id, []]));
  const above = new Map(nodes.map((n) => [n.id, 0]));
  for (const { from, to, what } of edges) {
    if (!below.has(from) || !below.has(to) || from === to) continue;
    below.get(from).push(to);
    if (what !== "event") above.set(to, above.get(to) + 1); // children often report back to who started them
  }
  const roots = nodes.filter((n) => above.get(n.id) === 0);
  const at = new Map((roots.length ? roots : nodes.slice(0, 1)).map((n) => [n.id, 0]));
  const queue = [...at.keys()];
  for (const id of queue) {
    for (const next of below.get(id)) {
      if (at.has(next)) continue;
      at.set(next, at.get(id) + 1);
      queue.push(next);
    }
  }
  for (const n of nodes) if (!at.has(n.id)) at.set(n.id, 0); // within a circle that nobody leads into
  return at;
}

/** Where each node stands: columns from left to right, and in each the nodes beside those that lead to them. */
export function layout(nodes, edges) {
  const at = columns(nodes, edges);
  const rows = [];
  for (const n of nodes) (rows[at.get(n.id)] ??= []).push(n);
  const places = new Map();
  const tall = Math.max(...rows.map((list) => list.length)) * (HEIGHT + DOWN) - DOWN;
  for (const [column, list] of rows.entries()) {
    const leading = (n) => {
      const ys = edges.filter((e) => e.to === n.id && places.has(e.from)).map((e) => places.get(e.from).y);
      return ys.length ? ys.reduce((a, b) => a + b) / ys.length : 0;
    };
    const ordered = list.map((n) => ({ n, y: leading(n) })).sort((a, b) => a.y - b.y);
    const top = EDGE + (tall - (ordered.length * (HEIGHT + DOWN) - DOWN)) / 2;
    for (const [i, { n }] of ordered.entries()) places.set(n.id, { x: EDGE + column * (WIDTH + ACROSS), y: top + i * (HEIGHT + DOWN) });
  }
  return { places, width: EDGE * 2 + rows.length * (WIDTH + ACROSS) - ACROSS, height: EDGE * 2 + tall };
}

const ALIKE = 6; // nodes that are alike before they are summed up
const KEPT = 3; // of those, how many are drawn themselves

/**
 * A family in which many that are alike (a thousand carts that one rush has filled) are a few of them and one node for the
 * rest. Alike are those of one name and kind that the same ones lead to; whose family it is stays.
 */
export function summed({ nodes, edges }, self) {
  const above = new Map(nodes.map((n) => [n.id, new Set()]));
  for (const e of edges) above.get(e.to)?.add(e.from);
  const alike = new Map();
  for (const n of nodes) {
    const key = JSON.stringify([n.kind, n.name, [...above.get(n.id)].sort()]);
    alike.set(key, [...(alike.get(key) ?? []), n]);
  }
  const into = new Map(); // id to the id of the node that stands for it
  const kept = [];
  for (const [key, list] of alike) {
    const stay = list.length > ALIKE ? list.filter((n, i) => i < KEPT || n.id === self) : list;
    const rest = list.filter((n) => !stay.includes(n));
    kept.push(...stay);
    if (rest.length === 0) continue;
    kept.push({ id: key, kind: rest[0].kind, name: rest[0].name, rest });
    for (const n of rest) into.set(n.id, key);
  }
  const at = (id) => into.get(id) ?? id;
  return { nodes: kept, edges: edges.map((e) => ({ ...e, from: at(e.from), to: at(e.to) })) };
}

/** How the rest stand: "12 completed, 3 running". */
function standing(rest) {
  const counts = new Map();
  for (const { state } of rest) if (state && state !== "Exists") counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, n]) => `${n} ${state.toLowerCase()}`).join(", ");
}

/**
 * @param {{nodes: object[], edges: object[]}} family @param {string} self the id of whose family it is
 * @returns {{width, height, shapes}} groups of nodes have `href`
 */
export function graph(family, self) {
  const { nodes, edges } = summed(family, self);
  if (nodes.length === 0) return { width: 0, height: 0, shapes: [] };
  const { places, width, height } = layout(nodes, edges);
  const wires = merge(edges)
    .filter((e) => places.has(e.from) && places.has(e.to))
    .map((e) => wire(e, places.get(e.from), places.get(e.to)));
  return { width: width + TURNED_BACK, height, shapes: [...wires, ...nodes.map((n) => box(n, places.get(n.id), n.id === self))] };
}

/** Several edges between the same two are one, with all that is said on them. */
function merge(edges) {
  const found = new Map();
  for (const e of edges) {
    const key = JSON.stringify([e.from, e.to]);
    const words = `${WHATS[e.what] ?? e.what}${e.count > 1 ? ` ×${e.count}` : ""}`;
    const had = found.get(key);
    if (!had) found.set(key, { from: e.from, to: e.to, what: e.what, words: [words] });
    else if (!had.words.includes(words)) had.words.push(words);
  }
  return [...found.values()].map((e) => ({ ...e, words: e.words.join(", ") }));
}

function wire({ what, words }, a, b) {
  const [y1, y2] = [a.y + HEIGHT / 2, b.y + HEIGHT / 2];
  if (b.x > a.x) {
    const [x1, x2] = [a.x + WIDTH, b.x - 9];
    const bend = (x2 - x1) / 2;
    const d = `M${r(x1)} ${r(y1)}C${r(x1 + bend)} ${r(y1)} ${r(x2 - bend)} ${r(y2)} ${r(x2)} ${r(y2)}`;
    // The words stand where the edge arrives: many leave from one place, few come to one.
    return group([path(d, "wire"), tip(x2, y2, 1), text(x2 - 4, y2 - 7, fit(words, ACROSS - 8), "edge-words")], `edge ${what}`, { hint: words });
  }
  const x1 = a.x + WIDTH;
  const x2 = b.x + WIDTH + 9;
  const out = Math.max(x1, x2) + TURNED_BACK;
  return group([path(`M${r(x1)} ${r(y1)}C${r(out)} ${r(y1)} ${r(out)} ${r(y2)} ${r(x2)} ${r(y2)}`, "wire"), tip(x2, y2, -1)], `edge back ${what}`, { hint: words });
}

const tip = (x, y, way) => path(`M${r(x + way * 9)} ${r(y)}L${r(x)} ${r(y - 5)}V${r(y + 5)}Z`, "head");

function box(node, { x, y }, self) {
  if (node.rest) {
    const words = `${node.rest.length.toLocaleString("en")} more`;
    return group(
      [rect(x + 5, y + 5, WIDTH, HEIGHT, "box"), rect(x, y, WIDTH, HEIGHT, "box"), text(x + 14, y + 24, fit(`${node.name}, ${words}`, WIDTH - 24), "box-name"), text(x + 14, y + 43, fit(standing(node.rest), WIDTH - 24), "box-id")],
      `node ${node.kind} rest`,
      { hint: `${words} of ${node.name}: ${standing(node.rest)}` },
    );
  }
  const entity = node.kind === "entity";
  const id = entity ? entityName(node.id).slice(node.name.length).trim() : shortId(node.id, 22);
  return group(
    [
      rect(x, y, WIDTH, HEIGHT, "box"),
      circle(x + 18, y + 20, 5.5, `state-dot ${node.state ?? ""}`),
      text(x + 32, y + 24, fit(node.name, WIDTH - 44), "box-name"),
      text(x + 14, y + 43, fit([entity ? "entity" : node.state?.toLowerCase(), id].filter(Boolean).join(" · "), WIDTH - 24), "box-id"),
    ],
    `node ${node.kind}${self ? " self" : ""}`,
    { href: self ? undefined : addressOf(node), hint: `${node.name} ${node.id}` },
  );
}

/** The page of a node. An entity's id is @name@key. */
function addressOf({ kind, id }) {
  if (kind !== "entity") return `/inspector/i/${encodeURIComponent(id)}`;
  const [, name, key] = /^@([^@]*)@(.*)$/s.exec(id) ?? ["", id, ""];
  return `/inspector/e/${encodeURIComponent(name)}/${key ? encodeURIComponent(key) : "$"}`;
}
