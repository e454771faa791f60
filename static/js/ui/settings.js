/** How the page looks: theme and piece colours. What the visitor chose is kept; without a choice the system decides. */

const root = document.documentElement;

function choose(setting, value) {
  if (value) root.dataset[setting] = value;
  else delete root.dataset[setting];
  try {
    if (value) localStorage.setItem(`everturn.${setting}`, value);
    else localStorage.removeItem(`everturn.${setting}`);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

/** "dark" or "light": what is shown now. */
export function theme() {
  return root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

export function toggleTheme() {
  choose("theme", theme() === "dark" ? "light" : "dark");
}

/** Whether pieces have the strongest colours instead of the calm ones. */
export function boldPieces() {
  return root.dataset.palette === "bold";
}

export function togglePieces() {
  choose("palette", boldPieces() ? null : "bold");
}
