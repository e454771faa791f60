/** Sharing a match: its link, its code, both as a picture for a phone's camera, and the button that copies. */

import { html, useEffect, useRef, useState } from "../../vendor/htm-preact.js";
import { useApp } from "./app.js";
import { Check, Copy, Link } from "./icons.js";
import { QR } from "./qr.js";

const SHOWN = 2_500; // ms that the button says "Copied"

/** What a player sees while the other seat is empty. */
export function Invitation({ info }) {
  const link = `${location.origin}/m/${info.code}`;
  const field = useRef();
  return html`<section class="invitation" data-testid="invitation">
    <p class="lead">Send this link to a friend, or tell them the code.</p>
    <p class="code" data-testid="code" aria-label=${`Code: ${[...info.code].join(" ")}`}>${info.code}</p>
    <div class="row">
      <input ref=${field} readonly value=${link} aria-label="Link to this match" data-testid="share-link"
        onFocus=${() => field.current.select()} />
      <${CopyButton} text=${link} primary />
    </div>
    <${QR} text=${link} label=${`QR code of the link ${link}`} />
    <p class="hint"><span class="spinner" /> This page goes on by itself when they arrive.</p>
  </section>`;
}

export function CopyButton({ text, primary = false }) {
  const { announcer, notices } = useApp();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    if (!(await toClipboard(text))) return notices.show(`Copy this: ${text}`);
    announcer.say("Link copied.");
    setCopied(true);
  };
  return html`<button class=${primary ? "primary" : ""} data-testid="copy-link" onClick=${copy}>
    ${copied ? html`<${Check} />` : primary ? html`<${Copy} />` : html`<${Link} />`}${copied ? "Copied" : "Copy link"}
  </button>`;
}

/** The clipboard API exists on secure pages only; on plain http in a local network the old way still works. */
async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = Object.assign(document.createElement("textarea"), { value: text });
    area.className = "sr-only";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
