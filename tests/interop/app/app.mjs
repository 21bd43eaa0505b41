// Each check prints a line; the last line says how many passed.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";
import { server } from "./server.mjs";

const shots = process.argv[2];
mkdirSync(shots, { recursive: true });
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const VERSION = "2026-01-26";
const DEMAND = "back_in_stock_reports_products_in_demand";
const REVENUE = "preorders_reports_revenue";
const SIGNUPS = "back_in_stock_reports_signups";

// The page of a host: a sandboxed frame, the handshake, and a record of all that was said.
const HOST = `<!doctype html><html lang="en"><title>Host</title><body style="margin:0">
<iframe id="app" title="Report" sandbox="allow-scripts" style="border:0;width:100%;height:100px"></iframe>
<script>
window.heard = [];
const frame = document.getElementById("app");
window.hand = (method, params, id) => frame.contentWindow.postMessage({ jsonrpc: "2.0", method, params, ...(id ? { id } : {}) }, "*");
window.addEventListener("message", (event) => {
  if (event.source !== frame.contentWindow) return;
  const message = event.data;
  window.heard.push(message);
  if (message.method === "ui/initialize") {
    frame.contentWindow.postMessage({ jsonrpc: "2.0", id: message.id, result: {
      protocolVersion: "${VERSION}", hostInfo: { name: "stub", version: "1" },
      hostCapabilities: {}, hostContext: { theme: window.theme || "light", displayMode: "inline" } } }, "*");
  }
  if (message.method === "ui/notifications/size-changed") frame.style.height = message.params.height + "px";
});
</script></body></html>`;

let passed = 0;
let failed = 0;
async function check(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${name}\n${error.stack}`);
  }
}

const shop = await server("shop");
const hostile = await server("hostile");
const [contents] = (await shop.ask("resources/read", { uri: "ui://stoq/report" })).contents;
const browser = await puppeteer.launch({
  executablePath: process.env.INTEROP_CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu"],
});

// A host that shows the app with a result, and what the browser was asked to fetch.
async function shown(result, { width = 400, theme = "light" } = {}) {
  const page = await browser.newPage();
  await page.setViewport({ width, height: 900 });
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (line) => line.type() === "error" && faults.push(line.text()));
  page.on("dialog", (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.setContent(HOST);
  await page.evaluate((text, name) => { window.theme = name; document.getElementById("app").srcdoc = text; }, contents.text, theme);
  await page.waitForFunction(() => window.heard.some((it) => it.method === "ui/notifications/initialized"));
  if (result) {
    await page.evaluate((it) => { window.hand("ui/notifications/tool-input", { arguments: {} }); window.hand("ui/notifications/tool-result", it); }, result);
  }
  const app = await (await page.$("#app")).contentFrame();
  if (result) await app.waitForSelector("#report[aria-busy=false]");
  return { page, app, asked, faults };
}

const labels = (app) => app.$$eval("#panels g[role=img]", (all) => all.map((it) => it.getAttribute("aria-label")));
const cells = (app) => app.$$eval("#panels tr", (all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
const press = (app, text) => app.evaluate((wanted) => [...document.querySelectorAll("button")].find((it) => it.textContent === wanted).click(), text);
const settled = (page) => page.evaluate(() => new Promise((done) => setTimeout(done, 150)));

const demand = await shop.call(DEMAND, {});
const revenue = await shop.call(REVENUE, { granularity: "week" });
const rows = demand.structuredContent.data.product_variants;
const named = (row) => `${row.product_title} / ${row.variant_title}`;

await check("the handshake is that of the extension", async () => {
  const { page } = await shown(null);
  const heard = await page.evaluate(() => window.heard);
  assert.deepEqual(heard[0], { jsonrpc: "2.0", id: 1, method: "ui/initialize", params: {
    appInfo: { name: "stoq-report", version: "1" },
    appCapabilities: { availableDisplayModes: ["inline"] }, protocolVersion: VERSION } });
  await page.evaluate(() => { window.hand("ui/resource-teardown", {}, 7); window.hand("ui/unknown", {}, 8); });
  await settled(page);
  const answers = await page.evaluate(() => window.heard.filter((it) => it.id > 1));
  assert.deepEqual(answers, [
    { jsonrpc: "2.0", id: 7, result: {} },
    { jsonrpc: "2.0", id: 8, error: { code: -32601, message: "Method not found" } },
  ]);
  await page.close();
});

await check("the ranking has the figures of the table, by each measure and as a table", async () => {
  const { page, app, faults } = await shown(demand);
  await page.screenshot({ path: `${shots}/ranking.png`, fullPage: true });
  const most = rows.slice(0, 15).map((row) => `${named(row)}: ${row.pending}`);
  assert.deepEqual(await labels(app), most);
  await press(app, `All ${rows.length} rows`);
  assert.deepEqual(await labels(app), rows.map((row) => `${named(row)}: ${row.pending}`));
  await press(app, "All signups of the window");
  assert.deepEqual(await labels(app), rows.map((row) => `${named(row)}: ${row.total}`));
  await press(app, "Table");
  const [, ...lines] = await cells(app);
  assert.deepEqual(lines, rows.map((row) => [named(row), String(row.total)]));
  await page.screenshot({ path: `${shots}/table.png`, fullPage: true });
  assert.deepEqual(faults, []);
  await page.close();
});

await check("a stack has the figures of the table, and each series alone stands on the zero line", async () => {
  const { page, app } = await shown(revenue);
  const weeks = revenue.structuredContent.data.series;
  const wanted = weeks.map((week) => `${week.date}: ${week.revenue} = deposits ${week.deposits} + balances ${week.balances}`);
  assert.deepEqual((await labels(app)).slice(0, weeks.length), wanted);
  await page.screenshot({ path: `${shots}/stack.png`, fullPage: true });
  await press(app, "balances");
  const bottoms = await app.$$eval("#panels section:first-child g[role=img]", (all) => all.map((it) => {
    const bar = it.querySelectorAll("rect")[1];
    return Math.round((Number(bar.getAttribute("y")) + Number(bar.getAttribute("height"))) * 10);
  }));
  assert.deepEqual([...new Set(bottoms)], [1780]);
  await page.screenshot({ path: `${shots}/alone.png`, fullPage: true });
  await page.close();
});

await check("hover and keys tell the figure", async () => {
  const { page, app } = await shown(demand);
  const told = () => app.$eval("#told", (it) => it.textContent);
  await (await app.$$("#panels g[role=img]"))[2].hover();
  assert.equal(await told(), `${named(rows[2])}: ${rows[2].pending}`);
  await app.$eval("#panels g[role=img]", (it) => it.focus());
  assert.equal(await told(), `${named(rows[0])}: ${rows[0].pending}`);
  await page.keyboard.press("ArrowDown");
  assert.equal(await told(), `${named(rows[1])}: ${rows[1].pending}`);
  await page.keyboard.press("End");
  assert.equal(await told(), `${named(rows[14])}: ${rows[14].pending}`);
  await page.close();
});

await check("texts of others are texts", async () => {
  const result = await hostile.call(DEMAND, { from: "2024-01-01" });
  const { page, app, faults, asked } = await shown(result);
  const panel = result._meta["stoq/chart"].panels[0];
  assert.ok(panel.items.length > 1);
  assert.deepEqual(await labels(app), panel.items.slice(0, 15).map((it) => `${it.label}: ${it.text}`));
  // A drawing that was not cleaned by anybody would be no markup either.
  const evil = structuredClone(result);
  const drawing = evil._meta["stoq/chart"];
  const markup = "<img src=https://example.com/x onerror=alert(1)><script>alert(2)</script>";
  drawing.title = drawing.subtitle = markup;
  drawing.facts = [[markup, markup]];
  Object.assign(drawing.panels[0].items[0], { label: markup, text: markup });
  drawing.panels[0].title = markup;
  await page.evaluate((it) => window.hand("ui/notifications/tool-result", it), evil);
  await app.waitForFunction((text) => document.getElementById("title").textContent === text, {}, markup);
  assert.equal(await app.$$eval("#report img, #report script", (all) => all.length), 0);
  await press(app, "Table");
  assert.equal(await app.$$eval("#report img, #report script", (all) => all.length), 0);
  await page.screenshot({ path: `${shots}/hostile.png`, fullPage: true });
  assert.deepEqual(faults, []);
  assert.deepEqual(asked.filter((url) => !/^(about:|data:)/.test(url)), []);
  await page.close();
});

await check("a result without a drawing is told as text", async () => {
  const { page, app } = await shown({ content: [{ type: "text", text: "It failed." }], isError: true });
  assert.equal(await app.$eval("#title", (it) => it.textContent), "The call failed");
  assert.equal(await app.$eval("#panels", (it) => it.textContent), "It failed.");
  await page.close();
});

await check("nothing is fetched, whatever the app is told to do", async () => {
  const { page, app, asked } = await shown(demand);
  const refused = await app.evaluate(async () => {
    try { await fetch("https://example.com/"); return "fetched"; } catch { return "refused"; }
  });
  assert.equal(refused, "refused");
  assert.deepEqual(asked.filter((url) => !/^(about:|data:)/.test(url)), []);
  assert.deepEqual(contents._meta.ui.csp, { connectDomains: [], resourceDomains: [] });
  await page.close();
});

for (const [theme, width] of [["light", 400], ["dark", 400], ["light", 900], ["light", 320]]) {
  await check(`no serious fault of access and no scroll aside (${theme}, ${width} px)`, async () => {
    for (const [name, result] of [["demand", demand], ["revenue", revenue], ["signups", await shop.call(SIGNUPS, {})]]) {
      const { page, app } = await shown(result, { width, theme });
      for (const view of ["chart", "table"]) {
        if (view === "table") await press(app, "Table");
        await settled(page);
        await page.screenshot({ path: `${shots}/${name}-${view}-${theme}-${width}.png`, fullPage: true });
        await app.evaluate(AXE);
        const found = await app.evaluate(() => globalThis.axe.run(document));
        const serious = found.violations.filter((it) => ["serious", "critical"].includes(it.impact));
        assert.deepEqual(serious.map((it) => [it.id, it.nodes.map((node) => node.html)]), []);
        const aside = await app.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(aside <= 0, `${name} ${view} is ${aside} px too wide`);
        const letters = await app.$$eval("svg text", (all) => all.map((it) => parseFloat(getComputedStyle(it).fontSize)));
        assert.ok(letters.every((size) => size >= 11), String(letters));
      }
      await page.close();
    }
  });
}

await browser.close();
shop.end();
hostile.end();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
