// "Try it": a form that makes the call through the server's one funnel, as the caller the server knows.

/** The arguments as they were typed: numbers go out as they stand, however long they are. */
function typed(text) {
  const given = text.trim() === "" ? "{}" : text;
  const value = JSON.parse(given);
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new SyntaxError("not an object");
  return given;
}

async function attempt(name, given, answer) {
  const proof = answer ? `,"answer":${JSON.stringify(answer)}` : "";
  const reply = await ask("docs/try", {
    method: "POST",
    headers: { "content-type": "application/json", "x-stoq-docs": "try" },
    body: `{"action":${JSON.stringify(name)},"arguments":${given}${proof}}`,
  });
  if (!reply.ok) return { error: { what: await refusal(reply), next: "" } };
  return reply.json();
}

function fillTry(place, action) {
  const examples = [...action.querySelectorAll(".ex")];
  const id = `args-${action.id}`;
  const text = make("textarea", { id, spellcheck: "false", autocomplete: "off" });
  const fill = (at) => {
    text.value = examples[at] ? exampleOf(examples[at].querySelector("pre")) : "{}";
    text.rows = Math.min(14, Math.max(3, text.value.split("\n").length));
  };
  fill(0);
  const run = make("button", { type: "submit", class: "main" }, "Run it");
  const form = make("form", null);
  if (examples.length > 1) {
    const titles = examples.map((example, at) => make("option", { value: at }, example.querySelector("p").textContent));
    const pick = make("select", { id: `ex-${action.id}` }, ...titles);
    pick.addEventListener("change", () => fill(Number(pick.value)));
    form.append(make("label", { for: pick.id }, "Start from an example"), pick);
  }
  form.append(make("label", { for: id }, "Arguments (JSON)"), text, make("div", { class: "row" }, run, make("span", { class: "quiet" }, "or Ctrl+Enter")));
  const shown = make("div", { "aria-live": "polite" });
  place.append(make("h4", null, "Try it"), form, shown);

  const call = async (onward = {}) => {
    let given;
    try {
      given = typed(text.value);
      if (onward.cursor) given = JSON.stringify({ ...JSON.parse(given), cursor: onward.cursor });
    } catch (reason) {
      shown.replaceChildren(showFailure({ what: "The arguments are not a JSON object.", next: `Write them as {"limit": 5}. (${reason.message})` }));
      return;
    }
    run.disabled = true;
    const began = performance.now();
    try {
      const ended = await attempt(action.id, given, onward.answer);
      const took = Math.round(performance.now() - began);
      shown.replaceChildren(ended.error ? showFailure(ended.error) : showResult(ended, took, call));
    } catch {
      shown.replaceChildren(showFailure({ what: "The server could not be reached.", next: "Whether the call was made is not known; a read changes nothing." }));
    }
    run.disabled = false;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    call();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      call();
    }
  });
}

document.addEventListener("opened", ({ detail: action }) => {
  const place = action.querySelector(".try");
  if (place && place.childElementCount === 0) fillTry(place, action);
});
for (const action of document.querySelectorAll(".a[open]")) {
  document.dispatchEvent(new CustomEvent("opened", { detail: action }));
}
