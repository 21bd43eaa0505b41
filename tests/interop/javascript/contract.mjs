// What must hold for a connected client of either SDK on the flat surface: the tools, every example of
// every tool, and what is answered to a call that is wrong. Results are judged by Ajv, apart from what the SDK does.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { actions, counted, startSandbox, textOf } from './support.mjs';

const invalidParams = -32602;

/**
 * Declares the tests of one profile.
 *
 * @param {string} title names the profile
 * @param {(sandbox: object) => Promise<{client: object, close: () => Promise<void>}>} connect gives a client
 * @param {object} ajv compiles the schemas
 * @param {(options: object) => unknown[]} callOptions the last arguments of `callTool`
 */
export function contract(title, connect, ajv, callOptions) {
  test(title, async (t) => {
    const sandbox = await startSandbox('full');
    t.after(sandbox.stop);
    const { client, close } = await connect(sandbox);
    t.after(close);
    const { tools } = await client.listTools();

    await t.test('lists the registry, whole and in order', () => {
      assert.deepEqual(
        tools.map((tool) => tool.name),
        // And the tool for calls that an argument rule raises above the class of their own.
        [...actions.map((action) => action.name), 'run_money'],
      );
    });

    await t.test('introduces itself', () => {
      assert.equal(client.getServerVersion().name, 'stoq');
      assert.match(client.getInstructions(), /back-in-stock/);
      const { prompts, completions, resources } = client.getServerCapabilities();
      assert.deepEqual({ prompts, completions, resources }, { prompts: {}, completions: {}, resources: {} });
    });

    await t.test('reads the guide and the skills as listed', async () => {
      const { resources } = await client.listResources();
      const texts = resources.filter((resource) => resource.mimeType === 'text/markdown');
      const uris = texts.map((resource) => resource.uri);
      assert.ok(uris.includes('stoq://storefront/liquid') && uris.includes('skill://restock-plan/SKILL.md'), `${uris}`);
      for (const { uri, size } of texts) {
        const { contents } = await client.readResource({ uri });
        assert.equal(Buffer.byteLength(contents[0].text), size, uri);
      }
    });

    await t.test('gives prompts with live data, and completes their arguments', async () => {
      const { prompts } = await client.listPrompts();
      assert.ok(prompts.some((prompt) => prompt.name === 'restock_plan'));
      const { messages } = await client.getPrompt({ name: 'restock_plan', arguments: { product: '8011000000103' } });
      const told = messages.map((message) => message.content.text).join('\n');
      assert.match(told, /<data>/);
      assert.doesNotMatch(told, /could not be read/);
      const refused = client.getPrompt({ name: 'restock_plan', arguments: { variants: '1' } });
      await assert.rejects(refused, (error) => error.code === invalidParams);
      const { completion } = await client.complete({
        ref: { type: 'ref/prompt', name: 'restock_plan' },
        argument: { name: 'product', value: 'jacket' },
      });
      const values = ['8011000000103 Canvas Field Jacket'];
      assert.deepEqual(completion, { values, total: 1, hasMore: false });
    });

    const validators = new Map();
    for (const tool of tools) {
      await t.test(`${tool.name}: schemas compile`, () => {
        ajv.compile(tool.inputSchema);
        assert.equal(tool.outputSchema.type, 'object');
        validators.set(tool.name, ajv.compile(tool.outputSchema));
      });
    }

    let jobId;
    for (const action of actions) {
      for (const example of action.examples) {
        await t.test(`${action.name}: ${example.title}`, async () => {
          // The API makes up the ids of jobs: the example's stands for one that was started.
          const job = action.path.includes(':job_id') ? { job_id: jobId } : {};
          if (job.job_id === undefined) await sandbox.reset();
          const call = (args) => client.callTool({ name: action.name, arguments: args });
          const result = await counted(call, { ...example.arguments, ...job });
          assert.ok(!result.isError, textOf(result));
          const validate = validators.get(action.name);
          assert.ok(validate(result.structuredContent), JSON.stringify(validate.errors));
          assert.notEqual(textOf(result), '');
          jobId = result.structuredContent.job?.job_id ?? jobId;
        });
      }
    }

    await t.test('teaches what was wrong with the arguments', async () => {
      const result = await client.callTool({ name: 'back_in_stock_signups_read', arguments: { idd: 'x' } });
      assert.equal(result.isError, true);
      assert.match(textOf(result), /`id`/);
      assert.equal(result.structuredContent, undefined);
    });

    await t.test('refuses an unknown tool', async () => {
      const call = client.callTool({ name: 'back_in_stock_signup_read', arguments: {} });
      await assert.rejects(call, (error) => {
        assert.equal(error.code, invalidParams);
        assert.match(error.message, /back_in_stock_signups_read/);
        return true;
      });
    });

    await t.test('goes on after a call that was given up', async () => {
      const slow = actions.find((action) => action.handler === 'export' && action.method === 'POST');
      const given = new AbortController();
      const call = client.callTool(
        { name: slow.name, arguments: slow.examples[0].arguments },
        ...callOptions({ signal: given.signal }),
      );
      setTimeout(() => given.abort(), 50);
      await assert.rejects(call);
      const result = await client.callTool({ name: 'back_in_stock_settings_read', arguments: {} });
      assert.ok(!result.isError, textOf(result));
    });
  });
}
