// What must hold for a client of either SDK whose person is asked: a plan is agreed to by typing, and happens once.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startSandbox, textOf } from './support.mjs';

const notify = 'back_in_stock_signups_bulk_notify';
const signup = (number) => `51900000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/**
 * Declares the tests of one profile.
 *
 * @param {string} title names the profile
 * @param {'core' | 'compact' | 'full'} surface is what the server lists
 * @param {(sandbox: object, person: (message: string) => object) => Promise<{client: object, close: () => Promise<void>}>} connect
 *   gives a client whose person answers a question
 */
export function agreementContract(title, surface, connect) {
  test(`${title}: a person agrees`, async (t) => {
    const sandbox = await startSandbox(surface, { asks: true });
    t.after(sandbox.stop);
    const asked = [];
    let answer = () => ({ action: 'decline' });
    const { client, close } = await connect(sandbox, (message) => {
      asked.push(message);
      return answer(message);
    });
    t.after(close);
    const alerts = { signup_ids: [signup(1), signup(4)] };
    const call = () =>
      surface === 'full'
        ? client.callTool({ name: notify, arguments: alerts })
        : client.callTool({ name: 'run_send', arguments: { action: notify, arguments: alerts } });

    await t.test('a no and a wrong answer send nothing', async () => {
      for (const [given, told] of [
        [{ action: 'decline' }, /the person asked said no/],
        [{ action: 'accept', content: { answer: 'yes' } }, /what was typed is not what the plan asked for/],
      ]) {
        answer = () => given;
        const result = await call();
        assert.equal(result.isError, true);
        assert.match(textOf(result), told);
      }
      assert.equal(await sandbox.effects('send'), 0);
    });

    await t.test('the right answer sends once', async () => {
      answer = (message) => ({
        action: 'accept',
        content: { answer: /^Type (\S+) to go ahead\.$/m.exec(message)[1] },
      });
      const { structuredContent: done, ...rest } = await call();
      assert.equal(done?.status, 'accepted', JSON.stringify(rest));
      assert.match(asked.at(-1), /^2 shoppers get an alert by email/);
      const { structuredContent: again } = await call();
      assert.deepEqual([again.status, again.receipt], ['replayed', done.receipt]);
      assert.equal(asked.length, 3);
      assert.equal(await sandbox.effects('send'), 2);
    });
  });
}
