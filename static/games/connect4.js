/** Connect Four: seat 0 has blue pieces with a ring, seat 1 amber ones with a diamond. */

import { html, useState } from "../vendor/htm-preact.js";
import { Grid } from "./grid.js";

const ROWS = 6;
const COLS = 7;
const SEATS = [{ name: "Blue" }, { name: "Amber" }];

const shape = (seat) => html`
  <circle class="disc" cx="50" cy="50" r="46" />
  ${
    seat === 0
      ? html`<circle class="sign" cx="50" cy="50" r="24" />`
      : html`<path class="sign" d="M50 22L78 50L50 78L22 50z" />`
  }
`;

const Mark = ({ seat, class: name = "", style }) =>
  html`<svg class="c4-mark seat-${seat} ${name}" style=${style} viewBox="0 0 100 100" aria-hidden="true">${shape(seat)}</svg>`;

/** The row in which a piece comes to lie in a column (0 is the top), or -1 if the column is full. */
export function landing(board, col) {
  for (let row = ROWS - 1; row >= 0; row--) if (board[row][col] === ".") return row;
  return -1;
}

/** What lies on a cell: {seat, pending} or null. */
function lying(view, seat, pending, row, col) {
  if (view.board[row][col] !== ".") return { seat: Number(view.board[row][col]), pending: false };
  const mine = pending.find((p) => Number(p.move) === col + 1 && landing(view.board, col) === row);
  return mine ? { seat, pending: !mine.accepted } : null;
}

function Board({ view, seat, live, pending, onMove }) {
  const [aim, setAim] = useState(null);
  const won = new Set((view.line ?? []).map(([row, col]) => row * COLS + col));
  const target = live && aim ? landing(view.board, aim[1]) : -1;
  const cell = (row, col) => {
    const piece = lying(view, seat, pending, row, col);
    const state = piece ? SEATS[piece.seat].name.toLowerCase() + (piece.pending ? ", on its way" : "") : "empty";
    const wins = won.has(row * COLS + col);
    const last = view.last?.[0] === row && view.last?.[1] === col;
    return {
      testid: `cell-${col + 1}-${ROWS - row}`,
      label: `Column ${col + 1}, row ${ROWS - row} from the bottom, ${state}${wins ? ", in the winning line" : ""}`,
      class: `${wins ? "won" : ""} ${view.line && !wins ? "dim" : ""} ${aim?.[1] === col && live ? "aimed" : ""} ${last ? "last" : ""}`,
      enabled: live && landing(view.board, col) >= 0,
      content: piece
        ? html`<${Mark} seat=${piece.seat} class="fall ${piece.pending ? "pending" : ""}" style=${{ "--height": row + 1 }} />`
        : row === target && col === aim[1] && html`<${Mark} seat=${seat} class="ghost" />`,
    };
  };
  return html`<div class="c4">
    <${Grid} rows=${ROWS} cols=${COLS} start=${[0, 3]} label="Connect Four board" class="c4-plate" cell=${cell}
      onAim=${setAim} onChoose=${(_, col) => onMove(String(col + 1))} />
    <div class="c4-numbers" aria-hidden="true">${Array.from(
      { length: COLS },
      (_, col) => html`<span class=${aim?.[1] === col && live ? "aimed" : ""} key=${col}>${col + 1}</span>`,
    )}</div>
  </div>`;
}

const PICTURE = [".......", ".......", "...0...", "...1...", "..101..", ".0011.."];

const Tile = () => html`<svg class="tile-art c4-tile" viewBox="0 0 124 108" aria-hidden="true">
  <rect class="plate" x="2" y="2" width="120" height="104" rx="12" />
  ${PICTURE.flatMap((cells, row) =>
    [...cells].map((seat, col) => {
      const at = `translate(${6 + col * 16} ${6 + row * 16}) scale(.16)`;
      return seat === "."
        ? html`<circle class="hole" transform=${at} cx="50" cy="50" r="42" />`
        : html`<g class="c4-mark seat-${seat}" transform=${at}>${shape(Number(seat))}</g>`;
    }),
  )}
</svg>`;

export default {
  id: "connect4",
  name: "Connect Four",
  blurb: "Four in a row",
  seats: SEATS,
  takeback: true,
  Mark,
  Tile,
  Board,
  key: (key) => (/^[1-7]$/.test(key) ? key : null),
  refuse: (view, move) => (landing(view.board, move - 1) >= 0 ? null : `Column ${move} is full.`),
  did: (move) => `dropped in column ${move}`,
  label: (move) => `Column ${move}`,
  reason: ({ reason }) => ({ four: "four in a row", full: "the board is full" })[reason],
};
