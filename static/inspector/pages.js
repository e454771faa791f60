/**
 * The items of a list as pages come in: the first one again and again, because it is live, the others once. Functions of
 * their arguments only.
 */

export const idOf = (item) => (item.kind === "entity" ? `@${item.name}@${item.key ?? ""}` : item.id);

/**
 * The list with a new first page: {items, whole}. What was on the page before and is not on this one has either sunk below it,
 * and stays, or is not as the filters say any more, and goes: an item sinks only as the page's last item does, so all that stood
 * before that one and is missing is gone. Where nothing of the list is on the page, what lies between is not known, and the list
 * begins anew; `whole` says so, and that the page's own cursor is the one to go on with.
 */
export function renewed(items, first, more) {
  if (!more || items.length === 0 || first.length === 0) return { items: first, whole: true };
  const now = new Set(first.map(idOf));
  if (!items.some((item) => now.has(idOf(item)))) return { items: first, whole: true };
  const last = first.at(-1);
  const at = items.findIndex((item) => idOf(item) === idOf(last));
  const after = at >= 0 ? items.slice(at + 1) : items.filter((item) => item.created <= last.created);
  const rest = after.filter((item) => !now.has(idOf(item)));
  return { items: [...first, ...rest], whole: rest.length === 0 };
}

/** The list with a further page. */
export function extended(items, page) {
  const had = new Set(items.map(idOf));
  return [...items, ...page.filter((item) => !had.has(idOf(item)))];
}
