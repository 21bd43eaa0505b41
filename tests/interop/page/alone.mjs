// The page as a file: no server, and still nothing but itself.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessible, check, picture, printed, watched } from './support.mjs';

export async function alone(started, folder) {
  const file = join(folder, 'docs.html');
  const html = await printed(['docs', '--format', 'html']);
  if (!html.startsWith('<!doctype html>')) {
    check('the page can be had as a file', false, html.slice(0, 200));
    return;
  }
  writeFileSync(file, html);
  const seen = await watched(started);
  const { page } = seen;
  await page.goto(`file://${file}`);
  const all = await page.locator('.a:visible').count();
  await page.locator('#q').fill('waitlist email');
  await page.waitForFunction((before) => document.querySelectorAll('.a:not([hidden])').length < before, all);
  const left = await page.locator('.a:visible').count();
  check('the search filters', left > 0 && left < all, `${left} of ${all}`);
  await picture(page, 'alone');
  await page.keyboard.press('Enter');
  check('Enter opens the first', (await page.locator('.a[open]').count()) === 1);
  check('nothing is tried without a server', (await page.locator('.try').count()) === 0);
  await accessible('the file', page);
  check('the file asks for nothing', seen.seen.asked.length === 1, seen.seen.asked.join(' '));
  const violations = await page.evaluate(() => globalThis.violations);
  check('the file keeps to its policy', violations.length === 0 && seen.seen.said.length === 0, [...violations, ...seen.seen.said].join('; '));
  await seen.context.close();
}
