/** Puts the inspector together: the only module that knows everybody. */

import { Emitter } from "../js/emitter.js";
import { Logo, Moon, Sun } from "../js/ui/icons.js";
import { choose, chosen, theme, toggleTheme } from "../js/ui/settings.js";
import { html, render, useEffect, useLayoutEffect, useReducer, useRef, useState } from "../vendor/htm-preact.js";
import { startDialog } from "./actions.js";
import { parse } from "./addresses.js";
import { get } from "./api.js";
import { App, useApp, useNews, useTicking } from "./app.js";
import { DialogHost, Dialogs } from "./dialogs.js";
import { EnginePage } from "./engine.js";
import { EntityPage } from "./entity.js";
import { count, duration } from "./format.js";
import { Help, useKeys } from "./keys.js";
import { InstancePage } from "./instance.js";
import { Link } from "./link.js";
import { ListPage } from "./list.js";
import { LocksPage } from "./locks.js";
import { Missing, Spark } from "./parts.js";

/** Addresses within the inspector change without loading the document again. News: "change". */
class Router extends Emitter {
  /** Whether the page was come to by going back or forward. */
  returned = false;

  /** How many pages of this one are behind: whether there is a way back that does not leave it. */
  get depth() {
    return history.state?.depth ?? 0;
  }

  constructor() {
    super();
    addEventListener("popstate", () => this.#moved(true));
    document.addEventListener("click", (event) => this.#click(event));
  }

  get route() {
    return { ...parse(location), view: new URLSearchParams(location.search).get("view") };
  }

  navigate(path, { replace = false } = {}) {
    const same = path === location.pathname + location.search;
    if (replace || same) history.replaceState({ depth: this.depth }, "", path);
    else history.pushState({ depth: this.depth + 1 }, "", path);
    this.#moved(false);
    if (!replace) scrollTo(0, 0);
  }

  #moved(returned) {
    this.returned = returned;
    this.emit("change");
  }

  #click(event) {
    const link = event.target.closest?.("a[href]");
    const to = link && new URL(link.getAttribute("href"), location);
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!to || !plain || to.origin !== location.origin || !/^\/inspector(\/|$)/.test(to.pathname) || to.hash || parse(to).page === "unknown") return;
    event.preventDefault();
    this.navigate(to.pathname + to.search);
  }
}

function Shell() {
  const { router, notices } = useApp();
  useNews(router);
  useNews(notices);
  const { route } = router;
  const [help, setHelp] = useState(false);
  const [Plug, setPlug] = useState(null);
  const shown = useRef(null);
  const place = `${route.page} ${route.id ?? ""} ${route.name ?? ""} ${route.key ?? ""} ${route.filters?.kind ?? ""}`;
  useEffect(() => {
    // After a change of page the keyboard goes on from the new page; who comes back to a list, from the line that was left.
    if (shown.current !== null && shown.current !== place && !document.activeElement?.closest("dialog")) {
      const line = router.returned && document.querySelector('[data-index][tabindex="0"]');
      (line || document.getElementById("main")).focus({ preventScroll: true });
    }
    shown.current = place;
    document.title = `${titleOf(route)} · Everturn`;
  }, [place]);
  useKeys(router, () => setHelp(true));
  usePlug((found) => setPlug(() => found));
  return html`
    <a class="skip" href="#main">Skip to the page</a>
    <${Header} route=${route} onHelp=${() => setHelp(true)} Plug=${Plug} />
    <${Banner} />
    <main id="main" tabindex="-1"><${Page} route=${route} /></main>
    <${DialogHost} />
    ${help && html`<${Help} close=${() => setHelp(false)} />`}
    <div class="notice-region" role="status">${notices.text && html`<p class=${`notice${notices.bad ? " bad" : ""}`}><span>${notices.text}</span><button class="plain" aria-label="Close" onClick=${() => notices.say("")}>×</button></p>`}</div>
  `;
}

const titleOf = (route) => ({ instance: route.id, entity: `${route.name} ${route.key}`, engine: "Engine", locks: "Locks" })[route.page] ?? "Inspector";

function Page({ route }) {
  switch (route.page) {
    case "list":
      return html`<${ListPage} filters=${route.filters} />`;
    case "instance":
      return html`<${InstancePage} key=${route.id} id=${route.id} view=${route.view} />`;
    case "entity":
      return html`<${EntityPage} key=${`${route.name}@${route.key}`} name=${route.name} keyOf=${route.key} />`;
    case "engine":
      return html`<${EnginePage} />`;
    case "locks":
      return html`<${LocksPage} />`;
    default:
      return html`<${Missing} title="There is no such page">The address may be mistyped.<//>`;
  }
}

function Header({ route, onHelp, Plug }) {
  const { dialogs, router } = useApp();
  const [, redraw] = useReducer((n) => n + 1, 0);
  const at = route.page === "list" || route.page === "instance" ? (route.filters?.kind ?? "orchestration") : route.page;
  const entry = (id, href, name) => html`<a href=${href} aria-current=${at === id ? "page" : undefined}>${name}</a>`;
  const dark = theme() === "dark";
  const big = chosen("size") === "projector";
  return html`<header class="top">
    <a class="brand" href="/" aria-label="Everturn, home"><${Logo} /><span>Everturn</span></a>
    <nav class="areas" aria-label="Inspector">
      ${entry("orchestration", "/inspector", "Orchestrations")}${entry("entity", "/inspector?kind=entity", "Entities")}${entry("locks", "/inspector/locks", "Locks")}${entry("engine", "/inspector/engine", "Engine")}
    </nav>
    <${Pulse} />
    ${Plug && html`<${Plug} />`}
    <span class="tools">
      <button data-testid="start" onClick=${() => dialogs.open(startDialog(router.app.definitions, (path) => router.navigate(path)))}>Start…</button>
      <button class="icon-button" aria-pressed=${big} aria-label="Projector: very large type" title="Projector: very large type" data-testid="projector" onClick=${() => (choose("size", big ? null : "projector"), redraw())}><b class="big-a" aria-hidden="true">Aa</b></button>
      <button class="icon-button" aria-label=${dark ? "Use the light theme" : "Use the dark theme"} title=${dark ? "Light theme" : "Dark theme"} onClick=${() => (toggleTheme(), redraw())}>${dark ? html`<${Sun} />` : html`<${Moon} />`}</button>
      <button class="icon-button" aria-label="Keyboard shortcuts" title="Keyboard shortcuts: ?" data-testid="help" onClick=${onHelp}><b aria-hidden="true">?</b></button>
    </span>
  </header>`;
}

/** Whether the server is there, which boot of it, and how busy it is. */
function Pulse() {
  const { link } = useApp();
  useNews(link);
  useNews(link, "figures");
  const rate = link.engine?.rate;
  const here = link.up === null ? "" : link.up ? "up" : "down";
  return html`<a class=${`server-pulse ${here}`} href="/inspector/engine" data-testid="pulse" data-boot=${link.engine?.boot ?? ""} title="The engine, by the second">
    <i aria-hidden="true"></i><span>${here === "down" ? "away" : html`<b>${rate ? count(rate.turns) : "0"}</b> turns/s`}</span>
    <${Spark} values=${link.samples.filter((s) => s.rate).slice(-40).map((s) => s.rate.turns)} width=${72} height=${24} />
    ${link.boot && html`<span class="boot soft">boot <code>${link.boot}</code></span>`}
  </a>`;
}

/** Words about the link: the server is away; it is back, and whether it is another boot. */
function Banner() {
  const { link } = useApp();
  useNews(link);
  useTicking(link.up === false, 100);
  if (link.up === false)
    return html`<div class="banner warn" role="status" data-testid="banner"><span class="spinner" aria-hidden="true"></span><span>The server has been away for <b>${duration(Date.now() - link.since)}</b>. This page comes back by itself.</span></div>`;
  if (!link.back) return null;
  const { downFor, before, boot } = link.back;
  const after = downFor === null ? "" : ` after ${duration(downFor)}`;
  return html`<div class="banner good" role="status" data-testid="banner"><span>${before && before !== boot ? html`The server restarted and is back${after}: boot <code>${before}</code> is now <code>${boot}</code>.` : `The server is back${after}; it is the same boot.`}</span></div>`;
}

/** The switch that cuts the power, where a workshop has one. */
function usePlug(found) {
  const { link } = useApp();
  useNews(link);
  const asked = useRef(false);
  const workshop = !!link.engine?.workshop;
  useEffect(() => {
    if (!workshop || asked.current) return;
    asked.current = true;
    get("/plug").then(() => import("./plug.js")).then((module) => found(module.Plug), () => {});
  }, [workshop]);
}

/** What was done, in a line, for a while. */
class Notices extends Emitter {
  text = "";
  bad = false;
  #timer = null;

  say(text, bad = false) {
    this.text = text;
    this.bad = bad;
    clearTimeout(this.#timer);
    if (text) this.#timer = setTimeout(() => this.say(""), 8000);
    this.emit("change");
  }
}

const router = new Router();
const notices = new Notices();
const app = { link: new Link(), router, dialogs: new Dialogs(), notices, say: (text, bad) => notices.say(text, bad), definitions: null };
router.app = app;
app.link.start();

function Root() {
  const [, redraw] = useReducer((n) => n + 1, 0);
  useNews(app.link);
  const boot = app.link.engine?.boot;
  // Another boot may be another version, with other definitions.
  useLayoutEffect(() => {
    get("/definitions").then((d) => ((app.definitions = d), redraw()), () => {});
  }, [boot]);
  return html`<${App.Provider} value=${{ ...app }}><${Shell} /><//>`;
}

render(html`<${Root} />`, document.getElementById("app"));
