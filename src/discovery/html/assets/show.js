// What came of a call. Everything in it may be text of shoppers, so all of it goes through `make`.

const WORDS = {
  ok: "Done.",
  accepted: "The API took it.",
  planned: "Nothing was sent. This is what the call would do.",
  running: "The job is still at work.",
  replayed: "It was done before; nothing was sent now.",
  outcome_unknown: "The answer was lost, and what happened is not known.",
};

/** Dotted columns of rows, in the order they are met. */
function columnsOf(rows) {
  const columns = new Map();
  const cells = rows.map((row) => {
    const found = new Map();
    const walk = (value, path) => {
      if (value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > 0) {
        for (const [name, inner] of Object.entries(value)) walk(inner, path === "" ? name : `${path}.${name}`);
      } else {
        const name = path === "" ? "value" : path;
        columns.set(name, true);
        found.set(name, value);
      }
    };
    walk(row, "");
    return found;
  });
  return { columns: [...columns.keys()], cells };
}

function cellText(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function sheet(rows) {
  const { columns, cells } = columnsOf(rows);
  const head = make("tr", null, ...columns.map((name) => make("th", { scope: "col" }, name)));
  const body = cells.map((found) => make("tr", null, ...columns.map((name) => make("td", null, cellText(found.get(name))))));
  const table = make("table", null, make("thead", null, head), make("tbody", null, ...body));
  return make("div", { class: "sheet", tabindex: "0", role: "region", "aria-label": "Rows of the answer" }, table);
}

function counted(page) {
  if (!page) return "";
  const total = page.total === null ? "" : ` of ${page.total}`;
  return `${page.shown}${total} rows${page.detail === "concise" ? ", the fields that matter most" : ""}.`;
}

/** A failure: what, why and the next step. */
function showFailure({ what, next }) {
  return make("div", { class: "result bad", role: "status" }, make("p", { class: "state" }, what), make("p", null, next));
}

/** A call that ended; `onward` goes on from it. */
function showResult({ result, rows: key, challenge }, took, onward) {
  const parts = [make("p", { class: "state" }, `${WORDS[result.status] ?? result.status} ${counted(result.page)} `, make("span", { class: "quiet" }, `${took} ms`))];
  if (result.note && !challenge) parts.push(make("p", null, result.note));
  if (challenge) parts.push(question(challenge, onward));
  else if (result.plan) parts.push(make("pre", null, JSON.stringify(result.plan, null, 2)));
  const rows = key ? result.data?.[key] : null;
  if (Array.isArray(rows) && rows.length > 0) parts.push(sheet(rows));
  const cursor = result.page?.next_cursor;
  if (cursor) {
    const more = make("button", { type: "button" }, "Next rows");
    more.addEventListener("click", () => onward({ cursor }));
    parts.push(more);
  }
  const whole = make("details", { class: "whole" }, make("summary", null, "Whole answer"), make("pre", null, JSON.stringify(result, null, 2)));
  whole.open = !rows && !challenge;
  parts.push(whole);
  return make("div", { class: "result", role: "status" }, ...parts);
}

/** The question of a plan: a person types what it names. */
function question({ message, state }, onward) {
  const field = make("input", { type: "text", autocomplete: "off", spellcheck: "false", "aria-label": "What the plan asks you to type" });
  const yes = make("button", { type: "submit", class: "main" }, "Go ahead");
  const no = make("button", { type: "button" }, "Leave it");
  const form = make("form", { class: "asks" }, make("pre", null, message), make("div", { class: "row" }, field, yes, no));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    onward({ answer: { state, text: field.value } });
  });
  no.addEventListener("click", () => onward({ answer: { state } }));
  return form;
}
