/**
 * Placing a fleet: a random one lies there from the start, to be moved by dragging, by choosing a ship and then a cell,
 * or by arrows, Enter and R; and to be shuffled again. Nothing leaves the page before "Ready".
 */

import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { LaidShip, SHIPS, SIZE, Sea, Ship, cellName, cellsOf, inside, overlaps, placeName, randomPlaces } from "./battleship-fleet.js";
import { Grid } from "./grid.js";

const capital = (text) => text.replace(/^./, (c) => c.toUpperCase());

export function Placing({ onPlace }) {
  const [places, setPlaces] = useState(() => randomPlaces());
  const [chosen, choose] = useState(0);
  const drag = useDrag(places, choose, put);
  const wrong = overlaps(places);

  function put(ship, place) {
    setPlaces((all) => all.map((old, i) => (i === ship ? inside(place, SHIPS[ship].length) : old)));
  }
  const turn = (ship = chosen) => put(ship, { ...places[ship], down: !places[ship].down });
  useRotateKey(turn);

  const at = (row, col) => places.findLastIndex((place, ship) => cellsOf(place, SHIPS[ship].length).includes(row * SIZE + col));
  const onChoose = (row, col) => {
    if (drag.moved()) return;
    const ship = at(row, col);
    if (ship >= 0 && ship !== chosen) choose(ship);
    else if (ship >= 0) turn(ship);
    else put(chosen, { ...places[chosen], row, col });
  };
  const cell = (row, col) => {
    const ship = at(row, col);
    const clash = wrong.cells.includes(row * SIZE + col);
    return {
      testid: `place-${cellName(row, col)}`,
      label: `${cellName(row, col).toUpperCase()}, ${ship < 0 ? "water" : SHIPS[ship].name}${clash ? ", overlap" : ""}`,
      class: clash ? "clash" : "",
      enabled: true,
      content: clash && html`<span class="bs-clash" aria-hidden="true">!</span>`,
    };
  };
  const state = (ship) => `${ship === chosen ? "chosen" : ""} ${wrong.ships.has(ship) ? "wrong" : ""}`;
  return html`<div class="bs bs-placing" data-testid="placing">
    <div class="bs-drag ${drag.on ? "dragging" : ""}" ...${drag.handlers}>
      <${Sea}>
        <${Grid} rows=${SIZE} cols=${SIZE} start=${[0, 0]} label="Your waters" class="bs-cells" cell=${cell} onChoose=${onChoose} />
        ${places.map((place, ship) => html`<${LaidShip} key=${ship} ship=${ship} place=${place} class=${state(ship)} />`)}
      <//>
    </div>
    <div class="bs-dock">
      <p class="bs-state ${wrong.cells.length > 0 ? "bad" : ""}" role="status" data-testid="placing-state">${said(places, chosen, wrong)}</p>
      <div class="bs-buttons">
        <button type="button" data-testid="rotate" onClick=${() => turn()}>Turn<span class="sr-only"> the ${SHIPS[chosen].name}</span></button>
        <button type="button" data-testid="shuffle" onClick=${() => setPlaces(randomPlaces())}>Random</button>
        <button type="button" class="primary" data-testid="place-fleet" disabled=${wrong.cells.length > 0}
          onClick=${() => onPlace(`fleet:${places.map(placeName).join(",")}`)}>Ready</button>
      </div>
      <div class="bs-ships" role="group" aria-label="Ships">
        ${SHIPS.map(
          ({ name, length }, ship) => html`<button type="button" class="bs-pick ${state(ship)}" key=${ship}
            data-testid=${`ship-${name}`} aria-pressed=${ship === chosen} onClick=${() => choose(ship)}
            aria-label=${`${capital(name)}, ${length} cells, at ${spot(places[ship])}`}>
            <${Ship} ship=${ship} down=${false} /><span>${capital(name)}</span></button>`,
        )}
      </div>
      <p class="bs-how">Drag the ships, or choose one and then a cell. A chosen ship turns with <kbd>R</kbd>.</p>
    </div>
  </div>`;
}

const spot = ({ row, col, down }) => `${cellName(row, col).toUpperCase()}, ${down ? "down" : "across"}`;

/** What is wrong, or where the chosen ship lies. */
function said(places, chosen, wrong) {
  if (wrong.cells.length === 0) return `${capital(SHIPS[chosen].name)}: ${spot(places[chosen])}`;
  const names = [...wrong.ships].sort().map((ship) => SHIPS[ship].name);
  const cells = wrong.cells.map((cell) => cellName(Math.floor(cell / SIZE), cell % SIZE).toUpperCase());
  return `The ${names.slice(0, -1).join(", ")} and the ${names.at(-1)} overlap at ${cells.join(", ")}.`;
}

/** R turns the chosen ship, wherever the focus is. */
function useRotateKey(turn) {
  const latest = useRef();
  latest.current = turn;
  useEffect(() => {
    const onKey = (event) => {
      if (event.key.toLowerCase() !== "r" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (!event.target.closest?.("input, textarea, select, dialog")) latest.current();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

/** Dragging by mouse, pen or finger: the ship follows cell by cell, held where it was taken. */
function useDrag(places, choose, put) {
  const held = useRef(null); // {ship, row, col, moved}: the cell under the pointer, as seen from the ship's first one
  const [on, setOn] = useState(false);
  const under = (event) => {
    const box = event.currentTarget.querySelector(".bs-water").getBoundingClientRect();
    return {
      row: Math.floor(((event.clientY - box.top) / box.height) * SIZE),
      col: Math.floor(((event.clientX - box.left) / box.width) * SIZE),
    };
  };
  const onPointerDown = (event) => {
    const { row, col } = under(event);
    held.current = null;
    if (event.button !== 0 || row < 0 || col < 0 || row >= SIZE || col >= SIZE) return;
    const ship = places.findLastIndex((place, i) => cellsOf(place, SHIPS[i].length).includes(row * SIZE + col));
    if (ship < 0) return;
    held.current = { ship, row: row - places[ship].row, col: col - places[ship].col, moved: false };
  };
  const onPointerMove = (event) => {
    const hold = held.current;
    if (!hold || (event.buttons & 1) === 0) return;
    const to = under(event);
    const place = inside({ ...places[hold.ship], row: to.row - hold.row, col: to.col - hold.col }, SHIPS[hold.ship].length);
    if (place.row === places[hold.ship].row && place.col === places[hold.ship].col) return;
    if (!hold.moved) {
      event.currentTarget.setPointerCapture(event.pointerId);
      choose(hold.ship);
      setOn(true);
    }
    hold.moved = true;
    put(hold.ship, place);
  };
  const onPointerUp = () => setOn(false);
  return {
    on,
    /** Whether what ends with this click was a drag; asked once. */
    moved: () => {
      const was = held.current?.moved ?? false;
      held.current = null;
      return was;
    },
    handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp },
  };
}
