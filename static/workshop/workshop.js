/**
 * The page /workshop: a step's text on one side, the live inspector on the other. The texts are those of the repository,
 * rendered by the server; links to the inspector open beside them.
 */

import { Logo } from "../js/ui/icons.js";
import { html, render, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { Text } from "./text.js";

const WIDE = matchMedia("(min-width: 1100px)");

/** The text that the address names. */
const named = (texts) => texts.find((t) => location.pathname === `/workshop/${t.name}`) ?? texts[0];

/** "01-counter" is step 1; what is no step has its title. */
const shortName = (text) => /^\d\d-/.test(text.name) ? String(Number(text.name.slice(0, 2))) : { dictionary: "Words", teacher: "Teacher", script: "Script" }[text.name];

function useSetting(name, usual) {
  const [value, set] = useState(() => localStorage.getItem(name) ?? usual);
  return [
    value,
    (next) => {
      localStorage.setItem(name, next);
      set(next);
    },
  ];
}

const Steps = ({ texts, current, go }) => html`<nav class="steps" aria-label="Steps">
  <ol>
    ${texts.map(
      (t) => html`<li key=${t.name}>
        <a href=${`/workshop/${t.name}`} title=${t.title} aria-label=${t.title} aria-current=${t === current ? "page" : undefined} data-testid=${`text-${t.name}`}
          onClick=${(event) => go(event, t)}>${shortName(t)}</a>
      </li>`,
    )}
  </ol>
</nav>`;

/** Says so where the program that runs here is not the step's: its commands would be refused. */
function Program({ text }) {
  const [step, setStep] = useState(text.name);
  useEffect(() => {
    const look = () =>
      document.hidden ||
      fetch("/workshop/program.json", { cache: "no-store" })
        .then((answer) => answer.json())
        .then(
          (program) => setStep(program.step),
          () => setStep(null),
        );
    look();
    const every = setInterval(look, 3000);
    return () => clearInterval(every);
  }, [text]);
  if (step === text.name || !/^\d\d-/.test(text.name)) return null;
  const here = { [null]: "No program answers here now", "": "Here runs the server itself, without any step's program" }[step] ?? `Here runs the program of step ${Number(step.slice(0, 2))}`;
  return html`<p class="elsewhere" role="status" data-testid="other-program">${here}. This step's commands work once you have started its own.</p>`;
}

const Turn = ({ text, go, children }) =>
  text ? html`<a class="button" href=${`/workshop/${text.name}`} onClick=${(event) => go(event, text)}>${children}</a>` : html`<span />`;

/** The frame goes where it is told without a step in this page's own history. */
function Pane({ address }) {
  const frame = useRef();
  useEffect(() => frame.current.contentWindow.location.replace(address), [address]);
  return html`<aside class="pane" aria-label="Inspector">
    <p class="soft">The inspector, live. <a href=${address} target="_blank" rel="noopener">Open it in a tab of its own</a></p>
    <iframe ref=${frame} title="Inspector" data-testid="inspector"></iframe>
  </aside>`;
}

function App() {
  const [texts, setTexts] = useState(null);
  const [current, setCurrent] = useState(null);
  const [failed, setFailed] = useState(false);
  const [beside, setBeside] = useSetting("everturn.workshop.inspector", WIDE.matches ? "shown" : "hidden");
  const [size, setSize] = useSetting("everturn.size", "usual");
  const [address, setAddress] = useState("/inspector");
  const main = useRef();

  useEffect(() => {
    fetch("/workshop/texts.json")
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer)))
      .then((list) => {
        setTexts(list);
        setCurrent(named(list));
      })
      .catch(() => setFailed(true));
  }, []);
  useEffect(() => {
    if (size === "projector") document.documentElement.dataset.size = size;
    else delete document.documentElement.dataset.size;
  }, [size]);

  const show = (text) => {
    setCurrent(text);
    scrollTo(0, 0);
    main.current?.focus();
  };
  const open = (text) => {
    history.pushState(null, "", `/workshop/${text.name}`);
    show(text);
  };
  const go = (event, text) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(text);
  };
  useEffect(() => {
    if (!texts) return;
    document.title = `${current.title} · Everturn`;
    const turn = (by) => {
      const next = texts[texts.indexOf(current) + by];
      if (next) open(next);
    };
    const keys = (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select, textarea, pre, code")) return;
      if (event.key === "ArrowRight") turn(1);
      if (event.key === "ArrowLeft") turn(-1);
    };
    const back = () => show(named(texts));
    addEventListener("keydown", keys);
    addEventListener("popstate", back);
    return () => {
      removeEventListener("keydown", keys);
      removeEventListener("popstate", back);
    };
  }, [texts, current]);

  /** Links to the inspector open beside the text. */
  const follow = (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const to = new URL(link.href);
    const page = to.host === location.host && texts.find((t) => to.pathname === `/workshop/${t.name}`);
    if (page) return go(event, page);
    if (to.host !== location.host || !/^\/inspector(\/|$)/.test(to.pathname)) {
      link.target = "_blank";
      return;
    }
    event.preventDefault();
    setBeside("shown");
    setAddress(to.pathname + to.search);
  };

  if (failed) return html`<p class="loading">The texts cannot be read. Is the server up? <a href="/workshop">Try again</a></p>`;
  if (!texts) return html`<p class="loading">The workshop opens…</p>`;
  const at = texts.indexOf(current);
  return html`
    <header class="top">
      <a class="brand" href="/"><${Logo} /><span>Everturn</span></a>
      <button class="plain" aria-pressed=${size === "projector"} data-testid="big" onClick=${() => setSize(size === "projector" ? "usual" : "projector")}>Big type</button>
      <button aria-pressed=${beside === "shown"} data-testid="beside" onClick=${() => setBeside(beside === "shown" ? "hidden" : "shown")}>Inspector</button>
    </header>
    <${Steps} texts=${texts} current=${current} go=${go} />
    <div class=${beside === "shown" ? "split" : "whole"}>
      <main ref=${main} tabindex="-1" onClick=${follow}>
        <${Program} text=${current} />
        <${Text} text=${current} host=${location.host} key=${current.name} />
        <nav class="turn" aria-label="Next and previous">
          <${Turn} text=${texts[at - 1]} go=${go}>← ${texts[at - 1]?.title}<//>
          <${Turn} text=${texts[at + 1]} go=${go}>${texts[at + 1]?.title} →<//>
        </nav>
      </main>
      ${beside === "shown" && html`<${Pane} address=${address} />`}
    </div>
  `;
}

render(html`<${App} />`, document.getElementById("app"));
