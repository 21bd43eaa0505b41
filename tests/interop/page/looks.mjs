// How it looks and reads, in both themes and on a small screen.
import { accessible, check, clean, picture, watched } from './support.mjs';

const WIDE = { width: 1280, height: 900 };
const SMALL = { width: 400, height: 800 };

async function fits(name, page) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(`${name}: nothing is wider than the screen`, over <= 0, `${over} px`);
}

export async function looks(started, origin) {
  for (const colorScheme of ['light', 'dark']) {
    const seen = await watched(started, { colorScheme, viewport: WIDE });
    const { page } = seen;
    const began = Date.now();
    await page.goto(`${origin}/docs`);
    console.log(`   loaded in ${Date.now() - began} ms`);
    check(`${colorScheme}: the theme is the system's`, (await page.locator('#theme').getAttribute('aria-pressed')) === String(colorScheme === 'dark'));
    await picture(page, `${colorScheme}-top`);
    await accessible(`${colorScheme}, closed`, page);
    await page.locator('#back_in_stock_signups_list > summary').click();
    await page.locator('#preorders_offers_payment_update > summary').click();
    await page.locator('#preorders_orders_cancel > summary').click();
    await page.locator('.legend > summary').click();
    await accessible(`${colorScheme}, open`, page);
    await page.evaluate(() => document.querySelector('#preorders_offers_payment_update').scrollIntoView());
    await picture(page, `${colorScheme}-action`);
    await page.locator('#preorders_offers_payment_update').screenshot({ path: `${process.env.PICTURES}/${colorScheme}-whole-action.png` });
    await page.evaluate(() => scrollTo(0, 0));
    await picture(page, `${colorScheme}-legend`);
    await fits(colorScheme, page);
    await clean(colorScheme, origin, seen);
    await seen.context.close();
  }
  const seen = await watched(started, { viewport: SMALL, colorScheme: 'light' });
  const { page } = seen;
  await page.goto(`${origin}/docs`);
  await picture(page, 'small-top');
  await fits('400 px', page);
  await page.locator('#back_in_stock_signups_list > summary').click();
  await page.locator('#back_in_stock_signups_list .try button[type=submit]').click();
  await page.locator('#back_in_stock_signups_list .sheet').waitFor();
  await page.evaluate(() => document.querySelector('#back_in_stock_signups_list').scrollIntoView());
  await fits('400 px, open', page);
  await picture(page, 'small-action');
  await page.locator('#back_in_stock_signups_list').screenshot({ path: `${process.env.PICTURES}/small-whole-action.png` });
  await accessible('400 px', page);
  await page.locator('#theme').click();
  const theme = await page.evaluate(() => document.documentElement.dataset.theme);
  check('the button turns the theme', theme === 'dark', theme);
  const stored = await page.evaluate(() => JSON.stringify(localStorage));
  check('the theme is all that is stored', stored === '{"stoq-mcp-theme":"dark"}', stored);
  await page.reload();
  check('a chosen theme stays', (await page.locator('#theme').getAttribute('aria-pressed')) === 'true');
  await picture(page, 'small-dark');
  await clean('400 px', origin, seen);
  await seen.context.close();
}
