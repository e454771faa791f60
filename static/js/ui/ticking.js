import { useEffect, useReducer } from "../../vendor/htm-preact.js";

const EVERY = 250; // ms

/** Redraws the calling component often enough for a countdown in seconds, as long as one is shown. */
export function useTicking(on) {
  const [, redraw] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    if (!on) return;
    const timer = setInterval(redraw, EVERY);
    return () => clearInterval(timer);
  }, [on]);
}

/** The whole seconds that a countdown of so many ms shows. */
export const seconds = (ms) => Math.ceil(ms / 1000);
