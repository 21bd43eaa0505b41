// Runs the Inspector's command line: the strict check of the tool schemas of every surface, and a call
// of every plain read, each in both protocol eras; the flat list over HTTP too.

import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const inspector = process.argv[2];
const { INTEROP_BIN: binary, INTEROP_URL: url, INTEROP_REGISTRY: registry } = process.env;
const { actions } = JSON.parse(readFileSync(registry, 'utf8'));
const eras = ['modern', 'legacy'];
const everything = ['--sandbox', '--v1', 'all', '--surface'];

/** A server to connect to, as the command line names it: what stands before its options, and after. */
const http = { before: ['--server-url', url, '--transport', 'http'], after: [] };
const stdio = (surface) => ({
  before: [],
  after: ['--', binary, 'serve', '--dataset', 'fixture', ...everything, surface],
});

/** The names that `tools --json` prints for a surface. */
function printed(surface) {
  const args = ['tools', '--json', ...everything, surface];
  const { tools } = JSON.parse(execFileSync(binary, args, { encoding: 'utf8', maxBuffer: 1 << 26 }));
  return tools.map((tool) => tool.name);
}

/** One run: its exit code, its JSON, and what it complained about. */
function inspect({ before, after }, era, ...rest) {
  const line = ['--cli', ...before, '--protocol-era', era, '--format', 'json', '-q', ...rest, ...after];
  return new Promise((resolve) => {
    execFile(inspector, line, { timeout: 60_000, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      let result;
      try {
        result = JSON.parse(stdout).result;
      } catch {
        result = undefined;
      }
      resolve({ code: error ? (error.code ?? 'killed') : 0, result, stderr: stderr.trim() });
    });
  });
}

/** The warnings of the strict check. */
function warnings(stderr) {
  return stderr.split(/\n(?=Warning: )/).filter((text) => text !== '');
}

/**
 * The one thing the strict check may remark: that a field of a result can be null, as the API has it.
 * It is legal, and clients that map schemas onto a narrower dialect do so for inputs.
 */
function isNullableOutput(warning) {
  return /^  Path: outputSchema\./m.test(warning) && /^  Issue: `type` is an array \(\["\w+","null"\]\)/m.test(warning);
}

const flat = [...actions.map((action) => action.name), 'run_money'];
const checks = [];
for (const era of eras) {
  for (const [name, target, wanted] of [
    ['HTTP, full', http, flat],
    ['stdio, full', stdio('full'), flat],
    ['stdio, core', stdio('core'), printed('core')],
    ['stdio, compact', stdio('compact'), printed('compact')],
  ]) {
    checks.push([`tools/list --strict, ${era}, ${name}`, async () => {
      const { code, result, stderr } = await inspect(target, era, '--method', 'tools/list', '--strict');
      const names = result?.tools?.map((tool) => tool.name);
      if (code !== 0) return `exit ${code}: ${stderr}`;
      const strange = warnings(stderr).filter((warning) => !isNullableOutput(warning));
      if (strange.length > 0) return strange.join('\n');
      return JSON.stringify(names) === JSON.stringify(wanted) ? undefined : `lists ${names}`;
    }]);
  }
  for (const action of actions.filter((one) => one.class === 'read' && one.handler === 'request')) {
    checks.push([`tools/call ${action.name}, ${era}`, async () => {
      const args = JSON.stringify(action.examples[0].arguments);
      const call = ['--method', 'tools/call', '--tool-name', action.name, '--tool-args-json', args];
      const { code, result, stderr } = await inspect(http, era, ...call);
      if (code !== 0) return `exit ${code}: ${stderr}`;
      if (result?.isError) return JSON.stringify(result.content);
      return result?.structuredContent?.status === 'ok' ? undefined : JSON.stringify(result);
    }]);
  }
}

let passed = 0;
let failed = 0;
const waiting = checks.values();
async function work() {
  for (const [name, check] of waiting) {
    const fault = await check();
    if (fault === undefined) {
      passed += 1;
    } else {
      failed += 1;
      console.log(`FAILED ${name}: ${fault.slice(0, 1500)}`);
    }
  }
}
// Two at a time: each run is a process that mostly loads itself.
await Promise.all([work(), work()]);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
