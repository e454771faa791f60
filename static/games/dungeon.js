/** Durable Dungeon: one to four heroes, each a shield of its own colour and sign, and what they meet below. */

import { html, useLayoutEffect, useRef, useState } from "../vendor/htm-preact.js";

const SEATS = [{ name: "Rowan" }, { name: "Hazel" }, { name: "Sage" }, { name: "Briar" }];

const SIGNS = [
  html`<circle class="sign" cx="50" cy="48" r="19" />`,
  html`<path class="sign" d="M50 22L74 48L50 74L26 48z" />`,
  html`<path class="sign" d="M50 26L72 64H28z" />`,
  html`<path class="sign" d="M42 24h16v16h16v16H58v18H42V56H26V40h16z" />`,
];

const Mark = ({ seat }) => html`<svg class="dg-mark seat-${seat}" viewBox="0 0 100 100" aria-hidden="true">
  <path class="shield" d="M50 3C36 12 22 14 9 14V48C9 74 28 90 50 97C72 90 91 74 91 48V14C78 14 64 12 50 3z" />${SIGNS[seat]}
</svg>`;

/** A picture of dungeon.svg, by its name. */
const Picture = ({ of, class: name = "" }) =>
  html`<svg class="dg-picture ${name}" viewBox="0 0 100 100" aria-hidden="true"><use href=${`/games/dungeon.svg#${of}`} /></svg>`;

// Words

const hearts = (n) => `${n} heart${n === 1 ? "" : "s"}`;

/** What an item is good for, in few words. */
const worth = (item) =>
  ({
    weapon: () => `${hearts(item.power)}, hits ${item.aim} in 6`,
    remedy: () => `heals ${hearts(item.heals)}`,
    treasure: () => "and win",
  })[item.kind]();

/** A move in its parts: {verb, item, monster}. */
function parse(move) {
  const [, item] = /^take (.+)$/.exec(move) ?? [];
  if (item) return { verb: "take", item };
  const [, monster, weapon] = /^kill (.+) with (.+)$/.exec(move) ?? [];
  return monster ? { verb: "kill", monster, item: weapon } : { verb: move };
}

/** A move as the end of a sentence whose subject is a hero. */
function did(move) {
  const { verb, item, monster } = parse(move);
  if (verb === "take") return `reaches for the ${item}`;
  if (verb === "kill") return `strikes at the ${monster} with the ${item}`;
  return "is ready to go down";
}

function label(move) {
  const { verb, item, monster } = parse(move);
  if (verb === "take") return `Take the ${item}`;
  if (verb === "kill") return `Strike the ${monster}`;
  return "Go down";
}

/** The line below an action's name. */
function detail(move, view, seat) {
  const { verb, item } = parse(move);
  if (verb === "kill") return `With the ${item}: ${worth(view.heroes[seat].holds)}`;
  if (verb === "take") return worth(view.room.items.find((it) => it.name === item)).replace(/^./, (c) => c.toUpperCase());
  return "Whoever is not ready in time stays out";
}

/** A happening as a sentence. */
function sentence({ did: what, seat, item, what: of, amount }) {
  const who = SEATS[seat]?.name;
  switch (what) {
    case "out":
      return `${who} stayed out.`;
    case "entered":
      return `You enter the ${of}.`;
    case "took":
      return `${who} took the ${item}.`;
    case "lost":
      return `${who} grabbed at the ${item}, too late.`;
    case "healed":
      return amount ? `The ${item} gave ${who} ${hearts(amount)}.` : `${who} was hale already.`;
    case "hit":
      return `${who} hit the ${of} with the ${item}: ${hearts(amount)}.`;
    case "missed":
      return `${who} missed the ${of}.`;
    case "waited":
      return `${who} hesitated.`;
    case "slain":
      return `The ${of} is slain!`;
    case "dropped":
      return `It leaves the ${item}!`;
    case "struck":
      return `The ${of} struck ${who}: ${hearts(amount)}.`;
    case "fell":
      return `${who} fell.`;
    default:
      return "";
  }
}

// The scene

const BRICKS = Array.from({ length: 7 }, (_, row) =>
  Array.from({ length: 9 }, (_, col) => `M${col * 48 - (row % 2) * 24} ${row * 22 + 1}h45v19h-45z`).join(""),
).join("");

const Torch = ({ x }) => html`<g transform=${`translate(${x} 66)`}>
  <circle class="glow" r="62" /><path class="handle" d="M-3 6h6l-2 26h-2z" /><path class="flame" d="M0-20c9 10 10 18 5 24c-3 4-7 4-10 0c-5-6-4-14 5-24z" />
  <path class="ember" d="M0-8c4 5 4 9 2 12c-1 2-3 2-4 0c-2-3-2-7 2-12z" />
</g>`;

/** The wall with its arch: a closed door before the dungeon, and the dark beyond in it. */
const Wall = ({ door }) => html`<svg class="dg-wall" viewBox="0 0 400 200" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
  <defs><radialGradient id="dg-glow"><stop offset="0" class="bright" /><stop offset="1" class="faint" /></radialGradient></defs>
  <rect class="stone" width="400" height="200" /><path class="bricks" d=${BRICKS} />
  <path class="arch" d="M112 160V84a88 78 0 0 1 176 0v76z" /><path class="beyond" d="M124 160V86a76 68 0 0 1 152 0v74z" />
  ${
    door &&
    html`<path class="door" d="M124 160V86a76 68 0 0 1 152 0v74z" /><path class="planks" d="M162 26v134M200 18v142M238 26v134" />
    <path class="iron" d="M124 62h152M124 128h152" /><circle class="ring" cx="222" cy="98" r="8" />`
  }
  <path class="floor" d="M0 158H400V200H0z" /><path class="flags" d="M0 158H400M0 176H400M70 158L46 200M150 158L138 200M250 158L262 200M330 158L354 200" />
  <${Torch} x=${64} /><${Torch} x=${336} />
</svg>`;

function Scene({ view }) {
  const { room, monster } = view;
  if (!room) {
    return html`<div class="dg-scene"><${Wall} door />
      <div class="dg-where"><b>The door to the dungeon</b></div></div>`;
  }
  const treasure = room.items.find((item) => item.kind === "treasure");
  const prize = treasure?.name ?? (view.result?.reason === "treasure" && view.log.findLast((h) => h.did === "took")?.item);
  const last = view.log.filter((h) => h.round === view.phase - 1);
  const hurt = monster && last.some((h) => h.did === "hit" && h.what === monster.name);
  return html`<div class="dg-scene" key=${room.depth}><${Wall} />
    <div class="dg-where"><b>${room.name}</b><span>Room ${room.depth} of ${room.of}</span></div>
    ${
      monster &&
      html`<div class="dg-monster" key=${`m${view.phase}`} role="img"
        aria-label=${`A ${monster.name}: ${monster.health} of ${hearts(monster.max)}, its blow takes ${monster.strike}`}>
        <div class="dg-vitals"><b>${monster.name}</b><span class="dg-bar"><i style=${{ width: `${(100 * monster.health) / monster.max}%` }} /></span>
          <span>${monster.health}/${monster.max}</span><span class="dg-strike">Strikes for ${monster.strike}</span></div>
        <${Picture} of=${monster.name} class=${hurt ? "hurt" : ""} />
      </div>`
    }
    ${prize && html`<div class="dg-treasure"><${Picture} of=${prize} /></div>`}
    <ul class="dg-floor" aria-label="On the floor">
      ${room.items
        .filter((item) => item !== treasure)
        .map((item) => html`<li key=${item.name} title=${`${item.name}: ${worth(item)}`}><${Picture} of=${item.name} /><span class="sr-only">${item.name}</span></li>`)}
    </ul>
  </div>`;
}

// The party

function standing(view, seat, own) {
  const { state } = view.heroes[seat];
  const chosen = view.chosen[seat];
  if (state === "dead") return "Fallen";
  if (state === "out") return "Stayed out";
  if (view.result) return "";
  if (!chosen && own) return "Your turn";
  if (!chosen) return state === "gathering" ? "Not ready" : "Choosing…";
  if (chosen === "wait") return "Hesitates";
  if (state === "gathering") return "Ready";
  const { verb, item } = parse(chosen);
  return verb === "kill" ? "Strikes" : `Takes ${item}`;
}

function Hero({ view, seat, own }) {
  const { state, health, max, holds } = view.heroes[seat];
  return html`<li class="dg-hero ${state} ${own ? "own" : ""} ${view.chosen[seat] ? "chosen" : ""}" data-testid=${`hero-${seat}`}>
    <${Mark} seat=${seat} />
    <div class="dg-hero-who"><b>${SEATS[seat].name}</b><small>${standing(view, seat, own)}</small></div>
    ${holds && html`<span class="dg-holds" title=${`Holds the ${holds.name}: ${worth(holds)}`}><${Picture} of=${holds.name} /><span class="sr-only">holds the ${holds.name}</span></span>`}
    ${
      max > 0 &&
      html`<span class="dg-hearts" role="img" aria-label=${`${health} of ${hearts(max)}`} data-testid=${`hearts-${seat}`} data-hearts=${health}>
        ${Array.from({ length: max }, (_, i) => html`<svg key=${i} class=${i < health ? "full" : ""} viewBox="0 0 20 18" aria-hidden="true"><path d="M10 17L2 9C-2 4 4-2 10 4C16-2 22 4 18 9z" /></svg>`)}
      </span>`
    }
  </li>`;
}

// What can be done

/** The actions: one is in the tab order; arrows, Home and End move among them, Enter and Space choose. */
function Choices({ view, seat, live, pending, onMove }) {
  const box = useRef();
  const inside = useRef(false); // the focus is, or was until a button went away
  const [at, setAt] = useState(0);
  const chosen = pending[0]?.move ?? view.chosen[seat];
  const moves = view.moves ?? (chosen && chosen !== "wait" ? [chosen] : []);
  const tab = Math.min(at, moves.length - 1);

  useLayoutEffect(() => {
    if (inside.current && document.activeElement === document.body) box.current?.querySelector('[tabindex="0"]')?.focus();
  });
  if (moves.length === 0) return null;
  const onKey = (event) => {
    const to = { ArrowUp: tab - 1, ArrowLeft: tab - 1, ArrowDown: tab + 1, ArrowRight: tab + 1, Home: 0, End: moves.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(moves.length - 1, to));
    setAt(next);
    box.current.querySelector(`[data-testid="action-${next + 1}"]`).focus();
  };
  return html`<div class="dg-choices" ref=${box} role="group" aria-label="What you can do" onKeyDown=${onKey}
    onFocusIn=${() => (inside.current = true)} onFocusOut=${(e) => e.relatedTarget && (inside.current = box.current.contains(e.relatedTarget))}>
    ${moves.map(
      (move, i) => html`<button type="button" key=${i} class=${`dg-action ${parse(move).verb} ${move === chosen ? "chosen" : ""}`} data-testid=${`action-${i + 1}`} data-move=${move}
        tabindex=${i === tab ? 0 : -1} aria-disabled=${!live} aria-pressed=${move === chosen} onFocus=${() => setAt(i)} onClick=${() => onMove(move)}>
        ${parse(move).item ? html`<${Picture} of=${parse(move).item} />` : html`<${Mark} seat=${seat} />`}
        <span class="dg-action-text"><b>${label(move)}</b><small>${detail(move, view, seat)}</small></span>
        <kbd aria-hidden="true">${i + 1}</kbd>
      </button>`,
    )}
  </div>`;
}

// What has happened

function Log({ view }) {
  const rounds = [...new Set(view.log.map((h) => h.round))].reverse();
  if (rounds.length === 0) return null;
  return html`<ol class="dg-log" aria-label="What has happened" tabindex="0" data-testid="dungeon-log">
    ${rounds.map(
      (n) => html`<li key=${n}><b>${n === 0 ? "At the door" : `Round ${n}`}</b>
        ${view.log.filter((h) => h.round === n).map((h, i) => html`<span key=${i} class=${h.did}>${sentence(h)}</span>`)}</li>`,
    )}
  </ol>`;
}

/** What a round brought, without the last full stop. */
const told = ({ happened }) => happened.map(sentence).join(" ").replace(/[.!]$/, "");

function Board({ view, seat, live, pending, onMove }) {
  return html`<div class="dungeon" data-testid="board" data-phase=${view.phase}>
    <${Scene} view=${view} />
    <ul class="dg-party" aria-label="The party">
      ${view.heroes.map((_, s) => html`<${Hero} key=${s} view=${view} seat=${s} own=${s === seat} />`)}
    </ul>
    ${seat >= 0 && !view.result && html`<${Choices} view=${view} seat=${seat} live=${live} pending=${pending} onMove=${onMove} />`}
    <${Log} view=${view} />
  </div>`;
}

const Tile = () => html`<svg class="tile-art dg-tile" viewBox="0 0 124 108" aria-hidden="true">
  <path class="arch" d="M8 104V52a54 50 0 0 1 108 0v52z" /><path class="beyond" d="M20 104V54a42 40 0 0 1 84 0v50z" />
  <svg x="32" y="34" width="60" height="60" viewBox="0 0 100 100"><use href="/games/dungeon.svg#dragon" /></svg>
  <svg x="86" y="72" width="32" height="32" viewBox="0 0 100 100"><use href="/games/dungeon.svg#sword" /></svg>
</svg>`;

export default {
  id: "dungeon",
  name: "Durable Dungeon",
  blurb: "Together, for 1 to 4",
  seats: SEATS,
  coop: true,
  simultaneous: true,
  Mark,
  Tile,
  Board,
  key: (key, view) => (/^[1-9]$/.test(key) ? (view.moves?.[key - 1] ?? null) : null),
  refuse: (view, move) => (!view.moves || view.moves.includes(move) ? null : "That cannot be done now."),
  did,
  told,
  label,
  reason: ({ reason }) =>
    ({
      treasure: "the treasure is brought up",
      dead: "nobody came back up",
      flag: "the hour is over",
      resign: "a hero gave up",
      not_ready: "nobody was ready to go down",
    })[reason],
};
