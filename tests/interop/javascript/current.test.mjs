// The current TypeScript SDK, in both protocol eras.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import assert from 'node:assert/strict';

import { contract } from './contract.mjs';
import { binary, startServer } from './support.mjs';

const ajv = addFormats(new Ajv2020({ strict: false, allErrors: true }));
const eras = [
  ['modern', { pin: '2026-07-28' }],
  ['legacy', 'legacy'],
];

for (const [era, mode] of eras) {
  const connected = async (transport) => {
    const client = new Client({ name: 'interop', version: '1' }, { versionNegotiation: { mode } });
    await client.connect(transport);
    assert.equal(client.getProtocolEra(), era);
    return client;
  };

  contract(
    `current SDK, ${era}, stdio`,
    async ({ args, env }) => {
      const client = await connected(new StdioClientTransport({ command: binary, args, env }));
      return { client, close: () => client.close() };
    },
    ajv,
    (options) => [options],
  );

  contract(
    `current SDK, ${era}, HTTP`,
    async (sandbox) => {
      const server = await startServer(sandbox);
      const client = await connected(new StreamableHTTPClientTransport(new URL(server.url)));
      return { client, close: () => client.close().then(server.stop) };
    },
    ajv,
    (options) => [options],
  );
}
