/** The page of a game that was played: from the archive by its address, or from a record that somebody brings. */

import { html, useEffect, useRef, useState } from "../../vendor/htm-preact.js";
import { renderer as rendererOf } from "../../games/index.js";
import * as api from "../net/api.js";
import { Replay, fromMatch, fromText } from "../net/replay.js";
import { useApp } from "./app.js";
import { FailedPage, UnknownMatch } from "./help.js";
import { Save } from "./icons.js";
import { ReplayTable } from "./replaytable.js";
import { signalTurn } from "./title.js";

export function ReplayPage({ id, n, at }) {
  const [state, setState] = useState(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let gone = false;
    setState(null);
    load(id, n).then(
      (loaded) => gone || setState(loaded),
      (problem) => gone || setState({ problem }),
    );
    return () => (gone = true);
  }, [id, n, attempt]);
  const replay = state?.replay;
  useEffect(() => {
    replay?.go(at ?? (replay.record.result ? 0 : replay.end));
  }, [replay, at]);

  if (!state) return html`<div class="loading" data-testid="loading"><span class="spinner" /> Opening the record…</div>`;
  if (state.problem?.code === "not_found") return html`<${UnknownMatch} id=${id} />`;
  if (state.problem) return html`<${FailedPage} problem=${state.problem} onRetry=${() => setAttempt(attempt + 1)} />`;
  return html`<${ReplayTable} ...${state} text=${() => api.recordText(state.info.id, replay.record.n)} />`;
}

/** The game's record, the match's head, and the replay of it. */
async function load(id, n) {
  const [info, record, games] = await Promise.all([api.match(id), api.record(id, n), api.games()]);
  const hidden = games.find((g) => g.id === record.game)?.hidden ?? false;
  const over = record.result !== null;
  const eyes = over ? (hidden ? "all" : "watcher") : null;
  return { info, hidden: hidden && over, replay: new Replay(record, fromMatch(api, info.id, record), eyes) };
}

const LONGEST = 65_536; // bytes of a record, as the server takes them

/** The page for a record that comes from elsewhere: chosen, dropped or pasted. */
export function ImportPage() {
  const { notices } = useApp();
  const [state, setState] = useState(null);
  const [over, setOver] = useState(false);
  const field = useRef();
  useEffect(() => signalTurn("Replay a record", false), []);

  const open = async (text) => {
    try {
      if (new Blob([text]).size > LONGEST) throw new Error("A record has at most 64 KiB.");
      const played = await api.playBack(text, "watcher");
      if (!rendererOf(played.record.game)) throw new Error(`This page cannot show the game ${played.record.game}.`);
      const games = await api.games();
      const hidden = games.find((g) => g.id === played.record.game)?.hidden ?? false;
      const replay = new Replay(played.record, fromText(api, text, played), hidden ? "all" : "watcher");
      replay.go(replay.end);
      setState({ replay, hidden, match: played.match, text: async () => text });
    } catch (problem) {
      notices.show(problem.message, "bad");
    }
  };
  const openFile = async (file) => file && open(await file.text());
  if (state) return html`<${ReplayTable} ...${state} onClose=${() => setState(null)} />`;
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    openFile(event.dataTransfer.files[0]);
  };
  return html`<div class="import" data-testid="import">
    <h1>Replay a record</h1>
    <p>A record is the text that every finished game can be saved as. It is played through here, move by move, by the rules of this server.</p>
    <form class="card drop ${over ? "over" : ""}" onSubmit=${(e) => (e.preventDefault(), open(field.current.value))}
      onDragOver=${(e) => (e.preventDefault(), setOver(true))} onDragLeave=${() => setOver(false)} onDrop=${drop}>
      <label for="record">Paste the record, or drop its file here</label>
      <textarea id="record" ref=${field} rows="12" spellcheck="false" autocomplete="off" data-testid="record-text"
        placeholder=${'[Everturn "1"]\n[Game "tictactoe"]\n…'} />
      <div class="row">
        <button class="primary" data-testid="record-open">Replay it</button>
        <label class="button file"><${Save} />Choose a file
          <input type="file" accept=".txt,text/plain" data-testid="record-file" onChange=${(e) => openFile(e.target.files[0])} />
        </label>
      </div>
    </form>
  </div>`;
}
