// Shows the drawing that the server made of a report. Lengths and texts come with it: nothing is measured
// or counted here. It asks for nothing but what the host hands over, and every text is set as text.
(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const VERSION = "2026-01-26";
  const CHART = "stoq/chart";
  const MOST_ROWS = 15;
  const find = (id) => document.getElementById(id);
  const view = { drawing: null, measure: 0, series: {}, isTable: false, isWhole: false, width: 0 };

  // The conversation with the host.
  const post = (message) => window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  const notify = (method, params) => post({ method, params });
  const INITIALIZE = 1;

  window.addEventListener("message", (event) => {
    const message = event.data;
    if (event.source !== window.parent || !message || message.jsonrpc !== "2.0") return;
    if (message.id === INITIALIZE && message.method === undefined) {
      if (message.result) dress(message.result.hostContext);
      notify("ui/notifications/initialized", {});
      return;
    }
    switch (message.method) {
      case "ui/notifications/tool-result":
        take(message.params || {});
        break;
      case "ui/notifications/tool-cancelled":
        tell("The call was given up", "");
        break;
      case "ui/notifications/host-context-changed":
        dress(message.params);
        break;
      case "ui/resource-teardown":
      case "ping":
        if (message.id !== undefined) post({ id: message.id, result: {} });
        break;
      default:
        if (message.id !== undefined && message.method !== undefined) {
          post({ id: message.id, error: { code: -32601, message: "Method not found" } });
        }
    }
  });

  // The host's colours and letters.
  function dress(context) {
    if (!context) return;
    const root = document.documentElement;
    if (context.theme) root.dataset.theme = context.theme === "dark" ? "dark" : "light";
    const variables = (context.styles && context.styles.variables) || {};
    for (const [name, value] of Object.entries(variables)) {
      if (name.startsWith("--") && typeof value === "string") root.style.setProperty(name, value);
    }
  }

  function take(result) {
    const drawing = result._meta && result._meta[CHART];
    if (drawing && Array.isArray(drawing.panels)) {
      Object.assign(view, { drawing, measure: 0, series: {}, isTable: false, isWhole: false });
      show();
      return;
    }
    const texts = (result.content || []).filter((block) => block.type === "text");
    tell(
      result.isError ? "The call failed" : "There is no picture of this result",
      texts.map((block) => block.text).join("\n"),
    );
  }

  function tell(title, text) {
    view.drawing = null;
    find("report").setAttribute("aria-busy", "false");
    find("title").textContent = title;
    for (const id of ["subtitle", "facts", "controls", "panels", "told"]) find(id).replaceChildren();
    find("controls").hidden = true;
    if (text) find("panels").append(make("pre", {}, text));
    resized();
  }

  // Elements; a text is never markup.
  function make(name, attributes, ...children) {
    return filled(document.createElement(name), attributes, children);
  }
  function draw(name, attributes, ...children) {
    return filled(document.createElementNS(SVG, name), attributes, children);
  }
  function filled(element, attributes, children) {
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  function show() {
    const { drawing } = view;
    find("report").setAttribute("aria-busy", "false");
    document.title = drawing.title;
    find("title").textContent = drawing.title;
    find("subtitle").textContent = drawing.subtitle;
    const facts = drawing.facts.map(([name, text]) =>
      make("div", {}, make("dt", {}, name), make("dd", {}, text)),
    );
    find("facts").replaceChildren(...facts);
    find("told").textContent = "";
    controls();
    panels();
  }

  function button(text, isPressed, press, ...before) {
    const it = make("button", { type: "button", "aria-pressed": String(isPressed) }, ...before, text);
    it.addEventListener("click", () => {
      press();
      const place = [...document.querySelectorAll("button")].indexOf(it);
      show();
      // The buttons are new: who pressed one by key stays on it.
      const again = document.querySelectorAll("button")[place];
      if (again) again.focus();
    });
    return it;
  }

  function controls() {
    const { drawing } = view;
    const row = find("controls");
    row.hidden = false;
    row.className = "switches";
    row.replaceChildren(
      button("Table", view.isTable, () => { view.isTable = !view.isTable; }),
    );
    if (drawing.kind === "ranking" && drawing.panels.length > 1) {
      drawing.panels.forEach((panel, place) => {
        row.append(button(panel.title, view.measure === place, () => { view.measure = place; }));
      });
    }
  }

  const shownPanels = () => {
    const { drawing, measure } = view;
    const all = drawing.panels.map((panel, place) => [panel, place]);
    return drawing.kind === "ranking" ? [all[measure]] : all;
  };

  function panels() {
    const { drawing } = view;
    view.width = find("panels").clientWidth;
    const shown = shownPanels().map(([panel, place]) => {
      const part = make("section", {}, make("h2", {}, panel.title));
      if (view.isTable) {
        part.append(make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `${panel.title}, table` }, table(panel)));
        return part;
      }
      if (panel.series.length > 1) part.append(legend(panel, place));
      part.append(drawing.kind === "timeline" ? columns(panel, place) : rows(panel, place));
      return part;
    });
    const lines = [];
    const [first] = shownPanels()[0];
    const isLong = drawing.kind === "ranking" && first.items.length > MOST_ROWS && !view.isTable;
    if (isLong) {
      lines.push(button(`All ${first.items.length} rows`, view.isWhole, () => { view.isWhole = !view.isWhole; }));
    }
    if (drawing.total !== null && first.items.length < drawing.total) {
      lines.push(make("p", {}, `The first ${first.items.length} of ${drawing.total} rows.`));
    }
    find("panels").replaceChildren(...shown, ...lines);
    resized();
  }

  function legend(panel, place) {
    const chosen = view.series[place];
    const row = make("div", { class: "switches", role: "group", "aria-label": `Series of ${panel.title}` });
    row.append(button("All", chosen === undefined, () => { delete view.series[place]; }));
    panel.series.forEach((series, at) => {
      const swatch = draw("svg", { class: "swatch", viewBox: "0 0 14 14", "aria-hidden": "true", style: "width:14px" });
      swatch.append(...block(0, 0, 14, 14, series.colour, at));
      row.append(button(series.name, chosen === at, () => { view.series[place] = at; }, swatch));
    });
    return row;
  }

  // Which parts of a stack are shown, and where: one alone stands on the zero line.
  function shownBars(panel, place, item) {
    const chosen = view.series[place];
    if (chosen === undefined) return item.bars;
    return item.bars.filter((bar) => bar.series === chosen).map((bar) => {
      const length = bar.to - bar.from;
      const isBelow = bar.to <= panel.zero && bar.from < panel.zero;
      return isBelow
        ? { ...bar, from: panel.zero - length, to: panel.zero }
        : { ...bar, from: panel.zero, to: panel.zero + length };
    });
  }

  function shownText(place, item) {
    const chosen = view.series[place];
    if (chosen === undefined) return item.text;
    const bar = item.bars.find((one) => one.series === chosen);
    return bar ? bar.text : "";
  }

  function said(panel, item) {
    if (item.bars.length < 2) return `${item.label}: ${item.text}`;
    const parts = item.bars.map((bar) => `${panel.series[bar.series].name} ${bar.text}`);
    return `${item.label}: ${item.text} = ${parts.join(" + ")}`;
  }

  // A rectangle in the colour and the stripes of its series.
  function block(x, y, width, height, colour, series) {
    const out = [draw("rect", { x, y, width: Math.max(width, 0), height: Math.max(height, 0), fill: colour })];
    if (series & 1) {
      for (let at = y + 2; at < y + height; at += 4) {
        out.push(draw("line", { class: "stripe", x1: x, x2: x + width, y1: at, y2: at }));
      }
    }
    if (series & 2) {
      for (let at = x + 2; at < x + width; at += 4) {
        out.push(draw("line", { class: "stripe", x1: at, x2: at, y1: y, y2: y + height }));
      }
    }
    return out;
  }

  // One item that can be pointed at and walked to by the arrow keys.
  function item(panel, entry, isFirst) {
    const text = said(panel, entry);
    const it = draw("g", { role: "img", "aria-label": text, tabindex: isFirst ? "0" : "-1" });
    const say = () => { find("told").textContent = text; };
    it.addEventListener("mouseenter", say);
    it.addEventListener("focus", say);
    it.addEventListener("keydown", (event) => {
      const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
      const all = [...it.parentNode.querySelectorAll("g[role=img]")];
      const at = all.indexOf(it);
      const to = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1
        : steps[event.key] ? at + steps[event.key] : -1;
      if (!all[to]) return;
      event.preventDefault();
      it.setAttribute("tabindex", "-1");
      all[to].setAttribute("tabindex", "0");
      all[to].focus();
    });
    return it;
  }

  // How wide a text is: measured, as letters differ from machine to machine.
  const pen = document.createElement("canvas").getContext("2d");
  function wide(text) {
    pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    return pen.measureText(text).width;
  }
  function fitting(text, room) {
    if (wide(text) <= room) return text;
    let kept = [...text];
    while (kept.length > 0 && wide(`${kept.join("")}…`) > room) kept.pop();
    return `${kept.join("")}…`;
  }

  function rows(panel, place) {
    const width = Math.max(view.width, 160);
    const step = 40;
    const entries = view.drawing.kind === "ranking" && !view.isWhole ? panel.items.slice(0, MOST_ROWS) : panel.items;
    const aside = Math.max(0, ...entries.map((entry) => wide(entry.text))) + 10;
    const x = (part) => part * (width - aside);
    const svg = draw("svg", { viewBox: `0 0 ${width} ${entries.length * step}`, height: entries.length * step, role: "group", "aria-label": panel.title });
    entries.forEach((entry, at) => {
      const top = at * step;
      const it = item(panel, entry, at === 0);
      it.append(draw("rect", { class: "place", x: 0, y: top + 1, width, height: step - 2 }));
      it.append(draw("text", { x: 0, y: top + 15, "aria-hidden": "true" }, fitting(entry.label, width)));
      const bars = shownBars(panel, place, entry);
      for (const bar of bars) {
        it.append(...block(x(bar.from), top + 20, x(bar.to) - x(bar.from), 14, panel.series[bar.series].colour, bar.series));
      }
      it.append(draw("line", { class: "zero", x1: x(panel.zero), x2: x(panel.zero), y1: top + 20, y2: top + 34 }));
      const end = Math.max(panel.zero, ...bars.map((bar) => bar.to));
      it.append(draw("text", { x: x(end) + 6, y: top + 31, "aria-hidden": "true" }, shownText(place, entry)));
      svg.append(it);
    });
    return svg;
  }

  function columns(panel, place) {
    const width = Math.max(view.width, 160);
    const height = 160;
    const [above, below] = [18, 22];
    const left = Math.max(0, ...panel.ticks.map((tick) => wide(tick.text))) + 8;
    const y = (part) => above + (1 - part) * height;
    const svg = draw("svg", { viewBox: `0 0 ${width} ${above + height + below}`, height: above + height + below, role: "group", "aria-label": panel.title });
    for (const tick of panel.ticks) {
      svg.append(draw("line", { class: "grid", x1: left, x2: width, y1: y(tick.at), y2: y(tick.at) }));
      svg.append(draw("text", { class: "faint", x: left - 6, y: y(tick.at) + 4, "text-anchor": "end", "aria-hidden": "true" }, tick.text));
    }
    const slot = (width - left) / Math.max(panel.items.length, 1);
    const widest = Math.max(0, ...panel.items.map((entry) => wide(entry.short))) + 10;
    const figures = Math.max(0, ...panel.items.map((entry) => wide(shownText(place, entry)))) + 6;
    let free = left;
    panel.items.forEach((entry, at) => {
      const start = left + at * slot;
      const middle = start + slot / 2;
      const it = item(panel, entry, at === 0);
      it.append(draw("rect", { class: "place", x: start, y: above, width: slot, height }));
      const bars = shownBars(panel, place, entry);
      for (const bar of bars) {
        it.append(...block(start + slot * 0.11, y(bar.to), slot * 0.78, y(bar.from) - y(bar.to), panel.series[bar.series].colour, bar.series));
      }
      if (figures <= slot) {
        const end = Math.max(panel.zero, ...bars.map((bar) => bar.to));
        it.append(draw("text", { x: middle, y: y(end) - 4, "text-anchor": "middle", "aria-hidden": "true" }, shownText(place, entry)));
      }
      svg.append(it);
      if (middle - widest / 2 >= free - 4 && middle + widest / 2 <= width + 4) {
        svg.append(draw("text", { class: "faint", x: middle, y: above + height + 16, "text-anchor": "middle", "aria-hidden": "true" }, entry.short));
        free = middle + widest / 2;
      }
    });
    svg.append(draw("line", { class: "zero", x1: left, x2: width, y1: y(panel.zero), y2: y(panel.zero) }));
    return svg;
  }

  function table(panel) {
    const { drawing } = view;
    const what = { ranking: "Row", timeline: "From", figures: "Figure" }[drawing.kind];
    const isStack = panel.series.length > 1;
    const names = isStack ? [panel.title, ...panel.series.map((series) => series.name)] : [panel.title];
    const head = make("tr", {}, make("th", { scope: "col" }, what));
    head.append(...names.map((name) => make("th", { scope: "col" }, name)));
    const lines = panel.items.map((entry) => {
      const texts = isStack ? [entry.text, ...entry.bars.map((bar) => bar.text)] : [entry.text];
      const line = make("tr", {}, make("th", { scope: "row" }, entry.label));
      line.append(...texts.map((text) => make("td", {}, text)));
      return line;
    });
    return make("table", {},
      make("caption", {}, `${drawing.title}, ${drawing.subtitle}`),
      make("thead", {}, head),
      make("tbody", {}, ...lines));
  }

  // The host makes room.
  let told = 0;
  function resized() {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    if (height === told) return;
    told = height;
    notify("ui/notifications/size-changed", { width: document.documentElement.clientWidth, height });
  }
  new ResizeObserver(() => {
    const width = find("panels").clientWidth;
    if (view.drawing && width !== view.width) panels();
    resized();
  }).observe(document.body);

  post({
    id: INITIALIZE,
    method: "ui/initialize",
    params: {
      appInfo: { name: "stoq-report", version: "1" },
      appCapabilities: { availableDisplayModes: ["inline"] },
      protocolVersion: VERSION,
    },
  });
})();
