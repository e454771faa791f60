/** The ships of Battleship and the water that they lie in: where they are, how they are called, how they are drawn. */

import { html } from "../vendor/htm-preact.js";

export const SIZE = 10;
export const SHIPS = [
  { name: "carrier", length: 5 },
  { name: "battleship", length: 4 },
  { name: "cruiser", length: 3 },
  { name: "submarine", length: 3 },
  { name: "destroyer", length: 2 },
];

const range = (n) => Array.from({ length: n }, (_, i) => i);

/** "b7" for the cell of a row and a column, from 0. */
export const cellName = (row, col) => "abcdefghij"[col] + (row + 1);

/** {row, col, down} of a place such as "b7v". */
export const placeOf = (text) => ({ row: Number(text.slice(1, -1)) - 1, col: text.charCodeAt(0) - 97, down: text.endsWith("v") });

/** "b7v" for a place. */
export const placeName = ({ row, col, down }) => cellName(row, col) + (down ? "v" : "h");

/** The cells of a ship, as row * 10 + column. */
export const cellsOf = ({ row, col, down }, length) => range(length).map((n) => (down ? row + n : row) * SIZE + (down ? col : col + n));

/** The place nearest to one that leaves the board. */
export function inside({ row, col, down }, length) {
  const most = (along) => (along ? SIZE - length : SIZE - 1);
  const clamp = (n, top) => Math.max(0, Math.min(top, n));
  return { row: clamp(row, most(down)), col: clamp(col, most(!down)), down };
}

/** Which ships overlap, as a set of their numbers, and the cells in which they do. */
export function overlaps(places) {
  const owner = new Map();
  const ships = new Set();
  const cells = [];
  places.forEach((place, ship) => {
    for (const cell of cellsOf(place, SHIPS[ship].length)) {
      if (owner.has(cell)) {
        ships.add(ship).add(owner.get(cell));
        cells.push(cell);
      } else owner.set(cell, ship);
    }
  });
  return { ships, cells };
}

/** A fleet without overlaps; `random` as Math.random. */
export function randomPlaces(random = Math.random) {
  for (;;) {
    const places = SHIPS.map(({ length }) =>
      inside({ row: Math.floor(random() * SIZE), col: Math.floor(random() * SIZE), down: random() < 0.5 }, length),
    );
    if (overlaps(places).cells.length === 0) return places;
  }
}

/** A ship from above: bow to the left or to the top. */
export function Ship({ ship, down, class: name = "" }) {
  const length = SHIPS[ship].length * 100;
  const towers = SHIPS[ship].length - 1;
  return html`<svg class="bs-ship ${name}" viewBox=${down ? `0 0 100 ${length}` : `0 0 ${length} 100`} aria-hidden="true">
    <g transform=${down ? "translate(100 0) rotate(90)" : ""}>
      <path class="hull" d=${`M6 50Q34 14 88 11H${length - 30}Q${length - 8} 13 ${length - 8} 32V68Q${length - 8} 87 ${length - 30} 89H88Q34 86 6 50z`} />
      <path class="deck" d=${`M64 50H${length - 34}`} />
      ${range(towers).map((n) => html`<circle class="tower" cx=${100 + n * 100} cy="50" r=${n === towers >> 1 ? 17 : 11} key=${n} />`)}
    </g>
  </svg>`;
}

/** A ship laid over a board of ten by ten cells. */
export const LaidShip = ({ ship, place, class: name = "" }) => {
  const { length } = SHIPS[ship];
  const style = {
    left: `${place.col * 10}%`,
    top: `${place.row * 10}%`,
    width: `${(place.down ? 1 : length) * 10}%`,
    height: `${(place.down ? length : 1) * 10}%`,
  };
  return html`<div class="bs-laid ${name}" style=${style} data-ship=${SHIPS[ship].name} data-place=${placeName(place)}>
    <${Ship} ship=${ship} down=${place.down} /></div>`;
};

/** What a shot did, told apart by shape: a cross for a hit, a ring for a miss. */
export const Shot = ({ hit, class: name = "" }) =>
  html`<svg class="bs-shot ${hit ? "hit" : "miss"} ${name}" viewBox="0 0 100 100" aria-hidden="true">
    ${
      hit
        ? html`<path class="flash" d="M50 6L61 27L84 16L73 39L94 50L73 61L84 84L61 73L50 94L39 73L16 84L27 61L6 50L27 39L16 16L39 27z" />
            <path class="cross" d="M34 34L66 66M66 34L34 66" />`
        : html`<circle cx="50" cy="50" r="17" />`
    }
  </svg>`;

/** A board with its letters and numbers; the cells are its children. */
export const Sea = ({ children, class: name = "", label }) => html`<div class="bs-sea ${name}">
  ${label && html`<p class="bs-title">${label}</p>`}
  <div class="bs-letters" aria-hidden="true">${range(SIZE).map((n) => html`<span key=${n}>${"ABCDEFGHIJ"[n]}</span>`)}</div>
  <div class="bs-digits" aria-hidden="true">${range(SIZE).map((n) => html`<span key=${n}>${n + 1}</span>`)}</div>
  <div class="bs-water">${children}</div>
</div>`;
