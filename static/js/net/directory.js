/** What can be looked up: matches, players, leaderboards. Reading only. */

import { once, persistently } from "./api.js";

/** @param {object} filters state, game, player, limit, cursor; those that are empty are left out */
export function listMatches(filters) {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return once("GET", `/api/matches?${new URLSearchParams(given)}`);
}

export const profile = (id) => persistently("GET", `/api/players/${encodeURIComponent(id)}`);

/** {game, players: [{rank, player, name, rating, deviation, games, provisional}]}, best first. */
export const leaderboard = (game, limit) => once("GET", `/api/leaderboard?game=${encodeURIComponent(game)}&limit=${limit}`);
