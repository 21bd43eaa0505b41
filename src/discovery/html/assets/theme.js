// Before anything shows: the theme that was chosen here, if one was. Nothing else is ever stored.
(() => {
  "use strict";
  try {
    const chosen = localStorage.getItem("stoq-mcp-theme");
    if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
  } catch {
    // A page from a file may have no storage.
  }
})();
