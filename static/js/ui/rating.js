/** Ratings beside names: asked for once for each player, and again when a rated game was settled. */

import { useEffect, useState } from "../../vendor/htm-preact.js";
import * as api from "../net/api.js";

/** {rating}: {rating, deviation, games, provisional} of a player in a game, or null where there is none or it is not known. */
export function useRating(player, game, settled) {
  const [rating, setRating] = useState(null);
  useEffect(() => {
    let gone = false;
    api.player(player).then(
      ({ ratings }) => gone || setRating(ratings?.[game] ?? null),
      () => {}, // The page works without.
    );
    return () => (gone = true);
  }, [player, game, settled]);
  return { rating };
}
