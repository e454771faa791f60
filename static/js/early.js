// Runs before the first paint, as a plain script, so that a chosen theme or size never flashes the other one.
for (const setting of ["theme", "palette", "size"]) {
  try {
    const chosen = localStorage.getItem(`everturn.${setting}`);
    if (chosen) document.documentElement.dataset[setting] = chosen;
  } catch {
    // Without storage the system's theme applies.
  }
}
if (new URLSearchParams(location.search).has("projector")) document.documentElement.dataset.size = "projector";
