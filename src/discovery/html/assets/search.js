// The search of the server, which is the one that agents find actions by.

const WAIT = 160;
let waiting;
let asking;

async function search(words) {
  asking?.abort();
  asking = new AbortController();
  try {
    const answer = await ask(`docs/search?q=${encodeURIComponent(words)}`, { signal: asking.signal });
    if ($("q").value.trim() !== words) return;
    if (answer.ok) {
      const { actions, note } = await answer.json();
      showFound(actions, note);
    } else {
      showFound([], answer.status === 401 ? "Sign in first." : await refusal(answer));
    }
  } catch (reason) {
    if (reason.name !== "AbortError") showFound([], "The server could not be reached.");
  }
}

$("q").addEventListener("input", () => {
  clearTimeout(waiting);
  const words = $("q").value.trim();
  if (words === "") {
    asking?.abort();
    shut();
  } else {
    waiting = setTimeout(search, WAIT, words);
  }
});

$("q").addEventListener("keydown", (event) => {
  const all = options();
  const isOpen = !$("found").hidden;
  if (event.key === "Escape") {
    shut();
  } else if (event.key === "ArrowDown" && isOpen) {
    event.preventDefault();
    choose(chosen + 1);
  } else if (event.key === "ArrowUp" && isOpen) {
    event.preventDefault();
    choose(chosen - 1);
  } else if (event.key === "ArrowDown") {
    event.preventDefault();
    summaries()[0]?.focus();
  } else if (event.key === "Enter" && isOpen && all[chosen]) {
    event.preventDefault();
    take(all[chosen]);
  }
});
$("q").addEventListener("blur", shut);
