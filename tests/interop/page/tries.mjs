// Trying a call: a read, a mistake, a write that is refused, one that is planned and agreed to.
import { accessible, check, clean, picture, watched } from './support.mjs';

const post = (page, body) => page.evaluate(async (sent) => {
  const answer = await fetch('docs/try', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-stoq-docs': 'try' },
    body: JSON.stringify(sent),
  });
  return { status: answer.status, ...(await answer.json()) };
}, body);

async function opened(page, origin, name) {
  await page.goto(`${origin}/docs#${name}`);
  const action = page.locator(`#${name}`);
  await action.locator('.try form').waitFor();
  return action;
}

export async function tries(started, origin) {
  const seen = await watched(started);
  const { page } = seen;
  const action = await opened(page, origin, 'back_in_stock_signups_list');
  const filled = JSON.parse(await action.locator('textarea').inputValue());
  check('the form has the example', filled.variant_id === 44021000000301, JSON.stringify(filled));
  await action.locator('textarea').fill('{"limit": 4}');
  await action.locator('textarea').press('Control+Enter');
  await action.locator('.result').waitFor();
  const state = await action.locator('.state').textContent();
  check('it shows the sandbox\'s answer', /^Done\. 4 of \d+ rows/.test(state), state);
  check('as a table', (await action.locator('.sheet tbody tr').count()) === 4);
  await action.scrollIntoViewIfNeeded();
  await page.evaluate(() => document.querySelector('#back_in_stock_signups_list .try').scrollIntoView({ block: 'center' }));
  await picture(page, 'try-result');
  await accessible('a result', page);
  const firsts = await action.locator('.sheet tbody').textContent();
  await action.getByRole('button', { name: 'Next rows' }).click();
  await page.waitForFunction((before) => document.querySelector('#back_in_stock_signups_list .sheet tbody')?.textContent !== before, firsts);
  check('the next rows follow', (await action.locator('.sheet tbody tr').count()) === 4);
  await action.locator('textarea').fill('{"limt": 4}');
  await action.getByRole('button', { name: 'Run it' }).click();
  await action.locator('.result.bad').waitFor();
  check('a mistake is told with the nearest', (await action.locator('.result.bad').textContent()).includes('`limit`'));
  await picture(page, 'try-mistake');
  await action.locator('textarea').fill('[1]');
  await action.getByRole('button', { name: 'Run it' }).click();
  await page.waitForFunction(() => document.querySelector('#back_in_stock_signups_list .state').textContent.includes('JSON object'));
  check('what is no object is not sent', true);

  await page.locator('#back_in_stock_signups_notify > summary').click();
  const form = await page.locator('#back_in_stock_signups_notify .try').count();
  check('a write has no form', form === 0);
  const refused = await post(page, { action: 'back_in_stock_settings_tagging_update', arguments: { order_tag: { enabled: true } } });
  check('and is refused when it is sent anyway', refused.error?.what === '`back_in_stock_settings_tagging_update` is of class `write`, and this page tries reads alone.', JSON.stringify(refused));
  const bare = await page.evaluate(async () => (await fetch('docs/try', { method: 'POST', body: '{}' })).status);
  check('a form\'s own request is refused', bare === 403, String(bare));
  await clean('trying', origin, seen, (text) => text.includes('403'));
  await seen.context.close();

  const other = await watched(started);
  await other.page.goto(`${origin.replace('127.0.0.1', 'localhost')}/docs`);
  const foreign = await other.page.evaluate(async (url) => {
    try {
      return (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', 'x-stoq-docs': 'try' }, body: '{}' })).status;
    } catch {
      return 'blocked';
    }
  }, `${origin}/docs/try`);
  check('a page of another origin has no call made', foreign === 'blocked' || foreign === 403, String(foreign));
  await other.context.close();
}

export async function writes(started, origin) {
  const seen = await watched(started);
  const { page } = seen;
  const action = await opened(page, origin, 'back_in_stock_signups_delete');
  check('the page says what it may do', (await page.locator('#talks').textContent()).includes('read, write, send, money, destroy'));
  await action.getByRole('button', { name: 'Run it' }).click();
  await action.locator('.asks').waitFor();
  const message = await action.locator('.asks pre').textContent();
  await page.evaluate(() => document.querySelector('#back_in_stock_signups_delete .try').scrollIntoView({ block: 'center' }));
  await picture(page, 'try-plan');
  await accessible('a plan', page);
  await action.locator('.asks input').fill('yes');
  await action.getByRole('button', { name: 'Go ahead' }).click();
  await action.locator('.result.bad').waitFor();
  check('yes is not enough', true);
  await action.getByRole('button', { name: 'Run it' }).click();
  await action.locator('.asks').waitFor();
  const again = await action.locator('.asks pre').textContent();
  const word = /Type (.+) to go ahead\.$/.exec(again.trim())?.[1] ?? message;
  await action.locator('.asks input').fill(word);
  await action.locator('.asks input').press('Enter');
  await page.waitForFunction(() => /The API took it|Done/.test(document.querySelector('#back_in_stock_signups_delete .state')?.textContent));
  check('what the plan names is', true);
  await picture(page, 'try-done');
  await clean('writes', origin, seen);
  await seen.context.close();
}
