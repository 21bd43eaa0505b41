// Without a server the search leaves standing what has every word.

function filter() {
  const words = $("q").value.toLowerCase().split(/\s+/).filter(Boolean);
  let left = 0;
  for (const set of document.querySelectorAll(".set")) {
    let any = false;
    for (const action of set.querySelectorAll(".a")) {
      const lead = action.querySelector(".lead").textContent;
      const head = action.querySelector("summary").textContent;
      const text = `${head} ${lead} ${action.dataset.k}`.toLowerCase();
      const fits = words.every((word) => text.includes(word));
      action.hidden = !fits;
      any ||= fits;
      left += fits ? 1 : 0;
    }
    set.hidden = !any;
  }
  $("told").classList.toggle("quietly", left > 0);
  $("told").textContent = words.length === 0 ? "" : left === 0 ? "Nothing has all of these words." : `${left} actions`;
}

let filtering;
$("q").addEventListener("input", () => {
  clearTimeout(filtering);
  filtering = setTimeout(filter, 120);
});
$("q").addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    $("q").value = "";
    filter();
  } else if (event.key === "ArrowDown") {
    event.preventDefault();
    summaries()[0]?.focus();
  } else if (event.key === "Enter") {
    const first = summaries()[0];
    if (first) go(first.parentElement.id);
  }
});
