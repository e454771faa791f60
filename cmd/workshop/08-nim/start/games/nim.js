/** Nim: heaps of stones in rows. Choosing a stone takes it and all to its right. */

import { html } from "../vendor/htm-preact.js";
import { Grid } from "./grid.js";

const HEAPS = ["a", "b", "c"];
const SEATS = [{ name: "First" }, { name: "Second" }];

const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/games/nim.css" });
document.head.append(sheet);

const Stone = ({ faint }) => html`<svg class=${faint ? "nim-stone faint" : "nim-stone"} viewBox="0 0 100 100" aria-hidden="true">
  <ellipse cx="50" cy="55" rx="38" ry="32" /><path d="M28 45q14-18 38-12" />
</svg>`;

const Mark = ({ seat }) => html`<svg class="nim-mark seat-${seat}" viewBox="0 0 100 100" aria-hidden="true">
  ${seat === 0 ? html`<circle cx="50" cy="50" r="34" />` : html`<rect x="18" y="18" width="64" height="64" rx="12" />`}
</svg>`;

const Tile = () => html`<svg class="tile-art nim-tile" viewBox="0 0 120 120" aria-hidden="true">
  ${[3, 4, 5].flatMap((n, row) => Array.from({ length: n }, (_, i) => html`<ellipse cx=${18 + 21 * i} cy=${30 + 30 * row} rx="9" ry="8" />`))}
</svg>`;

/** How many stones a heap has, less those of a move that is on its way. */
const left = (view, pending, row) => view.heaps[row] - pending.reduce((n, p) => n + (p.move[0] === HEAPS[row] ? Number(p.move[1]) : 0), 0);

function Board({ view, live, pending, onMove }) {
  const cell = (row, col) => {
    const stones = view.heaps[row];
    const here = col < stones;
    return {
      testid: `stone-${HEAPS[row]}${col + 1}`,
      label: here ? `Heap ${HEAPS[row]}: take ${stones - col} of ${stones}` : `Heap ${HEAPS[row]}: empty place`,
      class: "",
      enabled: live && here,
      content: here && html`<${Stone} faint=${col >= left(view, pending, row)} />`,
    };
  };
  return html`<${Grid} rows=${3} cols=${5} start=${[0, 0]} label="Nim: three heaps of stones" class="nim" cell=${cell}
    onChoose=${(row, col) => onMove(HEAPS[row] + Math.max(1, view.heaps[row] - col))} />`;
}

export default {
  id: "nim",
  name: "Nim",
  blurb: "Take the last stone",
  seats: SEATS,
  takeback: true,
  Mark,
  Tile,
  Board,
  key: () => null,
  refuse: (view, move) => (Number(move[1]) <= view.heaps[HEAPS.indexOf(move[0])] ? null : "There are not so many stones."),
  did: (move) => `took ${move[1]} of heap ${move[0]}`,
  label: (move) => `${move[1]} of ${move[0]}`,
  reason: ({ reason }) => ({ last: "took the last stone" })[reason],
};
