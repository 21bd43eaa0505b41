// What every test needs: the registry, and a server with a sandbox of its own.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export const binary = process.env.INTEROP_BIN;
export const actions = JSON.parse(readFileSync(process.env.INTEROP_REGISTRY, 'utf8')).actions;
export const stdioArguments = ['serve', '--sandbox', '--dataset', 'fixture'];

/** Starts a server on HTTP; gives its address and a function that stops it. */
export async function startServer() {
  const server = spawn(binary, ['serve', '--http', '127.0.0.1:0', '--sandbox', '--dataset', 'fixture'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const said = [];
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: server.stderr }).on('line', (line) => {
      said.push(line);
      const found = /^stoq-mcp listening on (http:\/\/\S+)$/.exec(line);
      if (found) resolve(found[1]);
    });
    server.once('error', reject);
    ended.then((code) => reject(new Error(`the server ended with code ${code}:\n${said.join('\n')}`)));
  });
  const stop = async () => {
    server.kill();
    await ended;
  };
  return { url, stop };
}

/** The text blocks of a result. */
export function textOf(result) {
  return result.content
    .filter((block) => block.type === 'text')
    .map((block) => block.text)
    .join('\n');
}
