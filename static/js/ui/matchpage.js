/** The page of a match: board, seats and clocks, head line, moves, actions. */

import { html, useEffect, useLayoutEffect } from "../../vendor/htm-preact.js";
import { renderer as rendererOf } from "../../games/index.js";
import { Actions } from "./actions.js";
import { useApp } from "./app.js";
import { FailedPage, UnknownMatch, VoidMatch } from "./help.js";
import { LatencyBadge } from "./latency.js";
import { Panels } from "./panels.js";
import { Prompts } from "./prompts.js";
import { SeatBar } from "./seatbar.js";
import { Invitation } from "./share.js";
import { signalTurn } from "./title.js";
import { useMatch, useWatchers } from "./usematch.js";
import { announcement, headline, missedMoves } from "./words.js";

export function MatchPage({ id, watch }) {
  const { phase, match, info, problem, retry } = useMatch(id, watch);
  if (phase === "missing" || match?.error === "not_found") return html`<${UnknownMatch} id=${id} />`;
  if (phase === "void" || match?.info.state === "void") return html`<${VoidMatch} info=${match?.info ?? info} />`;
  if (phase === "failed") return html`<${FailedPage} problem=${problem} onRetry=${retry} />`;
  if (phase === "loading")
    return html`<div class="loading" data-testid="loading"><span class="spinner" /> Opening the match…</div>`;
  const renderer = rendererOf(match.info.game);
  if (!renderer)
    return html`<${FailedPage} problem=${{ message: `This page cannot show the game ${match.info.game}.` }} onRetry=${retry} />`;
  return html`<${Table} match=${match} renderer=${renderer} />`;
}

function Table({ match, renderer }) {
  const { reloader } = useApp();
  useLastingAddress(match);
  useAnnouncements(match, renderer);
  useWatchers(match);
  const play = usePlay(match, renderer);
  const head = headline(match, renderer);
  const { info } = match;

  const playing = info.state === "playing" && match.seat >= 0;
  useEffect(() => {
    reloader.busy(playing);
    return () => reloader.busy(false);
  }, [playing]);
  const toMove = match.toMove();
  useEffect(() => signalTurn(renderer.name, toMove), [renderer, toMove]);
  useEffect(() => () => signalTurn(null, false), []);

  const bottom = Math.max(match.seat, 0);
  const others = info.seats.map((_, seat) => seat).filter((seat) => seat !== bottom);
  const bar = (seat) => html`<${SeatBar} key=${seat} seat=${seat} match=${match} renderer=${renderer} />`;
  return html`<div class="table game-${renderer.id} ${info.state} seats-${info.seats.length}" data-testid="match" data-seat=${match.seat} data-state=${info.state}
    data-seq=${match.seq} data-live=${match.live}>
    <h1 class="sr-only">${renderer.name}</h1>
    <div class="opponents">${others.map(bar)}</div>
    <div class="board-place">
      ${
        match.view
          ? html`<${renderer.Board} view=${match.view} seat=${match.seat} live=${toMove && info.state === "playing"}
            pending=${match.pending()} onMove=${play} />`
          : html`<div class="board-blank"><${renderer.Tile} /></div>`
      }
    </div>
    <div class="me">${bar(bottom)}</div>
    <aside class="side">
      <section class="headline ${head.tone}" data-testid="headline" data-tone=${head.tone}>
        <h2>${head.title}</h2>
        ${head.detail && html`<p>${head.detail}</p>`}
      </section>
      <${Prompts} match=${match} />
      ${info.state === "open" ? html`<${Invitation} info=${info} />` : html`<${Panels} match=${match} renderer=${renderer} />`}
      <${Actions} match=${match} renderer=${renderer} />
      <footer class="foot">
        ${match.seat < 0 && html`<span class="chip" data-testid="watching">Watching</span>`}
        ${info.watchers > 0 && html`<span class="chip" data-testid="watchers">${info.watchers} watching</span>`}
        <${LatencyBadge} />
      </footer>
    </aside>
  </div>`;
}

/** What happens when a move is chosen, by pointer or key: refused here with a word, or on its way. */
function usePlay(match, renderer) {
  const { client, notices } = useApp();
  const play = (move) => {
    if (match.info.state !== "playing" || match.view.result) return;
    if (match.seat < 0) return notices.show("You are watching this match.");
    if (match.pending().length > 0) return;
    const why = renderer.refuse(match.view, move);
    if (why) return notices.show(why, "bad");
    if (!client.move(match, move)) notices.show("It is not your turn.", "bad");
  };
  useEffect(() => {
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      if (event.target.closest?.("input, textarea, select, dialog")) return;
      const move = match.view && renderer.key(event.key, match.view);
      if (move !== null) play(move);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [match, renderer]);
  return play;
}

const REFUSED = { move: "Your move was not played", chat: "Your message was not sent" };

function useAnnouncements(match, renderer) {
  const { announcer, notices } = useApp();
  useLayoutEffect(() => {
    const off = [
      match.on("event", (event) => {
        const words = announcement(event, match, renderer);
        if (words) announcer.say(words);
      }),
      match.on("caught-up", (events) => announcer.say(missedMoves(events, match, renderer))),
      match.on("refused", (command, nack) => {
        notices.show(`${REFUSED[command.frame.t] ?? "That was refused"}: ${nack.msg}`, "bad");
      }),
    ];
    return () => off.forEach((stop) => stop());
  }, [match, renderer]);
}

/** The code is for now, the id for ever: the address bar gets the one that still works when it is bookmarked. */
function useLastingAddress(match) {
  const lasting = match.info.state !== "open";
  useEffect(() => {
    if (lasting) history.replaceState(null, "", `/m/${match.id}${location.search}${location.hash}`);
  }, [match, lasting]);
}
