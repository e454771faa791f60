/** Rock, paper, scissors: both choose a card unseen, and both are turned over at once. */

import { html, useEffect, useRef } from "../vendor/htm-preact.js";

const SEATS = [{ name: "Blue" }, { name: "Amber" }];
const MOVES = ["rock", "paper", "scissors"];
const KEYS = { r: "rock", p: "paper", s: "scissors", 1: "rock", 2: "paper", 3: "scissors" };
/** The letters of views; "-" ran out of time, "." is not chosen or not known. */
const CHOICES = { r: "rock", p: "paper", s: "scissors", "-": "late" };
const BEATS = { rock: "scissors", paper: "rock", scissors: "paper" };
const BEATING = { rock: "rock beats scissors", paper: "paper beats rock", scissors: "scissors beat paper" };

const capital = (text) => text.replace(/^./, (c) => c.toUpperCase());

/** The seat that won a round such as "rp", or -1. */
export function winner([a, b]) {
  if (a === b) return -1;
  if (a === "-" || b === "-") return a === "-" ? 1 : 0;
  return BEATS[CHOICES[a]] === CHOICES[b] ? 0 : 1;
}

const PICTURES = {
  rock: html`<path class="body" d="M21 70L12 50L25 28L50 17L76 27L90 52L80 75L52 84z" />
    <path class="edge" d="M25 28L45 46L36 72L52 84M45 46L76 27M45 46L70 58L80 75M70 58L90 52" />`,
  paper: html`<path class="body" d="M24 12H60L78 30V88H24z" />
    <path class="edge" d="M60 12V30H78M36 44H66M36 57H66M36 70H56" />`,
  scissors: html`<path class="blade" d="M33 68L64 12M67 68L36 12" />
    <circle class="ring" cx="28" cy="77" r="11" /><circle class="ring" cx="72" cy="77" r="11" /><circle class="pin" cx="50" cy="37" r="4" />`,
  late: html`<circle class="ring" cx="50" cy="50" r="32" /><path class="edge strong" d="M50 30V52L64 60" />`,
};

const Picture = ({ of, class: name = "" }) =>
  html`<svg class="rps-picture ${name}" viewBox="0 0 100 100" aria-hidden="true">${PICTURES[of]}</svg>`;

/** A card that lies face down: the back has the seat's sign. */
const Back = ({ seat }) => html`<svg class="rps-back" viewBox="0 0 100 100" aria-hidden="true">${sign(seat)}</svg>`;

const sign = (seat) =>
  seat === 0 ? html`<circle cx="50" cy="50" r="30" />` : html`<path d="M50 14L86 50L50 86L14 50z" />`;

const Mark = ({ seat }) =>
  html`<svg class="rps-mark seat-${seat}" viewBox="0 0 100 100" aria-hidden="true">${sign(seat)}</svg>`;

/** What a seat's card on the table shows: {card: a choice, "back" or null, note, state}. */
function cardOf(seat, { view, viewer, chosen, showing }) {
  if (showing) {
    const won = winner(showing);
    const state = won < 0 ? "even" : won === seat ? "won" : "lost";
    return { card: CHOICES[showing[seat]], note: cardName(showing[seat]), state };
  }
  if (seat === viewer && chosen)
    return chosen.accepted
      ? { card: chosen.move, note: "Locked in", state: "locked" }
      : { card: chosen.move, note: "On its way", state: "pending" };
  const letter = view.choices[seat];
  if (letter !== ".") return { card: CHOICES[letter], note: cardName(letter), state: "locked" };
  if (view.actors.includes(seat))
    return { card: null, note: seat === viewer ? "Your choice" : "Thinking…", state: "open" };
  return view.result ? { card: null, note: "", state: "open" } : { card: "back", note: "Has chosen", state: "locked" };
}

const cardName = (letter) => (letter === "-" ? "Out of time" : capital(CHOICES[letter]));

function Board({ view, seat, live, pending, onMove }) {
  const own = view.choices[seat] ?? ".";
  const chosen = pending[0] ?? (own in CHOICES ? { move: CHOICES[own], accepted: true } : null);
  const last = view.rounds.at(-1);
  // The last round lies open until this player chooses for the next one: a bot has chosen before anybody could look.
  const begun = seat >= 0 && (chosen !== null || view.choices !== "..");
  const showing = last && !begun ? last : null;
  const table = { view, viewer: seat, chosen, showing };
  const left = Math.max(seat, 0);
  return html`<div class="rps" data-testid="board">
    <div class="rps-table ${showing ? "open" : ""}" key=${showing ? `open ${view.rounds.length}` : "next"}>
      <${Side} seat=${left} ...${cardOf(left, table)} name=${seat < 0 ? SEATS[left].name : "You"} side="left" />
      <${Score} view=${view} left=${left} showing=${showing} seat=${seat} />
      <${Side} seat=${1 - left} ...${cardOf(1 - left, table)} name=${seat < 0 ? SEATS[1 - left].name : "Opponent"} side="right" />
    </div>
    ${
      !view.result &&
      html`<p class="rps-next" data-testid="next-round">
        <b>${`Round ${view.rounds.length + 1}`}</b> ${whoHasChosen(view, seat, chosen)}</p>`
    }
    ${
      seat >= 0 &&
      html`<div class="rps-choices" role="group" aria-label="Your choice">
        ${MOVES.map(
          (move, i) => html`<${Choice} key=${move} move=${move} digit=${i + 1} live=${live} chosen=${chosen} onMove=${onMove} />`,
        )}
      </div>`
    }
    <${Rounds} view=${view} left=${left} seat=${seat} />
  </div>`;
}

function Side({ seat, card, note, state, name, side }) {
  return html`<div class="rps-side seat-${seat} ${side} ${state}" data-testid=${`card-${seat}`} data-card=${card ?? ""} data-state=${state}>
    <div class="rps-card">
      ${card === "back" ? html`<${Back} seat=${seat} />` : card && html`<${Picture} of=${card} />`}
      ${state === "won" && html`<span class="rps-crown" aria-hidden="true">✓</span>`}
    </div>
    <p><span class="rps-name">${name}</span> <b>${note}</b></p>
  </div>`;
}

/** That a seat has chosen is no secret; what, is. */
function whoHasChosen(view, seat, chosen) {
  const has = (s) => (s === seat ? chosen !== null : !view.actors.includes(s));
  if (seat >= 0) return has(1 - seat) ? "Your opponent has chosen." : "Your opponent is thinking…";
  const [who] = [0, 1].filter(has);
  return who === undefined ? "Both are thinking…" : `${SEATS[who].name} has chosen.`;
}

/** Rounds won, as numbers and as pips: as many as are needed. */
function Score({ view, left, showing, seat }) {
  const needed = (view.bestOf + 1) / 2;
  const order = [left, 1 - left];
  const pips = (of) =>
    needed <= 6 &&
    html`<span class="rps-pips seat-${of}" aria-hidden="true">
      ${Array.from({ length: needed }, (_, i) => html`<i class=${i < view.score[of] ? "on" : ""} key=${i} />`)}</span>`;
  const whose = (s) => (seat < 0 ? SEATS[s].name : s === seat ? "You" : "Opponent");
  return html`<div class="rps-score">
    <p class="rps-numbers" data-testid="score" aria-label=${order.map((s) => `${whose(s)} ${view.score[s]}`).join(", ")}>
      ${view.score[order[0]]}<span aria-hidden="true">:</span>${view.score[order[1]]}</p>
    <div class="rps-needed">${order.map(pips)}</div>
    <p class="rps-round">${showing && outcome(showing, seat)}<small>${view.bestOf === 1 ? "One round" : `Best of ${view.bestOf}`}</small></p>
  </div>`;
}

function Choice({ move, digit, live, chosen, onMove }) {
  const mine = chosen?.move === move;
  return html`<button type="button" class="rps-choice ${mine ? "mine" : ""} ${mine && !chosen.accepted ? "pending" : ""} ${chosen && !mine ? "other" : ""}"
    data-testid=${`choice-${move}`} aria-pressed=${mine} aria-disabled=${!live} aria-keyshortcuts=${`${move[0]} ${digit}`} onClick=${() => onMove(move)}>
    <kbd aria-hidden="true">${move[0].toUpperCase()}</kbd>
    <${Picture} of=${move} /><span>${capital(move)}</span>
  </button>`;
}

function Rounds({ view, left, seat }) {
  const list = useRef();
  const count = view.rounds.length;
  useEffect(() => {
    if (list.current) list.current.scrollLeft = list.current.scrollWidth;
  }, [count]);
  if (count === 0) return html`<p class="rps-hint">${hint(view, seat)}</p>`;
  const order = [left, 1 - left];
  return html`<ol class="rps-rounds" ref=${list} tabindex="0" aria-label="Rounds" data-testid="rounds">
    ${view.rounds.map((round, i) => {
      const won = winner(round);
      return html`<li key=${i} data-round=${round} class=${won < 0 ? "even" : `won-${order.indexOf(won)}`}>
        <span class="sr-only">${`Round ${i + 1}: ${inWords(round, order)}. ${outcome(round, seat)}.`}</span>
        ${order.map(
          (s) => html`<span class="seat-${s} ${won === s ? "won" : ""}" key=${s} aria-hidden="true">
            <${Picture} of=${CHOICES[round[s]]} /></span>`,
        )}
        <small aria-hidden="true">${i + 1}</small>
      </li>`;
    })}
  </ol>`;
}

const inWords = (round, order) => order.map((s) => `${SEATS[s].name} ${cardName(round[s]).toLowerCase()}`).join(", ");

const hint = (view, seat) =>
  seat < 0
    ? "Both choose unseen; the cards are turned over together."
    : `${view.bestOf === 1 ? "One round decides" : `First to ${(view.bestOf + 1) / 2} wins`}. Drawn rounds are played again.`;

/** "You won the round", as the viewer at `seat` would say it. */
function outcome(round, seat) {
  const won = winner(round);
  if (won < 0) return round === "--" ? "Nobody chose" : "A drawn round";
  if (seat < 0) return `${SEATS[won].name} won the round`;
  return won === seat ? "You won the round" : "You lost the round";
}

/** How a round came out, in words: "Paper beats rock". */
function how(round) {
  if (round === "--") return "Both ran out of time";
  if (round.includes("-")) return `${SEATS[round.indexOf("-")].name} ran out of time`;
  const [a, b] = [...round].map((letter) => CHOICES[letter]);
  return a === b ? `Both chose ${a}` : capital(BEATING[winner(round) === 0 ? a : b]);
}

/** The choices that were hidden when they were made, by the rounds since: each seat's in their order. */
export function known(moves, view) {
  const left = [0, 1].map((seat) => view.rounds.map((round) => round[seat]).filter((letter) => letter !== "-"));
  return moves.map((m) => {
    const letter = left[m.seat].shift();
    return { ...m, move: m.move ?? CHOICES[letter] };
  });
}

const Tile = () => html`<svg class="tile-art rps-tile" viewBox="0 0 132 108" aria-hidden="true">
  ${MOVES.map(
    (move, i) => html`<g transform=${`translate(${[12, 45, 78][i]} ${[22, 10, 22][i]}) rotate(${[-12, 0, 12][i]} 21 34)`} class=${`card ${move}`}>
      <rect width="42" height="66" rx="7" /><g class="rps-picture" transform="translate(4 16) scale(.34)">${PICTURES[move]}</g></g>`,
  )}
</svg>`;

export default {
  id: "rps",
  name: "Rock, paper, scissors",
  blurb: "Both at once, unseen",
  seats: SEATS,
  simultaneous: true,
  Mark,
  Tile,
  Board,
  key: (key) => KEYS[key.toLowerCase()] ?? null,
  refuse: (view) => (view.result || view.moves ? null : "You have chosen, and a choice cannot be changed."),
  did: (move) => `chose ${move}`,
  told: ({ round }, seat) => `${how(round)}. ${outcome(round, seat)}`,
  prompt: ({ rounds }) =>
    rounds.length > 0 && winner(rounds.at(-1)) < 0 ? "A drawn round is played again." : "Choose rock, paper or scissors.",
  known,
  label: capital,
  reason: ({ reason, winners, kind }) => {
    if (reason === "rounds") return winners.length > 0 ? "more rounds won" : "99 rounds, and nobody ahead";
    return kind === "void" && reason === "flag" ? "nobody chose in time" : undefined;
  },
};
