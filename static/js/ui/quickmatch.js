/** The search for an opponent: a card on the start page, a link to it on others, and the way to the match when it is found. */

import { html, useEffect, useReducer } from "../../vendor/htm-preact.js";
import { renderer as rendererOf } from "../../games/index.js";
import { useApp, useNews } from "./app.js";
import { pace } from "./paces.js";
import { signalTurn } from "./title.js";

/** Beginning a search; the function that a button calls, with {game, clock}. */
export function useQuickMatch() {
  const { quick, session, notices } = useApp();
  return async (wish) => {
    try {
      await session.ensure();
      await quick.start(wish);
    } catch (problem) {
      notices.show(problem.status === 404 ? "This server has no quick match." : problem.message, "bad");
    }
  };
}

/** Goes to the match that was found, from whatever page; always there, shows nothing of its own. */
export function QuickMatchNews() {
  const { quick, router, notices, announcer, sounds } = useApp();
  useEffect(() => {
    const off = [
      quick.on("matched", (match) => {
        announcer.say("Opponent found.");
        sounds.play("turn");
        if (document.hidden) signalTurn("Opponent found", true);
        router.navigate(`/m/${match}`);
      }),
      quick.on("ended", (why) => notices.show(why)),
    ];
    return () => off.forEach((stop) => stop());
  }, [quick]);
  return null;
}

export function WaitingCard() {
  const { quick, announcer } = useApp();
  useNews(quick);
  useTick(quick.wish !== null);
  const held = quick.ticket !== null;
  useEffect(() => {
    if (held) announcer.say("Looking for an opponent.");
  }, [quick.wish, held]);
  if (!quick.wish) return null;
  const renderer = rendererOf(quick.wish.game);
  return html`<section class="card waiting" aria-label="Quick match" data-testid="waiting">
    <div class="radar" aria-hidden="true"><i /><i /><i /><${renderer.Mark} seat=${0} /></div>
    <div class="waiting-words">
      <h2>Looking for an opponent</h2>
      <p>${renderer.name}, ${pace(quick.wish.clock).toLowerCase()}, rated</p>
      <p class="hint" data-testid="waiting-window">${windowWords(quick.ticket)}</p>
    </div>
    <p class="waiting-time" role="timer" aria-label="Time in the queue" data-testid="waiting-time">${elapsed(quick.waited())}</p>
    <button data-testid="cancel-search" onClick=${() => quick.cancel()}>Cancel</button>
  </section>`;
}

/** What other pages say of a search: how long it has taken, and the way to its card. */
export function SearchLink() {
  const { quick, router } = useApp();
  useNews(quick);
  useTick(quick.wish !== null);
  if (!quick.wish || router.route.page === "home") return null;
  return html`<a class="searching" href="/" data-testid="searching">
    <span class="spinner" /><span><span class="sr-only">Looking for an opponent, </span>${elapsed(quick.waited())}</span></a>`;
}

function windowWords(ticket) {
  if (!ticket) return "Taking a place in the queue…";
  if (ticket.window === undefined || ticket.window === null) return "Anybody will do by now.";
  return `Within ${Math.round(ticket.window)} rating points of you, and widening.`;
}

/** "0:07", "12:30". */
export function elapsed(ms) {
  const seconds = Math.floor(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Draws again each second while something counts. */
function useTick(on) {
  const [, redraw] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    if (!on) return;
    const timer = setInterval(redraw, 1_000);
    return () => clearInterval(timer);
  }, [on]);
}
