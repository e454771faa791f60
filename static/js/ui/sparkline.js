/** A rating's course as a small line. A picture only: its label says from where to where. */

import { html } from "../../vendor/htm-preact.js";

const WIDTH = 120;
const HEIGHT = 32;
const EDGE = 3; // for the line's thickness and the dot at the end

/** The points of a course, fitted into the picture: [x, y]. A flat course is drawn in the middle. */
export function points(values) {
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  const across = (WIDTH - 2 * EDGE) / Math.max(values.length - 1, 1);
  return values.map((value, i) => [
    EDGE + i * across,
    span === 0 ? HEIGHT / 2 : HEIGHT - EDGE - ((value - low) / span) * (HEIGHT - 2 * EDGE),
  ]);
}

/** @param {{values: number[]}} props oldest first */
export function Sparkline({ values }) {
  if (values.length < 2) return null;
  const line = points(values).map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`);
  const [x, y] = line.at(-1).split(",");
  const [first, last] = [values[0], values.at(-1)].map(Math.round);
  return html`<svg class="sparkline" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img"
    aria-label=${`From ${first} to ${last} in the last ${values.length} rated games`} data-testid="sparkline">
    <polyline points=${line.join(" ")} />
    <circle cx=${x} cy=${y} r="2.6" />
  </svg>`;
}
