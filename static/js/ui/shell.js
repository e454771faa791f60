/** The frame around every page: header, connection banner, notices, live region, and the page that the route names. */

import { html, useEffect, useReducer, useRef } from "../../vendor/htm-preact.js";
import { LiveRegion, Notice } from "./announcer.js";
import { useApp, useNews } from "./app.js";
import { ConnectionBanner } from "./banner.js";
import { UnknownPage } from "./help.js";
import { Home } from "./home.js";
import { Contrast, Logo, Moon, Sun } from "./icons.js";
import { MatchPage } from "./matchpage.js";
import { PlayerName } from "./playername.js";
import { ImportPage, ReplayPage } from "./replaypage.js";
import { boldPieces, theme, togglePieces, toggleTheme } from "./settings.js";

export function Shell() {
  const { router } = useApp();
  useNews(router);
  const shown = useRef(null);
  useEffect(() => {
    // After a change of page the keyboard goes on from the new page, not from a button that is gone.
    if (shown.current !== null) document.getElementById("main").focus({ preventScroll: true });
    shown.current = router.route.page;
  }, [router.route.page, router.route.key]);
  return html`
    <a class="skip" href="#main">Skip to the page</a>
    <${Header} />
    <${ConnectionBanner} />
    <main id="main" tabindex="-1"><${Page} route=${router.route} /></main>
    <${Notice} />
    <${LiveRegion} />
  `;
}

function Page({ route }) {
  switch (route.page) {
    case "home":
      return html`<${Home} />`;
    case "match":
      return html`<${MatchPage} key=${route.key.toUpperCase()} id=${route.key} watch=${route.watch} />`;
    case "replay":
      return route.key
        ? html`<${ReplayPage} key=${`${route.key}/${route.n}`} id=${route.key} n=${route.n} at=${route.at} />`
        : html`<${ImportPage} />`;
    default:
      return html`<${UnknownPage} />`;
  }
}

function Header() {
  const [, redraw] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", redraw);
    return () => system.removeEventListener("change", redraw);
  }, []);
  const dark = theme() === "dark";
  const after = (change) => () => {
    change();
    redraw();
  };
  return html`<header class="top">
    <a class="brand" href="/" aria-label="Everturn, home"><${Logo} /><span>Everturn</span></a>
    <${PlayerName} />
    <button class="icon-button" aria-pressed=${boldPieces()} aria-label="High-contrast pieces"
      title="High-contrast pieces" data-testid="palette" onClick=${after(togglePieces)}><${Contrast} /></button>
    <button class="icon-button" aria-label=${dark ? "Use the light theme" : "Use the dark theme"}
      title=${dark ? "Light theme" : "Dark theme"} data-testid="theme" onClick=${after(toggleTheme)}>
      ${dark ? html`<${Sun} />` : html`<${Moon} />`}
    </button>
  </header>`;
}
