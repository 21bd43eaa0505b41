// Shoppers who write markup and scripts: shown as text, and nothing runs.
import { check, clean, picture, watched } from './support.mjs';

export async function hostile(started, origin) {
  const seen = await watched(started);
  const { page } = seen;
  await page.goto(`${origin}/docs#back_in_stock_signups_list`);
  const action = page.locator('#back_in_stock_signups_list');
  await action.locator('textarea').fill('{"limit": 200, "detail": "full"}');
  await action.getByRole('button', { name: 'Run it' }).click();
  await action.locator('.sheet').waitFor();
  const orders = page.locator('#preorders_orders_list');
  await orders.locator('summary').first().click();
  await orders.locator('textarea').fill('{"limit": 50, "detail": "full"}');
  await orders.getByRole('button', { name: 'Run it' }).click();
  await orders.locator('.result').waitFor();
  const inside = await page.evaluate(() => [...document.querySelectorAll('.result *')].map((node) => node.localName));
  const ours = new Set(['p', 'span', 'div', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'details', 'summary', 'pre', 'button']);
  const foreign = inside.filter((name) => !ours.has(name));
  check('hostile data makes no element', inside.length > 50 && foreign.length === 0, foreign.join(' '));
  const text = await page.evaluate(() => [...document.querySelectorAll('.result')].map((node) => node.textContent).join('\n'));
  check('and is shown as the text it is', /ignore (all )?previous instructions|<script|alert\(|javascript:|=cmd|SYSTEM/i.test(text), text.slice(0, 600));
  await action.locator('.sheet').scrollIntoViewIfNeeded();
  await picture(page, 'hostile');
  // Even what the server would never let through.
  const evil = '<img src="https://evil.example/x" onerror="alert(1)"><script>alert(2)</script>';
  await page.route('**/docs/try', (route) => route.fulfill({
    json: { result: { status: 'ok', note: evil, data: { [evil]: evil, rows: [{ [evil]: evil, 'a.b': [evil] }] } }, rows: 'rows', challenge: null },
  }));
  await action.getByRole('button', { name: 'Run it' }).click();
  await page.waitForFunction(() => document.querySelector('#back_in_stock_signups_list .sheet').textContent.includes('onerror'));
  const rows = await action.locator('.sheet td').allTextContents();
  check('markup in an answer stays text', JSON.stringify(rows) === JSON.stringify([evil, JSON.stringify([evil])]) && (await page.locator('.result img, .result script').count()) === 0, rows.join(' '));
  await picture(page, 'markup');
  const made = await page.evaluate(() => {
    const node = document.createElement('div');
    try {
      node.innerHTML = '<b>x</b>';
      return node.childElementCount;
    } catch (error) {
      return error.name;
    }
  });
  check('the policy leaves the scripts no way to make markup', made === 'TypeError', String(made));
  await page.evaluate(() => { globalThis.violations = globalThis.violations.filter((told) => !told.startsWith('require-trusted-types-for')); });
  await clean('hostile', origin, seen, (text_) => text_.includes('TrustedHTML'));
  await seen.context.close();
}
