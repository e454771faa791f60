/**
 * Battleship: a fleet is placed unseen, then both shoot in turn.
 *
 * Ten columns do not leave 44 pixels a cell on a phone. So a finger only takes aim: the cell is marked, and a button
 * of full size fires. A mouse and the keyboard are precise enough to fire at once.
 */

import { html, useRef, useState } from "../vendor/htm-preact.js";
import { LaidShip, SHIPS, SIZE, Sea, Ship, Shot, cellName, cellsOf, placeOf } from "./battleship-fleet.js";
import { Placing } from "./battleship-placing.js";
import { Grid } from "./grid.js";

const SEATS = [{ name: "Blue" }, { name: "Amber" }];
const WORDS = { x: "hit", o: "missed", ".": "not shot at" };

const capital = (text) => text.replace(/^./, (c) => c.toUpperCase());
const placing = (view) => view.fleets.includes(null) && !view.result;

const sign = (seat) =>
  seat === 0
    ? html`<path d="M50 12A38 38 0 1 1 49.9 12zM50 30A20 20 0 1 0 50.1 30z" fill-rule="evenodd" />`
    : html`<path d="M50 10L90 50L50 90L10 50zM50 32L32 50L50 68L68 50z" fill-rule="evenodd" />`;

const Mark = ({ seat }) =>
  html`<svg class="bs-mark seat-${seat}" viewBox="0 0 100 100" aria-hidden="true">${sign(seat)}</svg>`;

function Board(props) {
  const { view, seat, live, pending, onMove } = props;
  if (!placing(view)) return html`<${Battle} ...${props} />`;
  if (live) return html`<${Placing} onPlace=${onMove} />`;
  const own = pending[0]?.move.startsWith("fleet:") ? pending[0].move.slice(6).split(",") : view.fleets[seat];
  return html`<div class="bs bs-waiting" data-testid="board">
    <${Sea}><${Waters} shots=${view.waters[Math.max(seat, 0)]} fleet=${own ?? null} label=${own ? "Your fleet" : "Nothing to see yet"} /><//>
    <p class="bs-state">${seat < 0 ? "Both place their fleets, unseen." : "Your fleet is in place. Your opponent is still placing."}</p>
  </div>`;
}

function Battle({ view, seat, live, pending, onMove }) {
  const own = Math.max(seat, 0);
  const other = 1 - own;
  const name = (s) => (seat < 0 ? `${SEATS[s].name}'s waters` : s === own ? "Your waters" : "Enemy waters");
  return html`<div class="bs bs-battle" data-testid="battle">
    <${Target} waters=${view.waters[other]} fleet=${view.fleets[other]} last=${view.last} by=${own} label=${name(other)} live=${live}
      pending=${pending[0]} onMove=${onMove} watching=${seat < 0} over=${view.result !== null} />
    <div class="bs-home">
      <${Sea} label=${name(own)} class="small">
        <${Waters} shots=${view.waters[own]} fleet=${view.fleets[own]} label=${name(own)}
          last=${view.last?.seat === other ? view.last.cell : null} />
      <//>
      <${Afloat} fleet=${view.fleets[other]} waters=${view.waters[other]} label=${seat < 0 ? `${SEATS[other].name}'s fleet` : "Enemy fleet"} />
    </div>
  </div>`;
}

/** The waters that are shot at. */
function Target({ waters, fleet, last, by, label, live, pending, onMove, watching, over }) {
  const [aim, setAim] = useState(null);
  const byTouch = useRef(false);
  const free = (move) => waters[indexOf(move)] === ".";
  const aimed = live && aim && free(aim) ? aim : null;
  const fire = (move) => {
    setAim(null);
    onMove(move);
  };
  const onChoose = (row, col) => {
    const move = cellName(row, col);
    if (live && byTouch.current && free(move)) setAim(move);
    else fire(move);
  };
  const cell = (row, col) => {
    const move = cellName(row, col);
    const letter = waters[row * SIZE + col];
    const flying = pending?.move === move && letter === ".";
    const lastHere = last?.seat === by && last.cell === move;
    return {
      testid: `cell-${move}`,
      label: `${move.toUpperCase()}, ${flying ? "shot on its way" : WORDS[letter]}${lastHere ? ", the last shot" : ""}`,
      class: `${move === aimed ? "aimed" : ""} ${lastHere ? "last" : ""} ${letter === "x" ? "burning" : ""} ${flying ? "pending" : ""}`,
      enabled: live && letter === ".",
      content: flying || move === aimed ? html`<${Aim} />` : letter !== "." && html`<${Shot} hit=${letter === "x"} />`,
    };
  };
  return html`<div class="bs-target" onPointerDown=${(e) => (byTouch.current = e.pointerType === "touch")}
    onKeyDown=${() => (byTouch.current = false)}>
    <${Sea} label=${label}>
      <${Grid} rows=${SIZE} cols=${SIZE} start=${[4, 4]} label=${label} class="bs-cells ${live ? "live" : ""}" cell=${cell} onChoose=${onChoose} />
      <${Known} fleet=${fleet} waters=${waters} />
    <//>
    ${
      !watching && !over &&
      html`<button type="button" class="primary bs-fire" data-testid="fire" aria-disabled=${!aimed} onClick=${() => aimed && fire(aimed)}>
        ${aimed ? `Fire at ${aimed.toUpperCase()}` : live ? "Choose a cell" : "Wait for the shot"}
      </button>`
    }
  </div>`;
}

const indexOf = (move) => (Number(move.slice(1)) - 1) * SIZE + move.charCodeAt(0) - 97;

const Aim = () => html`<svg class="bs-aim" viewBox="0 0 100 100" aria-hidden="true"><path d="M50 8V32M50 68V92M8 50H32M68 50H92" /><circle cx="50" cy="50" r="26" /></svg>`;

/** The ships of a fleet that may be shown, those that are sunk crossed out. */
const Known = ({ fleet, waters }) =>
  (fleet ?? []).map((text, ship) => {
    if (!text) return null;
    return html`<${LaidShip} key=${ship} ship=${ship} place=${placeOf(text)} class=${sunk(text, ship, waters) ? "sunk" : ""} />`;
  });

function sunk(text, ship, waters) {
  return cellsOf(placeOf(text), SHIPS[ship].length).every((i) => waters[i] === "x");
}

/** Waters that nobody here shoots at: a picture, with its sum in words. */
function Waters({ shots, fleet, last, label }) {
  const count = (letter) => [...shots].filter((l) => l === letter).length;
  return html`<div class="bs-picture" role="img" data-testid="own-waters" aria-label=${`${label}: ${count("x")} hits, ${count("o")} misses`}>
    <div class="bs-cells grid">${Array.from(
      { length: SIZE },
      (_, row) => html`<div class="row" key=${row}>${Array.from({ length: SIZE }, (_, col) => {
        const letter = shots[row * SIZE + col];
        const kind = `${letter === "x" ? "burning" : ""} ${last === cellName(row, col) ? "last" : ""}`;
        return html`<div class="cell ${kind}" key=${col}>${letter !== "." && html`<${Shot} hit=${letter === "x"} />`}</div>`;
      })}</div>`,
    )}</div>
    <${Known} fleet=${fleet} waters=${shots} />
  </div>`;
}

/** Which ships of a fleet are sunk. */
const Afloat = ({ fleet, waters, label }) => html`<div class="bs-afloat">
  <p class="bs-title">${label}</p>
  <ul data-testid="afloat">${SHIPS.map(({ name }, ship) => {
    const gone = fleet?.[ship] && sunk(fleet[ship], ship, waters);
    return html`<li key=${ship} class=${gone ? "gone" : ""} data-ship=${name} data-sunk=${!!gone}>
      <${Ship} ship=${ship} down=${false} /><span>${capital(name)}</span><small>${gone ? "Sunk" : "Afloat"}</small></li>`;
  })}</ul>
</div>`;

/** What a shot did, as the viewer at `seat` is told. */
function told({ cell, hit, seat: by, sunk }, seat) {
  const ship = sunk && SHIPS[sunk.ship].name;
  if (by === seat) return `${sunk ? `You sank the ${ship} with` : hit ? "You hit at" : "You missed at"} ${cell.toUpperCase()}`;
  return sunk ? `A hit: ${seat < 0 ? "the" : "your"} ${ship} is sunk` : hit ? "A hit" : "A miss";
}

const Tile = () => html`<svg class="tile-art bs-tile" viewBox="0 0 124 108" aria-hidden="true">
  <rect class="water" x="2" y="2" width="120" height="104" rx="12" />
  <path class="lines" d="M26 2V106M50 2V106M74 2V106M98 2V106M2 28H122M2 54H122M2 80H122" />
  <g transform="translate(27 31) scale(.24 .2)"><${ShipShape} /></g>
  <g class="shot-hit" transform="translate(53 31) scale(.2)"><path class="cross" d="M22 22L78 78M78 22L22 78" /></g>
  <g class="shot-miss"><circle cx="14" cy="93" r="5" /><circle cx="86" cy="67" r="5" /><circle cx="110" cy="15" r="5" /></g>
</svg>`;

const ShipShape = () => html`<path class="hull" d="M8 50Q34 20 84 17H266Q290 19 290 34V66Q290 81 266 83H84Q34 80 8 50z" />`;

export default {
  id: "battleship",
  name: "Battleship",
  blurb: "Find the hidden fleet",
  seats: SEATS,
  simultaneous: true,
  Mark,
  Tile,
  Board,
  key: () => null,
  refuse: (view, move) =>
    view.moves && !placing(view) && !view.moves.includes(move) ? `You have shot at ${move.toUpperCase()} before.` : null,
  did: (move) => (move.startsWith("fleet:") ? "placed the fleet" : `shot at ${move.toUpperCase()}`),
  chose: () => "has placed the fleet",
  told,
  prompt: (view) => (placing(view) ? "Place your fleet." : view.again ? "Take a shot. A hit shoots again." : "Take a shot."),
  known: (moves) => moves.map((m) => ({ ...m, move: m.move ?? "fleet:" })), // nothing else is ever hidden
  label: (move) => (move.startsWith("fleet:") ? "Fleet" : move.toUpperCase()),
  reason: ({ reason, kind }) => {
    if (reason === "fleet") return "the whole fleet is sunk";
    return kind === "void" && reason === "flag" ? "nobody placed a fleet in time" : undefined;
  },
};
