// The classic TypeScript SDK, which most desktop clients still carry.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

import { contract } from './contract.mjs';
import { binary, startServer } from './support.mjs';

// As the SDK itself sets it up.
const ajv = addFormats(new Ajv({ strict: false, validateFormats: true, allErrors: true }));

// This SDK takes the schema of the result before the options.
const withOptions = (options) => [undefined, options];

const connected = async (transport) => {
  const client = new Client({ name: 'interop', version: '1' });
  await client.connect(transport);
  return client;
};

contract(
  'classic SDK, stdio',
  async ({ args, env }) => {
    const client = await connected(new StdioClientTransport({ command: binary, args, env }));
    return { client, close: () => client.close() };
  },
  ajv,
  withOptions,
);

contract(
  'classic SDK, HTTP',
  async (sandbox) => {
    const server = await startServer(sandbox);
    const client = await connected(new StreamableHTTPClientTransport(new URL(server.url)));
    return { client, close: () => client.close().then(server.stop) };
  },
  ajv,
  withOptions,
);
