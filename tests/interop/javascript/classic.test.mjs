// The classic TypeScript SDK, which most desktop clients still carry.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

import { agreementContract } from './agreeing.mjs';
import { contract } from './contract.mjs';
import { binary, startServer } from './support.mjs';
import { surfaceContract } from './surface.mjs';

// As the SDK itself sets it up.
const ajv = addFormats(new Ajv({ strict: false, validateFormats: true, allErrors: true }));

// This SDK takes the schema of the result before the options.
const withOptions = (options) => [undefined, options];

const connected = async (transport, person) => {
  const capabilities = person ? { elicitation: { form: {} } } : {};
  const client = new Client({ name: 'interop', version: '1' }, { capabilities });
  if (person) client.setRequestHandler(ElicitRequestSchema, async ({ params }) => person(params.message));
  await client.connect(transport);
  return client;
};

const overStdio = async ({ args, env }, person) => {
  const client = await connected(new StdioClientTransport({ command: binary, args, env }), person);
  return { client, close: () => client.close() };
};

const overHttp = async (sandbox, person) => {
  const server = await startServer(sandbox);
  const client = await connected(new StreamableHTTPClientTransport(new URL(server.url)), person);
  return { client, close: () => client.close().then(server.stop) };
};

contract('classic SDK, stdio', overStdio, ajv, withOptions);
contract('classic SDK, HTTP', overHttp, ajv, withOptions);

agreementContract('classic SDK, stdio, full', 'full', overStdio);
agreementContract('classic SDK, HTTP, compact', 'compact', overHttp);

// The examples are run by the current SDK.
const reach = { everyExample: false };
surfaceContract('classic SDK, HTTP, core', 'core', overHttp, ajv, reach);
surfaceContract('classic SDK, stdio, compact', 'compact', overStdio, ajv, reach);
