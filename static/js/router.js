/**
 * Routes of the page: `/`, `/leaderboard`, `/p/{id}` ("me" is this browser's player), `/m/{code or id}` and its `/replay`,
 * `/replay`. The server answers all with the same document; from then on links between them change the address without
 * loading it again.
 *
 * News: "change".
 */

import { Emitter } from "./emitter.js";

export class Router extends Emitter {
  route = parse(location);

  constructor() {
    super();
    addEventListener("popstate", () => this.#update());
    document.addEventListener("click", (event) => this.#click(event));
  }

  /** Goes to a path of this page; `replace` corrects the address instead of adding to the history. */
  navigate(path, { replace = false } = {}) {
    history[replace ? "replaceState" : "pushState"](null, "", path);
    this.#update();
    if (!replace) scrollTo(0, 0);
  }

  #update() {
    this.route = parse(location);
    this.emit("change");
  }

  #click(event) {
    const link = event.target.closest?.("a[href]");
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const within = link?.hash && link.pathname === location.pathname && link.search === location.search;
    if (!link || !plain || within || link.target || link.origin !== location.origin || parse(link).page === "unknown")
      return;
    event.preventDefault();
    this.navigate(link.pathname + link.search + link.hash);
  }
}

/** The page that an address means: {page, key?, watch?, game?}; of a replay also the game's number and the position. */
export function parse({ pathname, search, hash }) {
  const query = new URLSearchParams(search);
  if (pathname === "/") return { page: "home" };
  if (/^\/leaderboard\/?$/.test(pathname)) return { page: "leaderboard", game: query.get("game") };
  const replay = /^(?:\/m\/([^/]+))?\/replay\/?$/.exec(pathname);
  if (replay) {
    const at = /^#\d+$/.test(hash) ? Number(hash.slice(1)) : null;
    return { page: "replay", key: replay[1] && decode(replay[1]), n: query.get("n"), at };
  }
  const [, kind, key] = /^\/([mp])\/([^/]+)\/?$/.exec(pathname) ?? [];
  if (kind === "p") return { page: "profile", key: decode(key) };
  if (kind === "m") return { page: "match", key: decode(key), watch: query.has("watch") };
  return { page: "unknown" };
}

function decode(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
