// The current TypeScript SDK, in both protocol eras.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import assert from 'node:assert/strict';

import { agreementContract } from './agreeing.mjs';
import { contract } from './contract.mjs';
import { binary, startServer } from './support.mjs';
import { surfaceContract } from './surface.mjs';

const ajv = addFormats(new Ajv2020({ strict: false, allErrors: true }));
const modes = { modern: { pin: '2026-07-28' }, legacy: 'legacy' };

const connected = async (era, transport, person) => {
  const capabilities = person ? { elicitation: { form: {} } } : {};
  const client = new Client(
    { name: 'interop', version: '1' },
    { capabilities, versionNegotiation: { mode: modes[era] } },
  );
  if (person) client.setRequestHandler('elicitation/create', async ({ params }) => person(params.message));
  await client.connect(transport);
  assert.equal(client.getProtocolEra(), era);
  return client;
};

const overStdio = (era) => async ({ args, env }, person) => {
  const client = await connected(era, new StdioClientTransport({ command: binary, args, env }), person);
  return { client, close: () => client.close() };
};

const overHttp = (era) => async (sandbox, person) => {
  const server = await startServer(sandbox);
  const client = await connected(era, new StreamableHTTPClientTransport(new URL(server.url)), person);
  return { client, close: () => client.close().then(server.stop) };
};

for (const era of Object.keys(modes)) {
  contract(`current SDK, ${era}, stdio`, overStdio(era), ajv, (options) => [options]);
  contract(`current SDK, ${era}, HTTP`, overHttp(era), ajv, (options) => [options]);
  agreementContract(`current SDK, ${era}, stdio, core`, 'core', overStdio(era));
  agreementContract(`current SDK, ${era}, HTTP, full`, 'full', overHttp(era));
}

const reach = { everyExample: true };
surfaceContract('current SDK, modern, stdio, core', 'core', overStdio('modern'), ajv, reach);
surfaceContract('current SDK, legacy, HTTP, compact', 'compact', overHttp('legacy'), ajv, reach);
