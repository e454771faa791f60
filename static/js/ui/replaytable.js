/** A game that was played, at the table: the board at a move, the slider, the list of moves. */

import { html, useEffect, useRef, useState } from "../../vendor/htm-preact.js";
import { renderer as rendererOf } from "../../games/index.js";
import { useApp, useNews } from "./app.js";
import { FailedPage } from "./help.js";
import { First, Last, Pause, Play, Previous, Save, Turn } from "./icons.js";
import { MoveText } from "./moves.js";
import { CopyButton } from "./share.js";
import { signalTurn } from "./title.js";
import { reasonOf, seatName } from "./words.js";

const SPEEDS = [
  { value: 0.5, name: "½×" },
  { value: 1, name: "1×" },
  { value: 2, name: "2×" },
  { value: 4, name: "4×" },
];
const PACE = 1_200; // ms between two moves at speed 1

/**
 * @param {object} props
 * @param {import("../net/replay.js").Replay} props.replay
 * @param {boolean} props.hidden whether it matters through whose eyes the game is seen
 * @param {object} [props.info] the match's head, where the game is in the archive
 * @param {string} [props.match] the match's id, as a brought record says
 * @param {() => Promise<string>} props.text the record as a text
 * @param {() => void} [props.onClose]
 */
export function ReplayTable({ replay, hidden, info, match, text, onClose }) {
  useNews(replay);
  const { record, at, shown } = replay;
  const renderer = rendererOf(record.game);
  const player = usePlayer(replay);
  useEffect(() => signalTurn(`Replay of ${renderer?.name ?? record.game}`, false), [renderer]);
  useAddress(replay, info);
  useSaid(replay, renderer);
  if (!renderer)
    return html`<${FailedPage} problem=${{ message: `This page cannot show the game ${record.game}.` }} onRetry=${() => replay.go(at)} />`;

  const names = record.players.map((name, seat) => name || seatName(renderer, seat));
  const seat = Number.isInteger(replay.eyes) ? replay.eyes : -1;
  return html`<div class="table replay game-${renderer.id} seats-${names.length}" data-testid="replay" data-at=${at} data-shown=${shown?.k}
    data-hash=${shown?.hash} data-end=${replay.end}>
    <h1 class="sr-only">Replay: ${renderer.name}</h1>
    <div class="players">${names.map(
      (name, i) => html`<section class="seat ${record.result?.winners.includes(i) ? "winner" : ""}" key=${i} data-testid=${`seat-${i}`}>
        <${renderer.Mark} seat=${i} />
        <div class="who"><span class="seat-name"><span>${name}</span></span><span class="seat-note">${seatName(renderer, i)}
          ${record.result?.winners.includes(i) && html`<b class="chip good">Won</b>`}</span></div>
      </section>`,
    )}</div>
    <div class="board-place">${
      shown
        ? html`<${renderer.Board} view=${shown.view} seat=${seat} live=${false} pending=${[]} onMove=${() => {}} />`
        : html`<div class="board-blank"><${renderer.Tile} /></div>`
    }</div>
    <${Controls} replay=${replay} player=${player} />
    <aside class="side">
      <section class="headline" data-testid="headline">
        <h2>${record.result ? outcome(record.result, names) : "The game goes on"}</h2>
        <p>${record.result ? `${capital(reasonOf(renderer, record.result))}. ` : ""}${dated(record)}${record.games > 1 ? `, game ${record.n} of ${record.games}` : ""}</p>
      </section>
      ${replay.problem && html`<section class="prompt warn" data-testid="replay-problem"><p>${replay.problem.message}</p>
        <button onClick=${() => replay.go(at)}>Try again</button></section>`}
      ${hidden && html`<${Eyes} replay=${replay} names=${names} />`}
      <${Moves} replay=${replay} renderer=${renderer} />
      <div class="actions">
        <${SaveButton} record=${record} text=${text} />
        ${info && html`<${CopyButton} text=${`${location.origin}/m/${info.id}/replay${games(record)}#${at}`} />`}
        ${(info || match) && html`<a class="button" href=${`/m/${info?.id ?? match}`}>${info ? "To the match" : "Find the match"}</a>`}
        ${onClose ? html`<button data-testid="replay-close" onClick=${onClose}>Another record</button>` : html`<a class="button" href="/replay">Open a record</a>`}
      </div>
      <footer class="foot">${shown && html`<span class="print" title="The fingerprint (SHA-256) of this position, as the server computes it: equal positions have equal ones"
        data-testid="print">Position ${shown.hash.slice(0, 12)}</span>`}</footer>
    </aside>
  </div>`;
}

const capital = (text) => text.replace(/^./, (c) => c.toUpperCase());
const games = (record) => (record.n < record.games ? `?n=${record.n}` : "");

function outcome({ kind, winners }, names) {
  if (kind === "draw") return "A draw";
  if (kind === "void") return "Called off";
  if (kind === "coop") return winners.length > 0 ? "The party won" : "The party lost";
  return `${winners.map((seat) => names[seat]).join(" and ")} won`;
}

function dated({ moves }) {
  const at = moves.find((m) => m.at)?.at;
  return at ? new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(at) : "";
}

/** Moves on by itself while it plays: {on, toggle, speed, setSpeed}. */
function usePlayer(replay) {
  const [on, setOn] = useState(false);
  const [speed, setSpeed] = useState(1);
  const { at, end } = replay;
  useEffect(() => {
    if (!on) return;
    if (at >= end) return setOn(false);
    const timer = setTimeout(() => replay.go(at + 1), PACE / speed);
    return () => clearTimeout(timer);
  }, [replay, on, at, end, speed]);
  const toggle = () => {
    if (!on && at >= end) replay.go(0);
    setOn(!on);
  };
  useKeys(replay, toggle);
  return { on, toggle, speed, setSpeed };
}

/** Arrows, Home, End and space, wherever the focus is; fields and the slider have their own. */
function useKeys(replay, toggle) {
  const latest = useRef();
  latest.current = toggle;
  useEffect(() => {
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest?.("input, textarea, select, dialog")) {
        if (!event.target.matches("[type=range]") || event.key !== " ") return;
      }
      if (event.key === " " && event.target.closest?.("button, a")) return;
      const to = { ArrowLeft: replay.at - 1, ArrowRight: replay.at + 1, Home: 0, End: replay.end }[event.key];
      if (to !== undefined) replay.go(to);
      else if (event.key === " ") latest.current();
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener("keydown", onKey, { capture: true }); // before the board, whose cells have arrows of their own
    return () => removeEventListener("keydown", onKey, { capture: true });
  }, [replay]);
}

function Controls({ replay, player }) {
  const { at, end } = replay;
  const button = (name, testid, to, icon, off) =>
    html`<button class="icon-button" aria-label=${name} title=${name} data-testid=${testid} disabled=${off} onClick=${() => replay.go(to)}>${icon}</button>`;
  return html`<div class="controls" role="group" aria-label="Replay">
    <input type="range" min="0" max=${end} value=${at} aria-label="Move" aria-valuetext=${at === 0 ? "The beginning" : `After move ${at} of ${end}`}
      style=${{ "--part": end === 0 ? 0 : at / end }} data-testid="slider" onInput=${(e) => replay.go(Number(e.target.value))} />
    <div class="buttons">
      ${button("To the beginning", "first", 0, html`<${First} />`, at === 0)}
      ${button("One move back", "previous", at - 1, html`<${Previous} />`, at === 0)}
      <button class="primary play" aria-label=${player.on ? "Stop" : "Play"} title="Space" data-testid="autoplay" data-on=${String(player.on)} onClick=${player.toggle}>
        ${player.on ? html`<${Pause} />` : html`<${Play} />`}</button>
      ${button("One move on", "next", at + 1, html`<${Turn} />`, at === end)}
      ${button("To the end", "last", end, html`<${Last} />`, at === end)}
      <output data-testid="at">${at} / ${end}</output>
      <label class="speed"><span class="sr-only">Speed</span>
        <select value=${player.speed} data-testid="speed" onChange=${(e) => player.setSpeed(Number(e.target.value))}>
          ${SPEEDS.map(({ value, name }) => html`<option key=${value} value=${value} selected=${value === player.speed}>${name}</option>`)}
        </select></label>
    </div>
  </div>`;
}

/** Through whose eyes the game is seen; who saw what only matters where something was hidden. */
const Eyes = ({ replay, names }) => html`<label class="eyes">Seen by
  <select data-testid="eyes" onChange=${(e) => replay.look(/^\d+$/.test(e.target.value) ? Number(e.target.value) : e.target.value)}>
    ${[["all", "Everything revealed"], ["watcher", "A watcher"], ...names.map((name, seat) => [seat, name])].map(
      ([value, name]) => html`<option key=${value} value=${value} selected=${value === replay.eyes}>${name}</option>`,
    )}
  </select>
</label>`;

function Moves({ replay, renderer }) {
  const list = useRef();
  const { record, at } = replay;
  useEffect(() => {
    const current = list.current?.querySelector("[aria-current]");
    if (current) list.current.scrollTop = current.parentElement.offsetTop - list.current.clientHeight / 2;
  }, [at]);
  return html`<section class="panels" aria-label="Moves"><ol class="moves panel" ref=${list} data-testid="moves">
    ${record.moves.map(
      (m, i) => html`<li key=${i} class=${m.undone ? "undone" : ""} data-testid="move" data-seq=${m.seq} data-move=${m.move}>
        <button class="plain" aria-current=${at === i + 1 ? "step" : undefined} onClick=${() => replay.go(i + 1)}>
          <span class="n">${i + 1}</span><${renderer.Mark} seat=${m.seat} />
          <span class="what"><${MoveText} of=${m} renderer=${renderer} /></span>
          ${m.undone && html`<small>taken back</small>`}
        </button>
      </li>`,
    )}
    ${record.moves.length === 0 && html`<li class="none">No moves were made</li>`}
  </ol></section>`;
}

/** The record as a file. */
function SaveButton({ record, text }) {
  const { notices } = useApp();
  const save = async () => {
    try {
      const url = URL.createObjectURL(new Blob([await text()], { type: "text/plain" }));
      const link = Object.assign(document.createElement("a"), { href: url, download: `everturn-${record.game}-${record.n}.txt` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (problem) {
      notices.show(problem.message, "bad");
    }
  };
  return html`<button data-testid="save-record" onClick=${save}><${Save} />Save record</button>`;
}

/** The address names the position, so that it can be copied and reloaded; steps are no steps of the history. */
function useAddress(replay, info) {
  const { at } = replay;
  useEffect(() => {
    if (!info) return;
    history.replaceState(null, "", `/m/${info.id}/replay${location.search}#${at}`);
  }, [info, at]);
}

/** Says the move that led to the position, to those who listen. */
function useSaid(replay, renderer) {
  const { announcer } = useApp();
  const { shown, record } = replay;
  useEffect(() => {
    if (!shown || !renderer) return;
    const m = record.moves[shown.k - 1];
    if (!m) return announcer.say("The beginning.");
    const did = m.lapsed ? "ran out of time" : m.move === undefined ? "chose" : renderer.did(m.move);
    announcer.say(`Move ${shown.k}: ${seatName(renderer, m.seat)} ${did}.`);
  }, [shown?.k]);
}
