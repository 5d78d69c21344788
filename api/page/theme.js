// Before anything is drawn: the theme that was chosen here last, so that nothing flashes. Without a choice the system's counts.
(() => {
  try {
    const chosen = localStorage.getItem("sightline-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // No storage in this browser: the system's theme it is.
  }
})();
