// Servers, the browser, and the checks that hold for every page that is looked at.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let passed = 0;
let failed = 0;

/** Says whether something holds, and counts it. */
export function check(name, holds, told = '') {
  if (holds) passed += 1;
  else failed += 1;
  console.log(`${holds ? 'ok' : 'NOT OK'} ${name}${holds || told === '' ? '' : `: ${told}`}`);
}

export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

const children = [];

/** Runs the program to its end. */
export async function printed(args) {
  const child = spawn(process.env.INTEROP_BIN, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (piece) => { text += piece; });
  await once(child, 'close');
  return text;
}

/** Starts a server; gives the address of its page. */
export async function serve(args, env = {}) {
  const child = spawn(process.env.INTEROP_BIN, ['serve', '--http', '127.0.0.1:0', '--state', 'memory', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, STOQ_MCP_CONFIG: '', ...env },
  });
  children.push(child);
  for await (const line of createInterface({ input: child.stderr })) {
    const found = /^stoq-mcp listening on (http:\/\/\S+)\/mcp$/.exec(line);
    if (found) {
      child.stderr.resume();
      return found[1];
    }
  }
  throw new Error(`the server did not start: ${args.join(' ')}`);
}

/** The browser, and a way to end everything. */
export async function browser() {
  const started = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
  });
  return {
    started,
    async end() {
      await started.close();
      for (const child of children) child.kill();
    },
  };
}

/** A page that is watched: what it asks for, what it complains of, and whether a dialog opens. */
export async function watched(started, options = {}) {
  const context = await started.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const seen = { asked: [], said: [], dialogs: [] };
  page.on('request', (request) => seen.asked.push(request.url()));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.said.push(message.text());
  });
  page.on('pageerror', (error) => seen.said.push(String(error)));
  page.on('dialog', async (dialog) => {
    seen.dialogs.push(dialog.message());
    await dialog.dismiss();
  });
  await page.addInitScript(() => {
    globalThis.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  return { page, context, seen };
}

/** What must hold of a page when it was used: nothing outside asked, nothing broken, nothing blocked. */
export async function clean(name, origin, { page, seen }, isFine = () => false) {
  const outside = seen.asked.filter((url) => !url.startsWith(`${origin}/`));
  check(`${name}: no request leaves the origin`, outside.length === 0 && seen.asked.length > 0, outside.join(' '));
  const violations = await page.evaluate(() => globalThis.violations);
  check(`${name}: nothing breaks the policy`, violations.length === 0, violations.join('; '));
  const said = seen.said.filter((text) => !isFine(text));
  check(`${name}: the console is quiet`, said.length === 0, said.join('; '));
  check(`${name}: no dialog opens`, seen.dialogs.length === 0, seen.dialogs.join('; '));
}

/** Has the browser draw also what is out of view. */
export function whole(page) {
  return page.evaluate(() => {
    for (const action of document.querySelectorAll('.a')) action.style.contentVisibility = 'visible';
  });
}

/** Serious faults that axe-core finds. It is put in past the page's own policy, which lets nothing in. */
export async function accessible(name, page) {
  await page.evaluate(axeSource);
  await whole(page);
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.slice(0, 3).map((node) => `${node.html.slice(0, 120)} ${node.failureSummary?.slice(0, 200)}`) }));
  });
  const grave = found.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  check(`${name}: axe-core finds nothing serious`, grave.length === 0, JSON.stringify(grave, null, 1));
  for (const { id, impact, where } of found) {
    if (!grave.some((fault) => fault.id === id)) console.log(`   (${impact}: ${id}: ${where[0]})`);
  }
}

export function picture(page, name, options = {}) {
  return page.screenshot({ path: `${process.env.PICTURES}/${name}.png`, ...options });
}
