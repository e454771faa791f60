/** The tab's title and icon: they say "your move" to a player who looks at another tab. */

const icon = () => document.querySelector('link[rel="icon"]');

/** @param {string|null} place the page's name, null for the start page @param {boolean} yourMove */
export function signalTurn(place, yourMove) {
  const title = place ? `${place} · Everturn` : "Everturn: games that keep every move";
  document.title = yourMove ? `● Your move · ${title}` : title;
  const href = yourMove ? "/favicon-turn.svg" : "/favicon.svg";
  if (icon().getAttribute("href") !== href) icon().setAttribute("href", href);
}
