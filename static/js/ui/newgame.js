/** Choosing a game, an opponent, a pace. What was chosen last is chosen again, so that the next game is one click. */

import { html, useEffect, useState } from "../../vendor/htm-preact.js";
import { renderers } from "../../games/index.js";
import * as api from "../net/api.js";
import { useApp } from "./app.js";
import { Segments, Select, Switch } from "./fields.js";
import { GameOptions, chosenOptions } from "./gameoptions.js";
import { Bolt, Door, Link, Turn } from "./icons.js";
import { PACES, clockOf } from "./paces.js";
import { Party, fitting } from "./party.js";
import { useRemembered } from "./remembered.js";

const STRENGTHS = [
  { value: "1", name: "Easy" },
  { value: "2", name: "Medium" },
  { value: "3", name: "Hard" },
];
const FIRST = { game: null, strength: "2", pace: "none", rated: false, options: {}, party: ["bot"] };

/** @param {(wish: {game, clock}) => void} props.onQuick looks for an opponent; absent where the server cannot */
export function NewGame({ onQuick }) {
  const [choice, choose] = useRemembered("everturn.choice", FIRST);
  const games = useGames();
  const { making, make } = useMaking();
  const game = games.find((g) => g.renderer.id === choice.game) ?? games[0];
  if (!game)
    return html`<section class="card new-game"><p>This server offers no game that this page can show.</p></section>`;

  const { info, renderer } = game;
  const manySeats = info.maxSeats > 2;
  const party = fitting(choice.party, info);
  const clock = info.clock ? clockOf(choice.pace) : null;
  const options = chosenOptions(info.options, choice.options?.[renderer.id]);
  const ask = (how, seats, more = {}) =>
    make(how, { game: renderer.id, seats, ...(clock && { clock }), ...(options && { options }), ...more });
  const bot = `bot:${choice.strength}`;
  const rated = !info.coop && choice.rated ? { rated: true } : {};
  const seated = manySeats ? party.map((kind) => (kind === "bot" ? bot : "open")) : [bot];
  const open = manySeats ? party.map(() => "open") : ["open"];
  const setOptions = (change) =>
    choose({ options: { ...choice.options, [renderer.id]: { ...choice.options?.[renderer.id], ...change } } });

  return html`<section class="card new-game" aria-label="New game">
    <fieldset class="tiles">
      <legend class="sr-only">Game</legend>
      ${games.map(({ renderer: g }) => html`<${GameTile} key=${g.id} game=${g} checked=${g === renderer} onChoose=${() => choose({ game: g.id })} />`)}
    </fieldset>
    <div class="choices">
      <${Segments} legend="Bot" name="strength" options=${STRENGTHS} value=${choice.strength} onChange=${(strength) => choose({ strength })} />
      ${info.clock && html`<${Select} label="Clock" name="pace" options=${PACES} value=${choice.pace} onChange=${(pace) => choose({ pace })} />`}
      <${GameOptions} specs=${info.options} values=${choice.options?.[renderer.id]} onChange=${setOptions} />
    </div>
    ${manySeats && html`<${Party} game=${info} party=${party} onChange=${(next) => choose({ party: next })} />`}
    <div class="start">
      <${Start} how="bot" testid="play-bot" icon=${Turn} making=${making} primary onClick=${() => ask("bot", seated)}>
        ${manySeats ? partyWords(party) : "Play the bot"}<//>
      <${Start} how="friend" testid="play-friend" icon=${Link} making=${making} onClick=${() => ask("friend", open.length ? open : ["open"], { private: true, ...rated })}>
        ${manySeats ? "Play friends" : "Play a friend"}<//>
      ${onQuick && !info.coop && html`<${Start} how="quick" testid="quick-match" icon=${Bolt} making=${making} onClick=${() => onQuick({ game: renderer.id, clock })}>Quick match<//>`}
      <${Start} how="lobby" testid="play-lobby" icon=${Door} making=${making} onClick=${() => ask("lobby", open.length ? open : ["open"], rated)}>Open to all<//>
    </div>
    ${
      !info.coop &&
      html`<${Switch} name="rated" label="Rated" hint="Counts for both ratings. Games against a bot never do; quick matches always do."
      value=${choice.rated} onChange=${(on) => choose({ rated: on })} />`
    }
  </section>`;
}

function GameTile({ game, checked, onChoose }) {
  return html`<label class="tile">
    <input type="radio" name="game" value=${game.id} checked=${checked} data-testid=${`game-${game.id}`} onChange=${onChoose} />
    <span class="tile-face"><${game.Tile} />
      <span class="tile-words"><span class="tile-name">${game.name}</span><span class="tile-blurb">${game.blurb}</span></span>
    </span>
  </label>`;
}

function Start({ how, testid, icon: Icon, making, primary, onClick, children }) {
  return html`<button class="big ${primary ? "primary" : ""}" data-testid=${testid} aria-disabled=${making !== null} onClick=${onClick}>
    ${making === how ? html`<span class="spinner" />` : html`<${Icon} />`}${children}
  </button>`;
}

function partyWords(party) {
  if (party.length === 0) return "Play alone";
  return party.includes("open") ? "Gather the party" : "Play with bots";
}

/** What both the server offers and this page can draw; until the server has said, all that can be drawn. */
function useGames() {
  const plain = (r) => ({ id: r.id, minSeats: 2, maxSeats: 2, coop: false, clock: true, options: [] });
  const [infos, setInfos] = useState(null);
  useEffect(() => {
    let gone = false;
    api.games().then(
      (offered) => gone || setInfos(offered),
      () => {},
    );
    return () => (gone = true);
  }, []);
  return renderers().flatMap((renderer) => {
    const info = infos === null ? plain(renderer) : infos.find((o) => o.id === renderer.id);
    return info ? [{ renderer, info }] : [];
  });
}

/** Making a match, once at a time, and going there. */
function useMaking() {
  const { session, router, notices } = useApp();
  const [making, setMaking] = useState(null);
  const make = async (how, wish) => {
    if (making) return;
    setMaking(how);
    try {
      await session.ensure();
      const made = await api.createMatch(wish);
      router.navigate(`/m/${wish.seats.includes("open") ? made.code : made.id}`);
    } catch (problem) {
      notices.show(problem.message, "bad");
      setMaking(null);
    }
  };
  return { making, make };
}
