/** The header: home, who the visitor is, and how the page looks and sounds. */

import { html, useEffect, useReducer } from "../../vendor/htm-preact.js";
import { useApp, useNews } from "./app.js";
import { Logo, Moon, Mute, Person, Sound, Sun, Trophy } from "./icons.js";
import { PlayerName } from "./playername.js";
import { SearchLink } from "./quickmatch.js";
import { theme, toggleTheme } from "./settings.js";
import { Settings, setSound } from "./settingsdialog.js";

export function Header() {
  const [, redraw] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", redraw);
    return () => system.removeEventListener("change", redraw);
  }, []);
  return html`<header class="top">
    <a class="brand" href="/" aria-label="Everturn, home"><${Logo} /><span>Everturn</span></a>
    <${SearchLink} />
    <a class="icon-button wide-only" href="/leaderboard" aria-label="Leaderboard" title="Leaderboard"><${Trophy} /></a>
    <a class="icon-button" href="/p/me" aria-label="Your profile" title="Your profile" data-testid="my-profile"><${Person} /></a>
    <${PlayerName} />
    <${SoundButton} />
    <${ThemeButton} onChange=${redraw} />
    <${Settings} onChange=${redraw} />
  </header>`;
}

function ThemeButton({ onChange }) {
  const dark = theme() === "dark";
  const toggle = () => {
    toggleTheme();
    onChange();
  };
  return html`<button class="icon-button wide-only" aria-label=${dark ? "Use the light theme" : "Use the dark theme"}
    title=${dark ? "Light theme" : "Dark theme"} data-testid="theme" onClick=${toggle}>
    ${dark ? html`<${Sun} />` : html`<${Moon} />`}
  </button>`;
}

function SoundButton() {
  const { sounds } = useApp();
  useNews(sounds);
  return html`<button class="icon-button" aria-pressed=${!sounds.enabled} aria-label="Mute" title=${sounds.enabled ? "Mute" : "Sounds on"}
    data-testid="mute" onClick=${() => setSound(sounds, { enabled: !sounds.enabled })}>
    ${sounds.enabled ? html`<${Sound} />` : html`<${Mute} />`}
  </button>`;
}
