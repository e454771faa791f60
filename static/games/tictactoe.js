/** Tic-tac-toe: seat 0 draws crosses, seat 1 noughts. */

import { html } from "../vendor/htm-preact.js";
import { Grid } from "./grid.js";

const SEATS = [{ name: "Cross" }, { name: "Nought" }];
const CELLS = [
  "top left corner",
  "top edge",
  "top right corner",
  "left edge",
  "centre",
  "right edge",
  "bottom left corner",
  "bottom edge",
  "bottom right corner",
];

const shape = (seat) =>
  seat === 0
    ? html`<path class="stroke one" pathLength="1" d="M26 26L74 74" /><path class="stroke two" pathLength="1" d="M74 26L26 74" />`
    : html`<circle class="stroke one" pathLength="1" cx="50" cy="50" r="27" transform="rotate(-90 50 50)" />`;

const Mark = ({ seat, class: name = "" }) =>
  html`<svg class="ttt-mark seat-${seat} ${name}" viewBox="0 0 100 100" aria-hidden="true">${shape(seat)}</svg>`;

/** What stands on a cell: {seat, pending} or null. */
function standing(view, seat, pending, index) {
  if (view.board[index] !== ".") return { seat: Number(view.board[index]), pending: false };
  const mine = pending.find((p) => p.move === String(index + 1));
  return mine ? { seat, pending: !mine.accepted } : null;
}

function Board({ view, seat, live, pending, onMove }) {
  const won = new Set(view.line ?? []);
  const cell = (row, col) => {
    const index = row * 3 + col;
    const piece = standing(view, seat, pending, index);
    const state = piece ? SEATS[piece.seat].name.toLowerCase() + (piece.pending ? ", on its way" : "") : "empty";
    return {
      testid: `cell-${index + 1}`,
      label: `${index + 1}, ${CELLS[index]}, ${state}${won.has(index) ? ", in the winning line" : ""}`,
      class: `${won.has(index) ? "won" : ""} ${view.line && !won.has(index) ? "dim" : ""}`,
      enabled: live && !piece,
      content: piece
        ? html`<${Mark} seat=${piece.seat} class=${piece.pending ? "pending" : ""} />`
        : live && html`<${Mark} seat=${seat} class="ghost" />`,
    };
  };
  return html`<${Grid} rows=${3} cols=${3} start=${[1, 1]} label="Tic-tac-toe board" class="ttt" cell=${cell}
    onChoose=${(row, col) => onMove(String(row * 3 + col + 1))} />`;
}

const Tile = () => html`<svg class="tile-art ttt-tile" viewBox="0 0 120 120" aria-hidden="true">
  <path class="rule" d="M43 12v96M77 12v96M12 43h96M12 77h96" />
  ${[
    [60, 60, 0],
    [26, 26, 1],
    [94, 26, 0],
    [26, 94, 0],
    [94, 94, 1],
  ].map(
    ([x, y, seat]) =>
      html`<g class="ttt-mark seat-${seat}" transform="translate(${x - 20} ${y - 20}) scale(.4)">${shape(seat)}</g>`,
  )}
</svg>`;

export default {
  id: "tictactoe",
  name: "Tic-tac-toe",
  blurb: "Three in a line",
  seats: SEATS,
  takeback: true,
  Mark,
  Tile,
  Board,
  key: (key) => (/^[1-9]$/.test(key) ? key : null),
  refuse: (view, move) => (view.board[move - 1] === "." ? null : "That square is taken."),
  did: (move) => `marked the ${CELLS[move - 1]}`,
  label: (move) => CELLS[move - 1].replace(/ (corner|edge)$/, "").replace(/^./, (c) => c.toUpperCase()),
  reason: ({ reason }) => ({ line: "three in a line", full: "the board is full" })[reason],
};
