/** Choosing a game, a pace and an opponent. What was chosen last is chosen again. */

import { html, useEffect, useState } from "../../vendor/htm-preact.js";
import { renderers } from "../../games/index.js";
import * as api from "../net/api.js";
import { useApp } from "./app.js";
import { Link, Turn } from "./icons.js";

const STRENGTHS = [
  { value: "1", name: "Easy" },
  { value: "2", name: "Medium" },
  { value: "3", name: "Hard" },
];

const PACES = [
  { value: "none", name: "No clock", clock: null },
  { value: "1", name: "1 min", clock: { initial: 60_000, increment: 0 } },
  {
    value: "3",
    name: "3 + 2",
    title: "3 minutes, 2 seconds more for each move",
    clock: { initial: 180_000, increment: 2_000 },
  },
  { value: "10", name: "10 min", clock: { initial: 600_000, increment: 0 } },
];

export function NewGame() {
  const { session, router, notices } = useApp();
  const [games, setGames] = useState(renderers);
  const [choice, choose] = useChoice({ game: games[0].id, strength: "2", pace: "none" });
  const [making, setMaking] = useState(null);

  // Only what the server offers and this page can draw; until the server has said, all that can be drawn.
  useEffect(() => {
    let gone = false;
    api.games().then(
      (offered) => gone || setGames(renderers().filter((r) => offered.some((o) => o.id === r.id))),
      () => {},
    );
    return () => (gone = true);
  }, []);
  const game = games.find((g) => g.id === choice.game) ?? games[0];
  if (!game)
    return html`<section class="card new-game"><p>This server offers no game that this page can show.</p></section>`;

  const start = async (opponent) => {
    if (making) return;
    setMaking(opponent);
    try {
      await session.ensure();
      const clock = PACES.find((p) => p.value === choice.pace)?.clock ?? null;
      const made = await api.createMatch({ game: game.id, seats: [opponent], ...(clock && { clock }) });
      router.navigate(`/m/${opponent === "open" ? made.code : made.id}`);
    } catch (problem) {
      notices.show(problem.message, "bad");
      setMaking(null);
    }
  };
  const bot = `bot:${choice.strength}`;
  return html`<section class="card new-game" aria-label="New game">
    <fieldset class="tiles">
      <legend class="sr-only">Game</legend>
      ${games.map(
        (g) => html`<label class="tile game-${g.id}" key=${g.id}>
        <input type="radio" name="game" value=${g.id} checked=${g === game} data-testid=${`game-${g.id}`} onChange=${() => choose({ game: g.id })} />
        <span class="tile-face"><${g.Tile} /><span class="tile-name">${g.name}</span><span class="tile-blurb">${g.blurb}</span></span>
      </label>`,
      )}
    </fieldset>
    <div class="choices">
      <${Segments} legend="Bot" name="strength" options=${STRENGTHS} value=${choice.strength} onChange=${(strength) => choose({ strength })} />
      <${Segments} legend="Clock" name="pace" options=${PACES} value=${choice.pace} onChange=${(pace) => choose({ pace })} />
    </div>
    <div class="start">
      <button class="primary big" data-testid="play-bot" aria-disabled=${making !== null} onClick=${() => start(bot)}>
        ${making === bot ? html`<span class="spinner" />` : html`<${Turn} />`}Play the bot
      </button>
      <button class="big" data-testid="play-friend" aria-disabled=${making !== null} onClick=${() => start("open")}>
        ${making === "open" ? html`<span class="spinner" />` : html`<${Link} />`}Play a friend
      </button>
    </div>
  </section>`;
}

function Segments({ legend, name, options, value, onChange }) {
  return html`<fieldset class="segments">
    <legend>${legend}</legend>
    <div class="segment-row">${options.map(
      (o) => html`<label key=${o.value} title=${o.title}>
      <input type="radio" name=${name} value=${o.value} checked=${o.value === value} data-testid=${`${name}-${o.value}`} onChange=${() => onChange(o.value)} />
      <span>${o.name}</span>
    </label>`,
    )}</div>
  </fieldset>`;
}

const KEY = "everturn.choice";

function useChoice(first) {
  const [choice, setChoice] = useState(() => {
    try {
      return { ...first, ...JSON.parse(localStorage.getItem(KEY)) };
    } catch {
      return first;
    }
  });
  const choose = (change) => {
    const next = { ...choice, ...change };
    setChoice(next);
    try {
      localStorage.setItem(KEY, JSON.stringify(next));
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  };
  return [choice, choose];
}
