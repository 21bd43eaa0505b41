// What must hold for a connected client of either SDK on a surface with house tools: the list, the
// way from words to a call, the jobs, and the refusal of a tool of another class. Every result is
// judged by Ajv, apart from what the SDK does.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { actions, counted, printed, startSandbox, textOf } from './support.mjs';

const exporter = actions.find((action) => action.handler === 'export' && action.method === 'POST');

/** The names of the actions, as many at a time as `describe_actions` takes. */
const fives = Array.from({ length: Math.ceil(actions.length / 5) }, (_, index) =>
  actions.slice(5 * index, 5 * index + 5),
);

/**
 * Declares the tests of one profile.
 *
 * @param {string} title names the profile
 * @param {'core' | 'compact'} surface is what the server lists
 * @param {(sandbox: object) => Promise<{client: object, close: () => Promise<void>}>} connect gives a client
 * @param {object} ajv compiles the schemas
 * @param {{everyExample: boolean}} reach whether the first example of every action is run
 */
export function surfaceContract(title, surface, connect, ajv, { everyExample }) {
  test(title, async (t) => {
    const sandbox = await startSandbox(surface);
    t.after(sandbox.stop);
    const { client, close } = await connect(sandbox);
    t.after(close);
    const { tools } = await client.listTools();
    const validators = new Map();

    await t.test('lists what is printed for the same flags', () => {
      const wanted = printed(surface);
      assert.deepEqual(tools, wanted.tools);
      assert.equal(client.getInstructions(), wanted.instructions);
    });

    for (const tool of tools) {
      await t.test(`${tool.name}: schemas compile`, () => {
        ajv.compile(tool.inputSchema);
        assert.equal(tool.outputSchema.type, 'object');
        validators.set(tool.name, ajv.compile(tool.outputSchema));
      });
    }

    /** The tool that runs an action here. */
    const toolOf = ({ name, class: effect }) => (validators.has(name) ? name : `run_${effect}`);

    /** One call that must succeed, with a result that is what the tool promised. */
    const call = async (name, args) => judged(name, await client.callTool({ name, arguments: args }));

    const judged = (name, result) => {
      assert.ok(!result.isError, textOf(result));
      const validate = validators.get(name);
      assert.ok(validate(result.structuredContent), JSON.stringify(validate.errors));
      assert.notEqual(textOf(result), '');
      return result.structuredContent;
    };

    /** The same of an action, through the tool that runs it. */
    const run = async (action, args) => {
      const tool = toolOf(action);
      const once = (given) =>
        client.callTool({
          name: tool,
          arguments: tool === action.name ? given : { action: action.name, arguments: given },
        });
      return judged(tool, await counted(once, args));
    };

    await t.test('find_actions: gives actions and the tools that run them', async () => {
      const { data } = await call('find_actions', { query: 'who is waiting for the mug' });
      const wanted = data.actions.map(({ name }) => {
        const action = actions.find((one) => one.name === name);
        return { name, class: action.class, tool: toolOf(action), title: action.title };
      });
      assert.deepEqual(data.actions.map(({ required, ...row }) => row), wanted);
      assert.ok(wanted.length > 0 && wanted.length <= 5, `${wanted.length} actions`);
    });

    await t.test('describe_actions: shows of every action how it is called', async () => {
      // What does not fit into one answer is left for another call, and named in it.
      for (const five of fives) {
        let left = five;
        while (left.length > 0) {
          const { data, note } = await call('describe_actions', { names: left.map((action) => action.name) });
          const came = new Set(data.actions.map(({ name }) => name));
          const told = left.filter(({ name }) => came.has(name));
          assert.ok(told.length > 0);
          left = left.filter(({ name }) => !came.has(name));
          for (const { name } of left) assert.match(note, new RegExp(`\\b${name}\\b`));
          const wanted = told.map((action) => ({ name: action.name, class: action.class, tool: toolOf(action) }));
          const shown = data.actions.map(({ name, class: effect, tool }) => ({ name, class: effect, tool }));
          assert.deepEqual(shown, wanted);
          for (const { name, input_schema: input, examples } of data.actions) {
            const validate = ajv.compile(input);
            assert.ok(examples.length > 0, name);
            for (const example of examples) assert.ok(validate(example), `${name}: ${JSON.stringify(validate.errors)}`);
          }
        }
      }
    });

    if (everyExample) {
      let jobId;
      for (const action of actions) {
        await t.test(`${action.name}: by ${toolOf(action)}`, async () => {
          // The API makes up the ids of jobs: the example's stands for one that was started.
          const job = action.path.includes(':job_id') ? { job_id: jobId } : {};
          if (job.job_id === undefined) await sandbox.reset();
          const body = await run(action, { ...action.examples[0].arguments, ...job });
          jobId = body.job?.job_id ?? jobId;
        });
      }
    }

    await t.test('job: follows an export that was only started, and lists it', async () => {
      const started = await run(exporter, { ...exporter.examples[0].arguments, wait_seconds: 0 });
      assert.equal(started.status, 'running');
      const { job_id } = started.job;
      const ended = await call('job', { job_id });
      assert.equal(ended.status, 'ok');
      assert.ok(ended.data.rows.length > 0, JSON.stringify(ended));
      const { data } = await call('job', {});
      const listed = data.jobs.filter((job) => job.job_id === job_id);
      assert.deepEqual(listed.map(({ action, last_seen }) => ({ action, last_seen })), [
        { action: exporter.name, last_seen: 'ready' },
      ]);
    });

    await t.test('refuses an action of another class, and names the right tool', async () => {
      const action = actions.find((one) => one.name === 'preorders_offers_delete');
      const given = { action: action.name, arguments: action.examples[0].arguments };
      const result = await client.callTool({ name: 'run_read', arguments: given });
      assert.equal(result.isError, true);
      assert.ok(textOf(result).includes(`Call \`run_${action.class}\` with ${JSON.stringify(given)}`), textOf(result));
      assert.equal(result.structuredContent, undefined);
    });
  });
}
