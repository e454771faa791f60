/**
 * The items of a list as pages come in: the first one again and again, because it is live, the others once. Functions of
 * their arguments only.
 */

export const idOf = (item) => (item.kind === "entity" ? `@${item.name}@${item.key ?? ""}` : item.id);

/**
 * The list with a new first page. What was on the page before and is not on this one has either sunk below it, and stays, or
 * is not as the filters say any more, and goes: an item sinks only as the page's last item does, so all that stood before that
 * one and is missing is gone.
 */
export function renewed(items, first, more) {
  const now = new Set(first.map(idOf));
  if (!more) return first; // The first page is the whole list.
  const last = first.at(-1);
  const at = last ? items.findIndex((item) => idOf(item) === idOf(last)) : -1;
  const after = at >= 0 ? items.slice(at + 1) : sunk(items, last);
  return [...first, ...after.filter((item) => !now.has(idOf(item)))];
}

/** Those that are older than the last of the first page. */
function sunk(items, last) {
  return last ? items.filter((item) => item.created <= last.created) : [];
}

/** The list with a further page. */
export function extended(items, page) {
  const had = new Set(items.map(idOf));
  return [...items, ...page.filter((item) => !had.has(idOf(item)))];
}
