/** What of a match is heard: its events as they happen, and the low clock. Nothing of a backlog. */

import { LOW, isRunning, remaining } from "../net/clock.js";

/**
 * Listens to every match that the page follows.
 *
 * @param {import("../net/client.js").Client} client
 * @param {import("./sounds.js").Sounds} sounds
 */
export function soundNews(client, sounds) {
  client.on("follow", (match) => {
    match.on("event", (event) => {
      const name = soundOf(event, match);
      if (name) sounds.play(name);
    });
    watchClock(match, client, () => sounds.play("low"));
  });
}

/** The sound of an event, or null. Of all that one event means the most important is heard. */
export function soundOf({ k, d }, match) {
  switch (k) {
    case "ended":
      return endingOf(d.result, match.seat);
    case "started":
      return match.toMove() ? "turn" : "move";
    case "revealed":
      if (d.hit) return "hit";
      return match.toMove() ? "turn" : "move";
    case "moved":
      return match.toMove() && d.seat !== match.seat ? "turn" : "move";
    default:
      return null;
  }
}

function endingOf({ kind, winners }, seat) {
  if (kind === "void" || kind === "draw") return "draw";
  const won = (winners ?? []).includes(seat);
  return won || seat < 0 ? "win" : "lose";
}

/** Calls `low` once a game, when the own clock has run down to LOW. */
function watchClock(match, client, low) {
  let timer;
  let warned = null; // the game in which the warning was given
  match.on("change", () => {
    clearTimeout(timer);
    const { clock, seat, game, info } = match;
    if (!clock || seat < 0 || warned === game || info?.state !== "playing" || !isRunning(clock, seat)) return;
    const left = remaining(clock, seat, client.now()) - LOW;
    if (left <= -LOW) return;
    timer = setTimeout(() => {
      warned = game;
      low();
    }, Math.max(0, left));
  });
  match.on("left", () => clearTimeout(timer));
}
