/**
 * Pull the plug: a button that has the server killed at a chosen moment, and shows what came of it. It is there with
 * `--workshop` only; without, it is nothing. All figures are the server's; only the seconds while it is away, when nobody
 * else can count, are this page's.
 */

import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";

const PLUG = "/inspector/api/plug";
const LOOK_EVERY = 100; // ms between two looks while the server may die
const AWAY_AFTER = 500; // ms without an answer that count as away
const GIVE_UP = 5000; // ms, then a request is made anew
const LONG = 10_000; // ms, then people are told where to look

if (!document.querySelector('link[href="/inspector/plug.css"]')) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = "/inspector/plug.css";
  document.head.append(link);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the server says of its plug; null if it has none. `away` is called when it takes too long. */
async function ask(away = () => {}) {
  const slow = setTimeout(away, AWAY_AFTER);
  try {
    const answer = await fetch(PLUG, { signal: AbortSignal.timeout(GIVE_UP) });
    return answer.ok ? await answer.json() : null;
  } finally {
    clearTimeout(slow);
  }
}

async function send(method, body) {
  const headers = body && { "Content-Type": "application/json" };
  const answer = await fetch(PLUG, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error((await answer.json()).detail);
}

/** Looks until another process answers, or nothing is waited for any more. Gives its answer, null if it has no plug. */
async function follow(boot, { away, here, stopped }) {
  for (;;) {
    try {
      const now = await ask(away);
      if (stopped() || now?.boot !== boot) return now;
      here(now);
    } catch {
      if (stopped()) return null;
      away();
    }
    await pause(LOOK_EVERY);
  }
}

const seconds = (ms) => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
const many = (n, one, more) => `${n.toLocaleString("en")} ${n === 1 ? one : more}`;

/** What came of a cut, as pairs of a figure and its words; bad ones are marked. */
function facts(cut) {
  const { matches, instances, moves, clocks } = cut;
  const off = clocks && (clocks.movedMs < 0 ? `${-clocks.movedMs} ms given back` : `${clocks.movedMs} ms lost`);
  return [
    { id: "downtime", figure: seconds(cut.downMs), words: cut.deaths > 1 ? `down, and ${cut.deaths} processes died` : "down" },
    { id: "matches", figure: `${matches.recovered} of ${matches.before}`, words: "running matches recovered", bad: matches.recovered < matches.before },
    { id: "instances", figure: `${instances.recovered} of ${instances.before}`, words: "orchestrations recovered", bad: instances.recovered < instances.before },
    { id: "moves", figure: String(moves.lost), words: `moves lost, of ${moves.acked.toLocaleString("en")} acknowledged`, bad: moves.lost > 0 },
    clocks
      ? { id: "clocks", figure: clocks.stood ? "Clocks stood still" : "Clocks moved", words: off, bad: !clocks.stood }
      : { id: "clocks", figure: "No clock", words: "was running" },
  ];
}

/** What is special about the moment, in a sentence. */
function story({ moment, commit, replay }) {
  if (moment === null) return "It was killed from outside, or died of itself.";
  if (commit)
    return commit.stored
      ? `The commit (${many(commit.turns, "turn", "turns")}, ${many(commit.rows, "row", "rows")}) is on disk. Nobody had been told; who asks again gets the stored answer.`
      : `The commit (${many(commit.turns, "turn", "turns")}, ${many(commit.rows, "row", "rows")}) was never written, so none of it has happened. Who asks again starts afresh.`;
  if (replay)
    return `The second process died when it had replayed ${replay.turns} of ${many(replay.of, "turn", "turns")} of ${replay.instance}; the third replayed from the start.`;
  return moment === "in-replay" ? "Nothing was replayed any more, so it died once." : "It was killed where it stood.";
}

/** The whole in one sentence, for who listens. */
const spoken = (cut) =>
  `The server is back. It was down for ${seconds(cut.downMs)}. ${facts(cut).slice(1).map((f) => `${f.figure} ${f.words}`).join(", ")}. ${story(cut)}`;

const Result = ({ cut }) => html`
  <dl class="plug-facts" data-testid="plug-result">
    ${facts(cut).map(
      (f) => html`<div key=${f.id} class=${f.bad ? "bad" : "good"} data-testid=${`plug-${f.id}`}><dt>${f.words}</dt><dd>${f.figure}</dd></div>`,
    )}
  </dl>
  <p class="plug-story">${story(cut)}</p>
`;

/** The seconds since a moment, a few times in each. Who listens hears that the server is down, not each of them. */
function Down({ since }) {
  const [now, tick] = useState(performance.now());
  useEffect(() => {
    const timer = setInterval(() => tick(performance.now()), 50);
    return () => clearInterval(timer);
  }, []);
  const away = Math.max(0, now - since);
  return html`<p class="plug-down" data-testid="plug-down" aria-hidden="true">down <b>${(away / 1000).toFixed(1)} s</b></p>
    ${away > LONG && html`<p role="alert">This takes long. The terminal in which the server was started says why.</p>`}`;
}

const Choice = ({ moments, chosen, choose, last }) => html`
  <p>The process is killed with SIGKILL, at a moment of your choice. The supervisor starts another one.</p>
  <fieldset class="plug-moments">
    <legend class="sr-only">When</legend>
    ${moments.map(
      (m) => html`<label key=${m.id} class=${m.id === chosen ? "chosen" : ""}>
        <input type="radio" name="plug-moment" value=${m.id} checked=${m.id === chosen} data-testid=${`plug-${m.id}`} onChange=${() => choose(m.id)} />
        <span><b>${m.title}</b>${m.says}</span>
      </label>`,
    )}
  </fieldset>
  ${last && html`<details class="plug-last"><summary>The last time</summary><${Result} cut=${last} /></details>`}
`;

/** The button and its dialog; nothing without `--workshop`. */
export function Plug() {
  const [plug, setPlug] = useState(null); // as the server told it last
  const [chosen, choose] = useState("now");
  const [view, setView] = useState({ name: "choice" }); // choice, waiting, down, back
  const [problem, setProblem] = useState("");
  const [said, say] = useState("");
  const dialog = useRef();
  const run = useRef(0); // the pull that is followed; another number, and it is not any more
  useEffect(() => {
    ask().then(setPlug, () => {});
    return () => run.current++;
  }, []);
  useEffect(() => { // what had the focus is gone
    const shown = dialog.current?.open ? (selector) => dialog.current.querySelector(selector) : () => null;
    (shown("[data-first]") ?? shown("input:checked") ?? shown("h2"))?.focus();
  }, [view.name]);
  if (!plug) return null;

  const open = async () => {
    setProblem("");
    if (view.name === "back") setView({ name: "choice" });
    dialog.current.showModal();
    if (view.name === "waiting" || view.name === "down") return;
    const now = await ask().catch(() => null);
    if (!now) return;
    setPlug(now);
    if (now.waiting) watch(now, now.waiting);
  };

  /** Shows the cut from here to its end. */
  const watch = async (before, moment) => {
    const mine = ++run.current;
    const down = () => {
      if (run.current !== mine) return;
      setView((v) => (v.name === "down" ? v : { name: "down", since: performance.now() }));
      say("The server is down.");
    };
    const atOnce = moment === "now" || moment === "in-replay";
    const waiting = () => {
      setView((v) => (v.name === "waiting" ? v : { name: "waiting" }));
      say("Waiting for the next turn.");
    };
    if (atOnce) down();
    else waiting();
    const after = await follow(before.boot, {
      away: down,
      here: (now) => {
        if (atOnce || run.current !== mine) return;
        if (now.waiting) waiting(); // it was only slow
        else stay(); // somebody else has thought better of it
      },
      stopped: () => run.current !== mine,
    });
    if (run.current !== mine) return;
    setPlug(after);
    if (!after) return;
    setView({ name: "back", cut: after.last });
    say(spoken(after.last));
  };

  const pull = async () => {
    setProblem("");
    try {
      const before = await ask();
      await send("POST", { moment: chosen });
      watch(before, chosen);
    } catch (error) {
      setProblem(error.message);
    }
  };

  const stay = () => {
    run.current++;
    setView({ name: "choice" });
    say("The plug stays in.");
  };

  const leave = () => {
    stay();
    send("DELETE").catch((error) => setProblem(error.message));
  };

  const close = () => dialog.current.close();
  return html`
    <button class="danger plug-button" data-testid="plug" onClick=${open}>Pull the plug</button>
    <dialog class="plug" ref=${dialog} aria-labelledby="plug-title" data-testid="plug-dialog">
      <h2 id="plug-title" tabindex="-1">Pull the plug</h2>
      ${view.name === "choice" && html`<${Choice} moments=${plug.moments} chosen=${chosen} choose=${choose} last=${plug.last} />`}
      ${view.name === "waiting" && html`<p class="plug-waiting" data-testid="plug-waiting"><span class="spinner"></span>The server dies at the next turn that is committed. Make a move.</p>`}
      ${view.name === "down" && html`<${Down} since=${view.since} />`}
      ${view.name === "back" && html`<p class="plug-back" data-testid="plug-back">The server is back.</p><${Result} cut=${view.cut} />`}
      ${problem && html`<p class="plug-problem" role="alert" data-testid="plug-problem">${problem}</p>`}
      <p class="sr-only" role="status" aria-live="polite" data-testid="plug-said">${said}</p>
      <div class="row end">
        ${view.name === "choice" && html`<button data-testid="plug-cancel" onClick=${close}>Cancel</button>
          <button class="danger" data-testid="plug-confirm" onClick=${pull}>Kill the server</button>`}
        ${view.name === "waiting" && html`<button data-first data-testid="plug-leave" onClick=${leave}>Leave it in</button>`}
        ${view.name === "back" && html`<button data-testid="plug-again" onClick=${() => setView({ name: "choice" })}>Once more</button>
          <button class="primary" data-first data-testid="plug-close" onClick=${close}>Done</button>`}
      </div>
    </dialog>
  `;
}
