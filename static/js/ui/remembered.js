/** State that outlives the page: kept in the browser's storage, where there is one. */

import { useState } from "../../vendor/htm-preact.js";

/** What is kept under a name, else null. */
export function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

/** Keeps a value under a name; null forgets it. Without storage it lasts as long as the page. */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Private windows of some browsers have no storage.
  }
}

/** An object like useState's, remembered: [value, change: (part: object) => void]. */
export function useRemembered(key, first) {
  const [value, setValue] = useState(() => ({ ...first, ...recall(key) }));
  const change = (part) => {
    const next = { ...value, ...part };
    setValue(next);
    remember(key, next);
  };
  return [value, change];
}
