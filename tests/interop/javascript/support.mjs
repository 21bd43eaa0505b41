// What every test needs: the registry, and a server with a sandbox of its own.

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export const binary = process.env.INTEROP_BIN;
export const actions = JSON.parse(readFileSync(process.env.INTEROP_REGISTRY, 'utf8')).actions;

const shop = 'juniper-supply.myshopify.com';
const everything = ['--allow', 'write,send,money,destroy', '--v1', 'all', '--shop-domain', shop];

// What is called is done as it is called for, as often as it is, and seen as it is.
const unattended = {
  STOQ_MCP_CONFIRM: 'off',
  STOQ_MCP_REPEAT_WINDOW_SECONDS: '0',
  STOQ_MCP_PERSONAL_DATA: 'full',
};

/** What `tools --json` prints for a surface of a server as the tests start it. */
export function printed(surface) {
  const args = ['tools', '--json', '--sandbox', '--v1', 'all', '--confirm', 'off', '--surface', surface];
  return JSON.parse(execFileSync(binary, args, { encoding: 'utf8', maxBuffer: 1 << 26 }));
}

/**
 * Starts a process and waits for lines of a pipe that say where it listens.
 *
 * @param {string[]} args of the program
 * @param {object} env more variables
 * @param {'stdout' | 'stderr'} pipe where it says so
 * @param {(lines: string[]) => T | undefined} read what the lines say, once they do
 * @returns {Promise<{said: T, stop: () => Promise<void>}>}
 * @template T
 */
async function started(args, env, pipe, read) {
  const stdio = ['ignore', 'ignore', 'ignore'];
  stdio[pipe === 'stdout' ? 1 : 2] = 'pipe';
  const child = spawn(binary, args, { stdio, env: { ...process.env, ...env } });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const lines = [];
  const said = await new Promise((resolve, reject) => {
    createInterface({ input: child[pipe] }).on('line', (line) => {
      lines.push(line);
      const found = read(lines);
      if (found) resolve(found);
    });
    child.once('error', reject);
    ended.then((code) => reject(new Error(`the program ended with code ${code}:\n${lines.join('\n')}`)));
  });
  const stop = async () => {
    child.kill();
    await ended;
  };
  return { said, stop };
}

/**
 * Starts the API that is called, in a process of its own: examples change it, so it can begin anew.
 * `args` and `env` start a server over it.
 *
 * @param {'core' | 'compact' | 'full'} surface of that server
 * @param {{asks: boolean}} guards whether it asks a person; else what is called is done as it is called for
 */
export async function startSandbox(surface, { asks } = { asks: false }) {
  const listen = ['sandbox', '--listen', '127.0.0.1:0', '--dataset', 'fixture'];
  const { said, stop } = await started(listen, {}, 'stdout', ([address, key]) => {
    const found = /^sandbox listening on (\S+)$/.exec(address);
    return found && key ? { baseUrl: found[1], key: key.split(' ').at(-1) } : undefined;
  });
  const control = async (method, path, body) => {
    const url = new URL(`/sandbox${path}`, said.baseUrl);
    const answer = await fetch(url, { method, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  // The API's budget is not what is tested.
  await control('PATCH', '/config', { rate_limit: 1_000_000 });
  return {
    args: ['serve', '--base-url', said.baseUrl, ...everything],
    env: {
      STOQ_API_KEY: said.key,
      STOQ_MCP_POINTS_LIMIT: '0',
      STOQ_MCP_STATE: 'memory',
      STOQ_MCP_SURFACE: surface,
      ...(asks ? {} : unattended),
    },
    effects: async (kind) => {
      const answer = await fetch(new URL('/sandbox/journal', said.baseUrl));
      const { entries } = await answer.json();
      return entries.flatMap((entry) => entry.effects).filter((effect) => effect.kind === kind).length;
    },
    reset: () => control('POST', '/reset', { dataset: 'fixture' }),
    stop,
  };
}

/** Starts a server on HTTP over a sandbox; gives its address and a function that stops it. */
export async function startServer(sandbox) {
  const args = [...sandbox.args, '--http', '127.0.0.1:0'];
  const { said, stop } = await started(args, sandbox.env, 'stderr', (lines) => {
    return /^stoq-mcp listening on (http:\/\/\S+)$/.exec(lines.at(-1))?.[1];
  });
  return { url: said, stop };
}

/**
 * Calls a tool where nobody is asked: a call without ids says how many rows it means, as the refusal tells.
 *
 * @param {(args: object) => Promise<object>} call makes it with arguments
 */
export async function counted(call, args) {
  const result = await call(args);
  const count = /`expected_count`: (\d+)\.$/.exec(textOf(result))?.[1];
  return count === undefined ? result : call({ ...args, expected_count: Number(count) });
}

/** The text blocks of a result. */
export function textOf(result) {
  return result.content
    .filter((block) => block.type === 'text')
    .map((block) => block.text)
    .join('\n');
}
