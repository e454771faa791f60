/** Times, lengths and sizes, as people read them. */

const two = (n) => String(n).padStart(2, "0");

/** "14:03:09", in this place's time. */
export function clockTime(ms) {
  const d = new Date(ms);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** "14:03:09.042", with the date where it is not today's. */
export function exactTime(ms, now = Date.now()) {
  const d = new Date(ms);
  const time = `${clockTime(ms)}.${String(d.getMilliseconds()).padStart(3, "0")}`;
  return new Date(now).toDateString() === d.toDateString() ? time : `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${time}`;
}

/** How long: "3 ms", "1.2 s", "4 min 5 s", "3 h 2 min", "2 d 4 h". */
export function duration(ms) {
  if (!Number.isFinite(ms)) return "";
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.floor(s)} s`;
  const pair = (big, unit, small, name) => (small ? `${big} ${unit} ${small} ${name}` : `${big} ${unit}`);
  const m = Math.floor(s / 60);
  if (m < 60) return pair(m, "min", Math.floor(s % 60), "s");
  const h = Math.floor(m / 60);
  if (h < 24) return pair(h, "h", m % 60, "min");
  return pair(Math.floor(h / 24), "d", h % 24, "h");
}

/** "just now", "12 s ago", "4 min ago". */
export function ago(ms, now = Date.now()) {
  const s = Math.floor((now - ms) / 1000);
  if (s < 2) return "just now";
  const [n, unit] = s < 60 ? [s, "s"] : s < 3600 ? [s / 60, "min"] : s < 86_400 ? [s / 3600, "h"] : [s / 86_400, "d"];
  return `${Math.floor(n)} ${unit} ago`;
}

/** "812 B", "1.4 MB". */
export function bytes(n) {
  if (n < 1000) return `${n} B`;
  for (const [size, unit] of [[1e3, "kB"], [1e6, "MB"], [1e9, "GB"], [1e12, "TB"]]) {
    const of = n / size;
    if (of < 1000 || unit === "TB") return `${of < 10 ? of.toFixed(1) : Math.round(of)} ${unit}`;
  }
}

/** "1,234", "3.4" */
export const count = (n) => (Math.abs(n) < 10 && n % 1 ? n.toFixed(1) : Math.round(n).toLocaleString("en"));

/** A value as JSON in one line, cut. */
export function brief(value, most = 60) {
  if (value === undefined || value === null) return "";
  const words = typeof value === "string" ? value : JSON.stringify(value);
  return words.length > most ? `${words.slice(0, most - 1)}…` : words;
}

/** An id of which the beginning and the end are enough to know it by. */
export const shortId = (id, most = 14) => (id.length > most ? `${id.slice(0, most - 5)}…${id.slice(-4)}` : id);
