/** Finding a match by code or id, taking a seat in it where that is meant, and following it. */

import { useEffect, useState } from "../../vendor/htm-preact.js";
import * as api from "../net/api.js";
import { useApp, useNews } from "./app.js";

/**
 * @param {string} key code or id from the address
 * @param {boolean} watchOnly do not take an open seat
 * @returns {{phase: "loading"|"missing"|"void"|"failed"|"here", match?: object, info?: object, problem?: Error, retry: () => void}}
 *   match where it is here, its head (info) where it was called off
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
        if (info.state === "void") return setState({ phase: "void", info });
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

const SERIES = 20; // earlier games whose results are asked for
const LOOK = 20_000; // ms between looks at who watches, which is no event

/** Events carry no names, and a `sync` no moves: both are asked for when they are missing. */
function keepUpToDate(match) {
  const ignore = () => {}; // The page works without; the next reason to ask is the next chance.
  match.on("roster", () => api.match(match.id).then((info) => match.setInfo(info), ignore));
  match.on("gap", () => fillIn(match).catch(ignore));
}

/** Gets the record of the latest game, and the results of those before it that are not known. */
async function fillIn(match) {
  const record = await api.record(match.id);
  match.setRecord(record);
  for (let n = Math.max(1, record.n - SERIES); n < record.n; n++)
    if (!match.results.has(n)) match.setResult(n, (await api.record(match.id, n)).result);
}

/** Keeps the number of watchers fresh while somebody looks. */
export function useWatchers(match) {
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden && match.live) match.emit("roster");
    }, LOOK);
    return () => clearInterval(timer);
  }, [match]);
}
