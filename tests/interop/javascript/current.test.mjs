// The current TypeScript SDK, in both protocol eras.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import assert from 'node:assert/strict';

import { contract } from './contract.mjs';
import { binary, startServer } from './support.mjs';
import { surfaceContract } from './surface.mjs';

const ajv = addFormats(new Ajv2020({ strict: false, allErrors: true }));
const modes = { modern: { pin: '2026-07-28' }, legacy: 'legacy' };

const connected = async (era, transport) => {
  const client = new Client({ name: 'interop', version: '1' }, { versionNegotiation: { mode: modes[era] } });
  await client.connect(transport);
  assert.equal(client.getProtocolEra(), era);
  return client;
};

const overStdio = (era) => async ({ args, env }) => {
  const client = await connected(era, new StdioClientTransport({ command: binary, args, env }));
  return { client, close: () => client.close() };
};

const overHttp = (era) => async (sandbox) => {
  const server = await startServer(sandbox);
  const client = await connected(era, new StreamableHTTPClientTransport(new URL(server.url)));
  return { client, close: () => client.close().then(server.stop) };
};

for (const era of Object.keys(modes)) {
  contract(`current SDK, ${era}, stdio`, overStdio(era), ajv, (options) => [options]);
  contract(`current SDK, ${era}, HTTP`, overHttp(era), ajv, (options) => [options]);
}

const reach = { everyExample: true };
surfaceContract('current SDK, modern, stdio, core', 'core', overStdio('modern'), ajv, reach);
surfaceContract('current SDK, legacy, HTTP, compact', 'compact', overHttp('legacy'), ajv, reach);
