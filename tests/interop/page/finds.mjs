// The search and the way about by keys alone.
import { accessible, check, clean, picture, watched } from './support.mjs';

const focused = (page) => page.evaluate(() => document.activeElement.parentElement?.id || document.activeElement.id);

export async function finds(started, origin) {
  const seen = await watched(started);
  const { page } = seen;
  await page.goto(`${origin}/docs`);
  await page.keyboard.press('Tab');
  const skip = await page.evaluate(() => document.activeElement.className);
  check('the first stop is the way past the head', skip === 'skip', skip);
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  check('what has the focus shows it', outline !== 'none', outline);
  await page.keyboard.press('Enter');
  check('it leads to the actions', (await focused(page)) === 'content' || (await page.evaluate(() => document.activeElement.id)) === 'actions');

  await page.keyboard.press('/');
  check('/ leads to the search', (await page.evaluate(() => document.activeElement.id)) === 'q');
  await page.keyboard.type('how many people wait for the jacket');
  await page.locator('#found li').first().waitFor();
  const names = await page.locator('#found li').evaluateAll((rows) => rows.map((row) => row.dataset.name));
  const agents = await (await fetch(`${origin}/docs/search?q=${encodeURIComponent('how many people wait for the jacket')}`)).json();
  check('it shows what the server finds', names.length > 1 && JSON.stringify(names) === JSON.stringify(agents.actions.map(({ name }) => name)), names.join(' '));
  await picture(page, 'search');
  await accessible('search', page);
  const selected = () => page.locator('#found li[aria-selected=true]').getAttribute('data-name');
  check('the best is chosen', (await selected()) === names[0]);
  await page.keyboard.press('ArrowDown');
  check('an arrow chooses the next', (await selected()) === names[1]);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  check('and goes around', (await selected()) === names.at(-1));
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const opened = page.locator(`#${names[0]}[open]`).waitFor().then(() => true, () => false);
  check('Enter opens it', await opened);
  check('and names it in the address', new URL(page.url()).hash === `#${names[0]}`, page.url());
  await page.waitForFunction((name) => document.activeElement.parentElement?.id === name, names[0]);
  const top = await page.locator(`#${names[0]}`).evaluate((action) => action.getBoundingClientRect().top);
  check('it is in view', top >= 0 && top < 900, String(top));
  await page.keyboard.press('ArrowDown');
  const next = await focused(page);
  check('an arrow goes on to the next action', next !== names[0] && next !== '', next);
  await page.keyboard.press('Enter');
  check('Enter opens that too', await page.locator(`#${next}[open]`).isVisible());

  await page.keyboard.press('/');
  await page.keyboard.type('bake me a chocolate cake');
  await page.waitForFunction(() => document.querySelector('#told').textContent.startsWith('Nothing'));
  await picture(page, 'search-nothing');
  await page.keyboard.press('Escape');
  check('Escape puts the answer away', (await page.locator('#told').textContent()) === '');
  await page.goto(`${origin}/docs#preorders_orders_list`);
  check('an address opens its action', await page.locator('#preorders_orders_list[open]').isVisible());
  await clean('search', origin, seen);
  await seen.context.close();
}
