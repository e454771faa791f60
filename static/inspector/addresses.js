/** Addresses of the inspector, and the filters that are in them: a link shows to somebody else what it shows here. */

export const STATES = ["Pending", "Running", "Suspended", "Completed", "Failed", "Terminated"];

/** Times that can be chosen, in seconds. */
export const SINCE = [
  { value: "", name: "Any time" },
  { value: "60", name: "The last minute" },
  { value: "600", name: "The last 10 minutes" },
  { value: "3600", name: "The last hour" },
  { value: "86400", name: "The last day" },
];

/** The page that an address means. */
export function parse({ pathname, search = "" }) {
  const [, ...rest] = pathname.replace(/\/+$/, "").split("/").slice(1);
  const [area, first, second] = rest.map(decode);
  if (area === undefined) return { page: "list", filters: filtersOf(search) };
  if (area === "engine" || area === "locks") return { page: area };
  if (area === "i" && first && rest.length === 2) return { page: "instance", id: first };
  if (area === "e" && first && rest.length === 3) return { page: "entity", name: first, key: second === "$" ? "" : second };
  return { page: "unknown" };
}

function decode(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** What a list is narrowed to. */
export function filtersOf(search) {
  const q = new URLSearchParams(search);
  return {
    kind: q.get("kind") === "entity" ? "entity" : "orchestration",
    prefix: q.get("prefix") ?? "",
    name: q.get("name") ?? "",
    states: STATES.filter((s) => q.getAll("state").includes(s)),
    since: /^\d{1,9}$/.test(q.get("since") ?? "") ? q.get("since") : "",
    tag: q.get("tag") ?? "",
    error: q.get("error") ?? "",
    quarantined: q.has("quarantined"),
    locked: q.has("locked"),
    sort: q.get("sort") === "id" ? "id" : "",
  };
}

/** The filters as the address has them. What is usual is left out. */
export function addressOf(filters) {
  const q = queryOf(filters);
  if (filters.since) q.set("since", filters.since);
  if (filters.kind !== "entity") q.delete("kind");
  return `/inspector${q.size ? `?${q}` : ""}`;
}

/** The filters as the server is asked; `now` in ms, for the times that count from now. */
export function asked(filters, now) {
  const q = queryOf(filters);
  if (filters.since) q.set("from", String(now - Number(filters.since) * 1000));
  return q;
}

function queryOf({ kind, prefix, name, states, tag, error, quarantined, locked, sort }) {
  const q = new URLSearchParams({ kind });
  if (prefix) q.set("prefix", prefix);
  if (name) q.set("name", name);
  if (tag && kind !== "entity") q.set("tag", tag);
  if (error && kind !== "entity") q.set("error", error);
  if (kind !== "entity") for (const s of states) q.append("state", s);
  if (quarantined) q.set("quarantined", "true");
  if (locked && kind === "entity") q.set("locked", "true");
  if (sort) q.set("sort", sort);
  return q;
}

/** The page of an item of a list. */
export const pageOf = (item) => (item.kind === "entity" ? entityPage(item.name, item.key ?? "") : instancePage(item.id));
export const instancePage = (id) => `/inspector/i/${encodeURIComponent(id)}`;
export const entityPage = (name, key) => `/inspector/e/${encodeURIComponent(name)}/${key === "" ? "$" : encodeURIComponent(key)}`;

/** The page of what a history calls its target: "@name@key", or an instance's id. */
export function targetPage(target) {
  const [, name, key] = /^@([^@]*)@(.*)$/s.exec(target) ?? [];
  return name === undefined ? instancePage(target) : entityPage(name, key);
}
