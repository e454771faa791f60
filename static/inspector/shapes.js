/** Shapes: what a drawing is made of, as plain objects, so that drawings are functions that can be tested without a page. */

/** A shape: {tag, attrs, children?, words?, row?}. `row` is the history's row that a click on it shows. */
export const shape = (tag, attrs, more = {}) => ({ tag, attrs, ...more });

export const rect = (x, y, width, height, kind, more) =>
  shape("rect", { x: r(x), y: r(y), width: r(Math.max(width, 0)), height: r(height), class: kind, rx: Math.min(6, height / 2) }, more);
export const line = (x1, y1, x2, y2, kind, more) => shape("line", { x1: r(x1), y1: r(y1), x2: r(x2), y2: r(y2), class: kind }, more);
export const circle = (cx, cy, radius, kind, more) => shape("circle", { cx: r(cx), cy: r(cy), r: radius, class: kind }, more);
export const path = (d, kind, more) => shape("path", { d, class: kind }, more);
export const text = (x, y, words, kind = "", more) => shape("text", { x: r(x), y: r(y), class: kind }, { words, ...more });
export const group = (children, kind, more) => shape("g", { class: kind }, { children, ...more });

/** A tenth of a pixel is enough. */
export const r = (n) => Math.round(n * 10) / 10;

const WIDTH = 6.7; // px of a letter at the drawings' 12 px, on the safe side

/** How wide words are, about. */
export const wide = (words) => words.length * WIDTH;

/** Words that fit. */
export const fit = (words, width) => {
  const most = Math.max(1, Math.floor(width / WIDTH));
  return words.length <= most ? words : `${words.slice(0, most - 1)}…`;
};

/** All shapes of a drawing, those in groups too. */
export function* every(shapes) {
  for (const s of shapes) {
    yield s;
    if (s.children) yield* every(s.children);
  }
}
