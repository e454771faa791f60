/** The difference between two JSON values, as a tree to be shown. Functions of their arguments only. */

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const shapeOf = (v) => (Array.isArray(v) ? "list" : v !== null && typeof v === "object" ? "object" : "leaf");

/**
 * A tree of a value: {key, shape, value, mark, old?, children?}. `mark` is "same", "added", "removed", "changed" (a leaf, or
 * something that became another shape; `old` is what it was) or "within" (something below differs). Without a value before
 * (undefined), everything is the same.
 */
export function compare(before, after, key = null) {
  if (before === undefined) return whole(after, "same", key);
  if (shapeOf(before) !== shapeOf(after) || shapeOf(after) === "leaf") {
    if (same(before, after)) return whole(after, "same", key);
    return { ...whole(after, "changed", key), old: before };
  }
  const children = Array.isArray(after) ? lists(before, after) : objects(before, after);
  return { key, shape: shapeOf(after), value: after, mark: children.some((c) => c.mark !== "same") ? "within" : "same", children };
}

/** A value all of which has one mark. */
export function whole(value, mark, key = null) {
  const shape = shapeOf(value);
  if (shape === "leaf") return { key, shape, value, mark };
  const children = Array.isArray(value) ? value.map((v, i) => whole(v, mark, i)) : Object.entries(value).map(([k, v]) => whole(v, mark, k));
  return { key, shape, value, mark, children };
}

/** Keys that are there, in their order, and those that are gone, where they were. */
function objects(before, after) {
  const children = Object.entries(after).map(([k, v]) => (k in before ? compare(before[k], v, k) : whole(v, "added", k)));
  for (const [i, [k, v]] of Object.entries(before).entries()) if (!(k in after)) children.splice(i, 0, whole(v, "removed", k));
  return children;
}

/** What is the same at the beginning and at the end is; in between, each is compared with what was in its place. */
function lists(before, after) {
  const least = Math.min(before.length, after.length);
  let head = 0;
  while (head < least && same(before[head], after[head])) head++;
  let tail = 0;
  while (tail < least - head && same(before.at(-1 - tail), after.at(-1 - tail))) tail++;
  const children = after.slice(0, head).map((v, i) => whole(v, "same", i));
  const [gone, come] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
  for (const [i, v] of come.entries()) children.push(i < gone.length ? compare(gone[i], v, head + i) : whole(v, "added", head + i));
  for (const [i, v] of gone.slice(come.length).entries()) children.push(whole(v, "removed", head + come.length + i));
  for (let i = after.length - tail; i < after.length; i++) children.push(whole(after[i], "same", i));
  return children;
}

/** What differs, in lines for people: "wins: 3 → 4", "+ items.2: …". At most so many. */
export function changes(tree, most = 8) {
  const lines = [];
  const walk = (node, at) => {
    if (lines.length >= most || node.mark === "same") return;
    const name = at || "the value";
    if (node.mark === "added") lines.push(`+ ${name}: ${short(node.value)}`);
    else if (node.mark === "removed") lines.push(`− ${name}: ${short(node.value)}`);
    else if (node.mark === "changed") lines.push(`${name}: ${short(node.old)} → ${short(node.value)}`);
    else for (const child of node.children) walk(child, at ? `${at}.${child.key}` : String(child.key));
  };
  walk(tree, "");
  return lines;
}

const short = (value) => {
  const words = JSON.stringify(value) ?? "nothing";
  return words.length > 40 ? `${words.slice(0, 39)}…` : words;
};
