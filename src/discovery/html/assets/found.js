// The list below the search: what was found, and which of it is chosen.

let chosen = -1;

function options() {
  return [...$("found").children];
}

function choose(at) {
  const all = options();
  chosen = all.length === 0 ? -1 : (at + all.length) % all.length;
  all.forEach((option, index) => option.setAttribute("aria-selected", String(index === chosen)));
  const option = all[chosen];
  if (option) {
    $("q").setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    $("q").removeAttribute("aria-activedescendant");
  }
}

function shut() {
  $("found").hidden = true;
  $("q").setAttribute("aria-expanded", "false");
  $("q").removeAttribute("aria-activedescendant");
  $("told").textContent = "";
  chosen = -1;
}

/** Shows what was found; `note` says what the server has to add. */
function showFound(actions, note) {
  const rows = actions.map(({ name, title, class: kind }, index) => make(
    "li",
    { id: `o-${index}`, role: "option", "aria-selected": "false", "data-name": name },
    make("b", null, title),
    make("code", null, name),
    make("span", { class: `b ${kind}` }, kind),
  ));
  $("found").replaceChildren(...rows);
  $("found").hidden = rows.length === 0;
  $("q").setAttribute("aria-expanded", String(rows.length > 0));
  const count = rows.length === 1 ? "1 action found." : `${rows.length} actions found.`;
  $("told").textContent = rows.length > 0 ? `${count} ${note ?? ""}`.trim() : note ?? "Nothing here fits these words.";
  choose(0);
}

function take(option) {
  shut();
  go(option.dataset.name);
}

$("found").addEventListener("mousedown", (event) => {
  const option = event.target.closest("li");
  if (!option) return;
  event.preventDefault();
  take(option);
});
