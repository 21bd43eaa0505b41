"use strict";
// What every form of the page has: opening actions, moving among them, copying, the theme.
// Texts become nodes by `make` alone, which knows no markup.

const $ = (id) => document.getElementById(id);

/** An element with attributes and children; a child that is no node becomes a text. */
function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Opens an action and brings it into view. */
function reveal(name) {
  const action = $(name);
  if (!(action instanceof HTMLDetailsElement)) return;
  action.open = true;
  action.scrollIntoView({ block: "start" });
  action.querySelector("summary").focus({ preventScroll: true });
}

/** Opens an action so that the address names it, and the way back is kept. */
function go(name) {
  if (location.hash === `#${name}`) reveal(name);
  else location.hash = name;
}

function openNamed() {
  if (location.hash.length > 1) reveal(decodeURIComponent(location.hash.slice(1)));
}

/** The summaries that can be reached now. */
function summaries() {
  return [...document.querySelectorAll(".a:not([hidden]) > summary")];
}

/** Moves from one action to the one above or below. */
function move(from, step) {
  const all = summaries();
  const to = all[all.indexOf(from) + step];
  if (to) to.focus();
  else if (step < 0) $("q").focus();
}

/** Gives each text that is worth it a button that copies it. */
function addCopying(action) {
  for (const text of action.querySelectorAll(".in > pre:not(.shape), .ex > pre")) {
    if (text.querySelector(".copy") || !navigator.clipboard) continue;
    const copied = text.textContent;
    const button = make("button", { type: "button", class: "copy" }, "Copy");
    button.addEventListener("click", async () => {
      let said = "Copied";
      try {
        await navigator.clipboard.writeText(copied);
      } catch {
        said = "Not allowed";
      }
      button.textContent = said;
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    text.append(button);
  }
}

/** The JSON of an example, without the button beside it. */
function exampleOf(block) {
  return block.firstChild?.nodeValue ?? "{}";
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function showTheme() {
  $("theme").setAttribute("aria-pressed", String(isDark()));
}

$("theme").addEventListener("click", () => {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("stoq-mcp-theme", theme);
  } catch {
    // Then it holds for this page.
  }
  showTheme();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
showTheme();

document.addEventListener("toggle", (event) => {
  const action = event.target;
  if (action.open && action.matches(".a")) {
    addCopying(action);
    document.dispatchEvent(new CustomEvent("opened", { detail: action }));
  }
}, true);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = event.target;
  const writes = at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement;
  if (event.key === "/" && !writes) {
    event.preventDefault();
    $("q").focus();
    $("q").select();
  } else if (at instanceof HTMLElement && at.matches(".a > summary") && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    move(at, event.key === "ArrowDown" ? 1 : -1);
  }
});

addEventListener("hashchange", openNamed);
openNamed();
