/** The frame around every page: header, connection banner, notices, live region, footer, and the page that the route names. */

import { html, useEffect, useRef } from "../../vendor/htm-preact.js";
import { LiveRegion, Notice } from "./announcer.js";
import { useApp, useNews } from "./app.js";
import { ConnectionBanner } from "./banner.js";
import { Footer } from "./footer.js";
import { Header } from "./header.js";
import { UnknownPage } from "./help.js";
import { Home } from "./home.js";
import { LeaderboardPage } from "./leaderboardpage.js";
import { MatchPage } from "./matchpage.js";
import { ProfilePage } from "./profile.js";
import { QuickMatchNews } from "./quickmatch.js";
import { ImportPage, ReplayPage } from "./replaypage.js";

export function Shell() {
  const { router } = useApp();
  useNews(router);
  const shown = useRef(null);
  const { page, key } = router.route;
  useEffect(() => {
    // After a change of page the keyboard goes on from the new page, not from a button that is gone.
    if (shown.current !== null) document.getElementById("main").focus({ preventScroll: true });
    shown.current = page;
  }, [page, key]);
  return html`
    <a class="skip" href="#main">Skip to the page</a>
    <${Header} />
    <${ConnectionBanner} />
    <main id="main" tabindex="-1"><${Page} route=${router.route} /></main>
    ${page !== "match" && html`<${Footer} />`}
    <${QuickMatchNews} />
    <${Notice} />
    <${LiveRegion} />
  `;
}

function Page({ route }) {
  switch (route.page) {
    case "home":
      return html`<${Home} />`;
    case "leaderboard":
      return html`<${LeaderboardPage} game=${route.game} />`;
    case "profile":
      return html`<${ProfilePage} key=${route.key} id=${route.key} />`;
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
