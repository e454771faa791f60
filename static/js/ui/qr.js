/** A link as a QR code: one inline SVG path, dark on white in both themes, because cameras expect it so. */

import { correction, generate } from "../../vendor/lean-qr.js";
import { html, useMemo } from "../../vendor/htm-preact.js";

const QUIET = 4; // modules of white that the standard asks for on every side

/** The dark modules of a text's code as the data of a path, and the size of the picture in modules. */
export function drawn(text) {
  const code = generate(text, { minCorrectionLevel: correction.M });
  let path = "";
  for (let y = 0; y < code.size; y++) {
    for (let x = 0; x < code.size; x++) {
      const from = x;
      while (code.get(x, y)) x++;
      if (x > from) path += `M${from + QUIET} ${y + QUIET}h${x - from}v1h${from - x}z`;
    }
  }
  return { path, size: code.size + 2 * QUIET };
}

/** @param {{text: string, label: string}} props what it says, and what it is for those who do not see it */
export function QR({ text, label }) {
  const { path, size } = useMemo(() => drawn(text), [text]);
  return html`<svg class="qr" viewBox=${`0 0 ${size} ${size}`} role="img" aria-label=${label} data-testid="qr" shape-rendering="crispEdges">
    <title>${label}</title>
    <rect width=${size} height=${size} rx="2" fill="#fff" />
    <path d=${path} fill="#000" />
  </svg>`;
}
