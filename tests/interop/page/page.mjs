// The suite: each part a promise of the page.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browser, check, finish, printed, serve } from './support.mjs';
import { looks } from './looks.mjs';
import { finds } from './finds.mjs';
import { tries, writes } from './tries.mjs';
import { hostile } from './hostile.mjs';
import { door } from './door.mjs';
import { alone } from './alone.mjs';

const { started, end } = await browser();
try {
  const sandbox = await serve(['--sandbox', '--dataset', 'fixture']);
  await looks(started, sandbox);
  await finds(started, sandbox);
  await tries(started, sandbox);
  await writes(started, await serve(['--sandbox', '--dataset', 'fixture', '--docs-writes']));
  await hostile(started, await serve(['--sandbox', '--dataset', 'hostile', '--personal-data', 'full']));

  const [token, ...block] = (await printed(['token', 'new', 'clerk'])).split('\n\n');
  const folder = mkdtempSync(join(tmpdir(), 'stoq-page-'));
  const file = join(folder, 'tokens.toml');
  writeFileSync(file, block.join('\n\n'), { mode: 0o600 });
  await door(started, await serve(['--sandbox', '--dataset', 'fixture', '--auth', 'tokens', file]), token);
  await alone(started, folder);
} catch (error) {
  check('the suite ran to its end', false, error.stack);
} finally {
  await end();
}
finish();
