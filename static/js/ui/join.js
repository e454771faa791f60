/** Joining a match by its four-letter code. */

import { html, useState } from "../../vendor/htm-preact.js";
import { useApp } from "./app.js";

const LENGTH = 4;

/** What of a text can be part of a code: case does not matter, nor do spaces from copying. */
const tidy = (text) =>
  text
    .toUpperCase()
    .replace(/[^2-9A-HJKMNP-Z]/g, "")
    .slice(0, LENGTH);

export function JoinByCode() {
  const { router, announcer } = useApp();
  const [code, setCode] = useState("");
  const submit = (event) => {
    event.preventDefault();
    if (code.length === LENGTH) router.navigate(`/m/${code}`);
    else announcer.say("A code has four characters.");
  };
  return html`<form class="join" onSubmit=${submit}>
    <label for="code">Have a code?</label>
    <div class="row">
      <input id="code" class="code-field" value=${code} placeholder="K7QX" autocomplete="off" autocapitalize="characters"
        spellcheck="false" aria-describedby="code-help" data-testid="join-code"
        onInput=${(e) => setCode((e.target.value = tidy(e.target.value)))} />
      <button disabled=${code.length !== LENGTH} data-testid="join">Join</button>
    </div>
    <p id="code-help" class="hint">Four letters or digits from your friend.</p>
  </form>`;
}
