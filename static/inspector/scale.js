/**
 * From moments to places. A match thinks for minutes and then does ten things within a millisecond: on a true scale, those
 * ten are one dot. So a gap takes room by the logarithm of its length; a true scale can be had, too.
 */

const LEAST = 22; // px between two moments
const GROWTH = 15; // px for each doubling of a gap
const MOST = 230;
const UNIT = 40; // ms: gaps below it take the least room

/** The room that a gap of so many ms takes. */
export const room = (ms) => Math.min(MOST, LEAST + GROWTH * Math.log2(1 + Math.max(0, ms) / UNIT));

const STRETCH = 12; // the most that a short history is stretched to fill the room there is

/**
 * A scale on which gaps take room by their logarithm.
 * @param {number[]} times of turns, ascending @param {number} end @param {number} [width] px that there are: what is narrower
 *   is stretched, what is wider scrolls
 */
export function squeezed(times, end, width = 0) {
  const moments = [...new Set(end > (times.at(-1) ?? end) ? [...times, end] : times)];
  const places = [];
  for (const [i, t] of moments.entries()) places.push(i === 0 ? 0 : places[i - 1] + room(t - moments[i - 1]));
  const whole = places.at(-1) ?? 0;
  const stretch = whole > 0 ? Math.min(STRETCH, Math.max(1, width / whole)) : 1;
  return { x: (t) => between(moments, places, t) * stretch, width: whole * stretch, moments };
}

/** A scale that is true to time, so wide. */
export function even(times, end, width) {
  const from = times[0] ?? end;
  const span = Math.max(1, end - from);
  return { x: (t) => (Math.min(Math.max(t, from), end) - from) * (width / span), width, moments: [...new Set([...times, end])] };
}

function between(moments, places, t) {
  if (moments.length === 0 || t <= moments[0]) return 0;
  if (t >= moments.at(-1)) return places.at(-1);
  let low = 0;
  let high = moments.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (moments[middle] <= t) low = middle;
    else high = middle;
  }
  return places[low] + ((t - moments[low]) / (moments[high] - moments[low])) * (places[high] - places[low]);
}

/** The moments that get a label: the first, and then each that is far enough from the one before. */
export function ticks(scale, apart) {
  let last = -Infinity;
  return scale.moments.filter((t) => {
    if (scale.x(t) - last < apart) return false;
    last = scale.x(t);
    return true;
  });
}
