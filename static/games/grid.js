/**
 * Grid: a board of cells that mouse, touch, keyboard and screen readers can use alike.
 *
 * One cell is in the tab order (roving tabindex); arrows, Home and End move among the cells, Enter and Space choose.
 * Cells that cannot be chosen stay reachable, so that the board can be read; choosing one says why not.
 */

import { html, useRef, useState } from "../vendor/htm-preact.js";

/**
 * @param {object} props
 * @param {number} props.rows
 * @param {number} props.cols
 * @param {string} props.label the board's name
 * @param {string} props.class the board's CSS class
 * @param {[number, number]} props.start the cell that is in the tab order first: [row, column]
 * @param {(row: number, col: number) => object} props.cell a cell: {testid, label, class, content, enabled}
 * @param {(row: number, col: number) => void} props.onChoose
 * @param {(cell: [number, number] | null) => void} [props.onAim] the cell under the pointer or the focus
 */
export function Grid({ rows, cols, label, class: name, start, cell, onChoose, onAim = () => {} }) {
  const [at, setAt] = useState(start);
  const table = useRef();

  const move = (event) => {
    const to = step(event.key, at, rows, cols);
    if (!to) return;
    event.preventDefault();
    setAt(to);
    table.current.querySelector(`[data-at="${to[0]},${to[1]}"]`).focus();
  };
  const button = (row, col) => {
    const { testid, label, class: kind, content, enabled } = cell(row, col);
    return html`<div role="gridcell" class="cell ${kind}" key=${col}>
      <button type="button" data-at=${`${row},${col}`} data-testid=${testid} aria-label=${label} aria-disabled=${!enabled}
        tabindex=${row === at[0] && col === at[1] ? 0 : -1}
        onClick=${() => onChoose(row, col)}
        onFocus=${() => (setAt([row, col]), onAim([row, col]))}
        onPointerEnter=${(e) => e.pointerType === "mouse" && onAim([row, col])}>${content}</button>
    </div>`;
  };
  return html`<div ref=${table} role="grid" class="grid ${name}" aria-label=${label} data-testid="board"
    onKeyDown=${move} onFocusOut=${() => onAim(null)} onPointerLeave=${() => onAim(null)}>
    ${range(rows).map((row) => html`<div role="row" class="row" key=${row}>${range(cols).map((col) => button(row, col))}</div>`)}
  </div>`;
}

const range = (n) => Array.from({ length: n }, (_, i) => i);

function step(key, [row, col], rows, cols) {
  switch (key) {
    case "ArrowUp":
      return [Math.max(0, row - 1), col];
    case "ArrowDown":
      return [Math.min(rows - 1, row + 1), col];
    case "ArrowLeft":
      return [row, Math.max(0, col - 1)];
    case "ArrowRight":
      return [row, Math.min(cols - 1, col + 1)];
    case "Home":
      return [row, 0];
    case "End":
      return [row, cols - 1];
    default:
      return null;
  }
}
