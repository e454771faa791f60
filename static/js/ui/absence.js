/** How long an opponent has been gone, as far as this page knows, and from when on the win can be claimed. */

import { useEffect, useRef } from "../../vendor/htm-preact.js";
import { useApp } from "./app.js";
import { useTicking } from "./ticking.js";

const TOLD_AFTER = 10_000; // ms without a connection after which the server says that a player is gone
const CLAIM_AFTER = 30_000; // ms of absence after which a win can be claimed

/**
 * The absent seat that owes a move, and the ms until the win can be claimed: {seat, wait}; null if nobody keeps this
 * player waiting. Who loads the page late waits longer than need be, unless the server, asked too early, says how long.
 */
export function useAbsence(match) {
  const { client } = useApp();
  const until = useRef(new Map()); // seat → server time from which a claim is taken
  const owing = (match.view?.actors ?? []).filter((seat) => match.away.has(seat) && seat !== match.seat);
  const seat = match.info.state === "playing" && match.seat >= 0 ? owing[0] : undefined;
  for (const known of until.current.keys()) if (!match.away.has(known)) until.current.delete(known);
  if (seat !== undefined && !until.current.has(seat))
    until.current.set(seat, client.now() + CLAIM_AFTER - TOLD_AFTER);

  useEffect(() => {
    const later = (ms) => {
      for (const known of until.current.keys()) until.current.set(known, client.now() + ms);
      match.emit("change");
    };
    const off = [
      // After a start all count as just left.
      client.on("restarted", () => later(CLAIM_AFTER)),
      match.on("refused", ({ frame }, nack) => frame.act === "claim" && nack.code === "too_early" && later(nack.retry ?? 5_000)),
    ];
    return () => off.forEach((stop) => stop());
  }, [client, match]);

  const wait = seat === undefined ? 0 : Math.max(0, until.current.get(seat) - client.now());
  useTicking(wait > 0);
  return seat === undefined ? null : { seat, wait };
}
