/** The settings: looks and sounds of this browser. They hold at once, without a button that saves. */

import { html, useReducer, useRef } from "../../vendor/htm-preact.js";
import { useApp, useNews } from "./app.js";
import { Segments, Switch } from "./fields.js";
import { Gear } from "./icons.js";
import { choose, chosen } from "./settings.js";

const THEMES = [
  { value: "auto", name: "Auto", title: "As the system says" },
  { value: "light", name: "Light" },
  { value: "dark", name: "Dark" },
];

/** @param {{onChange: () => void}} props told after each change of the looks */
export function Settings({ onChange }) {
  const dialog = useRef();
  return html`
    <button class="icon-button" aria-label="Settings" title="Settings" data-testid="settings" onClick=${() => dialog.current.showModal()}><${Gear} /></button>
    <dialog class="settings" ref=${dialog} aria-labelledby="settings-title" data-testid="settings-dialog"
      onClick=${(e) => e.target === dialog.current && dialog.current.close()}>
      <div class="settings-body">
        <h2 id="settings-title">Settings</h2>
        <${Looks} onChange=${onChange} />
        <${Hearing} />
        <div class="row end"><button class="primary" data-testid="settings-close" onClick=${() => dialog.current.close()}>Done</button></div>
      </div>
    </dialog>
  `;
}

function Looks({ onChange }) {
  const [, redraw] = useReducer((n) => n + 1, 0);
  const set = (setting, value) => {
    choose(setting, value);
    redraw();
    onChange();
  };
  return html`
    <${Segments} legend="Theme" name="theme-choice" options=${THEMES} value=${chosen("theme") ?? "auto"}
      onChange=${(v) => set("theme", v === "auto" ? null : v)} />
    <${Switch} name="palette" label="High-contrast pieces" hint="The strongest colours for the two sides."
      value=${chosen("palette") === "bold"} onChange=${(on) => set("palette", on ? "bold" : null)} />
    <${Switch} name="projector" label="Projector" hint="Very large type, for the back row."
      value=${chosen("size") === "projector"} onChange=${(on) => set("size", on ? "projector" : null)} />
  `;
}

function Hearing() {
  const { sounds } = useApp();
  useNews(sounds);
  return html`
    <${Switch} name="sound-on" label="Sounds" hint="Everything that is heard is also shown."
      value=${sounds.enabled} onChange=${(on) => setSound(sounds, { enabled: on })} />
    <label class="volume"><span>Volume</span>
      <input type="range" min="0" max="100" step="5" value=${Math.round(sounds.volume * 100)} disabled=${!sounds.enabled} data-testid="volume"
        onChange=${(e) => setSound(sounds, { volume: Number(e.target.value) / 100 })} />
    </label>
  `;
}

/** A change of the sounds is heard. */
export function setSound(sounds, change) {
  sounds.set(change);
  sounds.gesture();
  sounds.play("move");
}
