// Where callers are told apart: a token is asked for, kept in memory alone, and gone with the page.
import { accessible, check, clean, picture, watched } from './support.mjs';

export async function door(started, origin, token) {
  const seen = await watched(started);
  const { page } = seen;
  await page.goto(`${origin}/docs`);
  check('nothing is shown before the token', (await page.locator('.a').count()) === 0);
  await picture(page, 'door');
  await accessible('the door', page);
  await page.locator('#token').fill(`${token}x`);
  await page.locator('#token').press('Enter');
  await page.waitForFunction(() => document.querySelector('#refused').textContent !== '');
  check('a wrong token is told', (await page.locator('#refused').textContent()) === 'The server does not know this credential.');
  await picture(page, 'door-refused');
  await page.locator('#token').fill(token);
  await page.getByRole('button', { name: 'Show the actions' }).click();
  await page.locator('#back_in_stock_signups_list').waitFor();
  check('the token shows the actions', (await page.locator('.a').count()) > 50);
  check('its field is gone', (await page.locator('#token').count()) === 0);
  await page.keyboard.press('/');
  await page.keyboard.type('list the waitlist');
  await page.locator('#found li').first().waitFor();
  await page.keyboard.press('Enter');
  const action = page.locator('.a[open]').first();
  await action.locator('textarea').fill('{"limit": 2}');
  await action.getByRole('button', { name: 'Run it' }).click();
  await action.locator('.result').waitFor();
  check('calls are the caller\'s', (await action.locator('.state').textContent()).startsWith('Done. 2 of'));
  await picture(page, 'door-inside');
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, document.documentElement.outerHTML]));
  check('the token is kept nowhere', !kept.includes(token));
  const { asked } = seen.seen;
  check('nor in an address', asked.every((url) => !url.includes(token)));
  await clean('the door', origin, seen, (text) => text.includes('401'));
  await page.reload();
  check('it is gone with the page', (await page.locator('.a').count()) === 0 && (await page.locator('#token').inputValue()) === '');
  await seen.context.close();
}
