/** How the page looks: theme, piece colours, size. What the visitor chose is kept; without a choice the system decides. */

const root = document.documentElement;

/** Sets "theme", "palette" or "size"; null goes back to what is usual. */
export function choose(setting, value) {
  if (value) root.dataset[setting] = value;
  else delete root.dataset[setting];
  try {
    if (value) localStorage.setItem(`everturn.${setting}`, value);
    else localStorage.removeItem(`everturn.${setting}`);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

/** What was chosen, or null. */
export const chosen = (setting) => root.dataset[setting] ?? null;

/** "dark" or "light": what is shown now. */
export function theme() {
  return chosen("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

export function toggleTheme() {
  choose("theme", theme() === "dark" ? "light" : "dark");
}
