/** What the page says about the connection: nothing while all is well. */

import { html, useEffect, useState } from "../../vendor/htm-preact.js";
import { useApp, useNews } from "./app.js";

const SHOW = 8_000; // ms that the word about a restart stays

export function ConnectionBanner() {
  const { client, announcer } = useApp();
  useNews(client, "status");
  const [restart, setRestart] = useState(null);
  const [still, setStill] = useState(0);
  useEffect(() => {
    const off = [
      client.on("restarted", (restart) => (setStill(0), setRestart(restart))),
      client.on("stood-still", setStill),
    ];
    return () => off.forEach((stop) => stop());
  }, [client]);
  useEffect(() => {
    if (!restart) return;
    announcer.say(afterRestart(restart, 0));
    const timer = setTimeout(() => setRestart(null), SHOW);
    return () => clearTimeout(timer);
  }, [restart]);
  useEffect(() => {
    if (restart && still > 0) announcer.say(`The clocks stood still for ${inSeconds(still)}.`);
  }, [restart, still]);

  const cut = wordsFor(client.status);
  useEffect(() => {
    if (client.status.cutAt !== null) announcer.say("Connection lost. Reconnecting.");
  }, [client.status.cutAt !== null]);
  if (cut) return html`<div class="banner warn" data-testid="banner"><span class="spinner" />${cut}</div>`;
  if (restart) return html`<div class="banner good" data-testid="banner">${afterRestart(restart, still)}</div>`;
  return null;
}

function wordsFor({ phase, attempt, cutAt, restarting }) {
  if (cutAt !== null) {
    const why = restarting ? "The server is restarting. " : "";
    return `${why}Reconnecting (attempt ${Math.max(1, attempt)})…`;
  }
  if (restarting) return "The server is about to restart. Your match is safe.";
  if (phase === "stalled") return "Reconnecting… the connection is slow to answer.";
  return null;
}

/** Only what is true: after a change of epoch something may be lost, and the board shows what is kept. */
function afterRestart({ downFor, epochChanged }, still) {
  const away = `Away for ${inSeconds(downFor)}`;
  if (epochChanged) return `Server restored from an earlier state. ${away}; the board shows what it knows.`;
  const clocks = still === 0 ? "" : `; the clocks stood still for ${inSeconds(still)}`;
  return `Server restarted, nothing lost. ${away}${clocks}.`;
}

const inSeconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
