/** The page's few icons, drawn on a 24 by 24 grid in the colour of the text beside them. All are decoration. */

import { html } from "../../vendor/htm-preact.js";

const icon = (paths) => html`<svg
  class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"
  stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"
>${paths}</svg>`;

export const Logo = () => html`<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
  <path d="M27 16a11 11 0 1 1-3.6-8.1" fill="none" stroke="var(--accent)" stroke-width="3.4" stroke-linecap="round" />
  <path d="M25.6 2.6v6.6H19" fill="none" stroke="var(--accent)" stroke-width="3.4" stroke-linecap="round" stroke-linejoin="round" />
  <circle cx="16" cy="16" r="4.6" fill="var(--ink)" />
</svg>`;
export const Pencil = () => icon(html`<path d="M4 20l1-4L16.5 4.5a2.1 2.1 0 0 1 3 3L8 19l-4 1z" />`);
export const Sun = () =>
  icon(html`<circle cx="12" cy="12" r="4" /><path
  d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4" />`);
export const Moon = () => icon(html`<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z" />`);
export const Contrast = () =>
  icon(html`<circle cx="12" cy="12" r="8.5" /><path d="M12 3.5a8.5 8.5 0 0 1 0 17z" fill="currentColor" />`);
export const Copy = () =>
  icon(
    html`<rect x="8.5" y="8.5" width="12" height="12" rx="2.5" /><path d="M15.5 5.5v-.5a1.5 1.5 0 0 0-1.5-1.5H5A1.5 1.5 0 0 0 3.5 5v9A1.5 1.5 0 0 0 5 15.5h.5" />`,
  );
export const Check = () => icon(html`<path d="M5 12.5l4.5 4.5L19 7.5" />`);
export const Flag = () => icon(html`<path d="M6 21V4M6 4.5h11l-2.5 4 2.5 4H6" />`);
export const Eye = () =>
  icon(
    html`<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z" /><circle cx="12" cy="12" r="2.8" />`,
  );
export const Again = () => icon(html`<path d="M20 12a8 8 0 1 1-2.6-5.9M18.6 2.8v4h-4" />`);
export const Turn = () => icon(html`<path d="M9 6l6 6-6 6" />`);
export const Link = () =>
  icon(
    html`<path d="M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 1 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 1 0 5.7 5.7l1-1" />`,
  );
export const Undo = () => icon(html`<path d="M8 5L3.5 9.5 8 14M4 9.5h10a5.5 5.5 0 0 1 0 11h-3" />`);
export const Equal = () => icon(html`<path d="M5 9h14M5 15h14" />`);
export const Wifi = () => icon(html`<path d="M3 3l18 18M8.5 15.5a5 5 0 0 1 5-1.2M5 12a10 10 0 0 1 4-2.6M2 8.6A15 15 0 0 1 6.3 6M12 5a15 15 0 0 1 10 3.6M16 10.2A10 10 0 0 1 19 12M12 19.5h.01" />`);
export const Film = () => icon(html`<path d="M4 12a8 8 0 1 0 2.4-5.7M4 4.5v4h4M12 8v4.5l3 2" />`);
export const Lock = () => icon(html`<rect x="5" y="10.5" width="14" height="10" rx="2.5" /><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5" />`);
export const Send = () => icon(html`<path d="M4 12l16-8-6 16-3-6.5z" />`);
export const Play = () => icon(html`<path d="M7 4.5l12 7.5-12 7.5z" fill="currentColor" />`);
export const Pause = () => icon(html`<path d="M8 5v14M16 5v14" stroke-width="3.4" />`);
export const First = () => icon(html`<path d="M6 5v14M18 6l-7 6 7 6" />`);
export const Last = () => icon(html`<path d="M18 5v14M6 6l7 6-7 6" />`);
export const Previous = () => icon(html`<path d="M15 6l-6 6 6 6" />`);
export const Save = () => icon(html`<path d="M12 4v11M7 11l5 5 5-5M5 20h14" />`);
export const Bolt = () => icon(html`<path d="M13 2.5L5 13.5h6l-1 8 8-11h-6z" />`);
export const Door = () => icon(html`<path d="M5 21V4.5A1.5 1.5 0 0 1 6.5 3h11A1.5 1.5 0 0 1 19 4.5V21M3 21h18M15 12v.5" />`);
export const Person = () => icon(html`<circle cx="12" cy="8" r="4" /><path d="M4.5 20.5a7.5 7.5 0 0 1 15 0" />`);
export const Trophy = () =>
  icon(html`<path d="M7.5 4h9v6a4.5 4.5 0 0 1-9 0zM7.5 5.5H4a3.5 3.5 0 0 0 4 4M16.5 5.5H20a3.5 3.5 0 0 1-4 4M12 14.5V18M8 20.5h8M9.5 18h5" />`);
export const Gear = () =>
  icon(html`<path d="M4 7h9M19 7h1M4 17h1M11 17h9" /><circle cx="16" cy="7" r="2.6" /><circle cx="8" cy="17" r="2.6" />`);
export const Sound = () => icon(html`<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11" />`);
export const Mute = () => icon(html`<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5" />`);
