/** Finding a match by code or id, taking a seat in it where that is meant, and following it. */

import { useEffect, useState } from "../../vendor/htm-preact.js";
import * as api from "../net/api.js";
import { useApp, useNews } from "./app.js";

/**
 * @param {string} key code or id from the address
 * @param {boolean} watchOnly do not take an open seat
 * @returns {{phase: "loading"|"missing"|"void"|"failed"|"here", match?: object, problem?: Error, retry: () => void}}
 */
export function useMatch(key, watchOnly) {
  const app = useApp();
  const [state, setState] = useState({ phase: "loading" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let match;
    let gone = false;
    setState({ phase: "loading" });
    enter(app, key, watchOnly).then(
      (info) => {
        if (gone) return;
        if (info.state === "void") return setState({ phase: "void" });
        match = app.client.follow(info.id);
        match.setInfo(info);
        keepUpToDate(match);
        setState({ phase: "here", match });
      },
      (problem) => gone || setState({ phase: problem.code === "not_found" ? "missing" : "failed", problem }),
    );
    return () => {
      gone = true;
      if (match) app.client.leave(match);
    };
  }, [key, watchOnly, attempt]);
  useNews(state.match);
  return { ...state, retry: () => setAttempt(attempt + 1) };
}

/** The match's head; whoever comes by a link while a seat is open sits down on it. */
async function enter({ session, notices }, key, watchOnly) {
  const [info, player] = await Promise.all([api.match(key), session.ensure()]);
  const seated = info.seats.some((s) => s.player === player.id);
  if (seated || watchOnly || info.state !== "open") {
    if (!seated && !watchOnly && info.state === "playing") notices.show("All seats are taken, so you are watching.");
    return info;
  }
  try {
    await api.joinMatch(info.id);
  } catch (problem) {
    if (problem.code !== "full" && problem.code !== "game_over") throw problem;
    notices.show("Somebody else was quicker. You are watching.");
  }
  return api.match(info.id);
}

/** Events carry no names, and a `sync` no moves: both are asked for when they are missing. */
function keepUpToDate(match) {
  const ignore = () => {}; // The page works without; the next reason to ask is the next chance.
  match.on("roster", () => api.match(match.id).then((info) => match.setInfo(info), ignore));
  match.on("gap", () => api.record(match.id).then((record) => match.setRecord(record), ignore));
}
