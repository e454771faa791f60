/** The latency badge: the round trip in words and figures; its colour only repeats them. */

import { html } from "../../vendor/htm-preact.js";
import { useApp, useNews } from "./app.js";

const SLOW = 200; // ms
const BAD = 500; // ms

export function LatencyBadge() {
  const { client } = useApp();
  useNews(client, "status");
  const [tone, text] = grade(client.status);
  return html`<span class="latency ${tone}" data-testid="latency" data-tone=${tone} title="Round trip to the server">
    <span class="dot" aria-hidden="true" />${text}
  </span>`;
}

function grade({ phase, rtt }) {
  if (phase !== "up" && phase !== "stalled") return ["bad", "Offline"];
  if (rtt === null) return ["", "Measuring"];
  const ms = `${Math.max(1, Math.round(rtt))} ms`;
  if (rtt > BAD) return ["bad", `${ms}, very slow`];
  if (rtt > SLOW) return ["slow", `${ms}, slow`];
  return ["good", ms];
}
