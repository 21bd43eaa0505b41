// A TypeScript agent that lets arrived preorders ship, over HTTP, with the official SDKs.
//
// It talks to a server that a team hosts (`stoq-mcp serve --http`, with a bearer token), lets Claude call the tools until it answers,
// and puts the server's plan to the person at the terminal before any order is released: released goods cannot be called back.
// What the person types lets the call through; the model never sees the question and cannot answer it.
//
// Run (Node 22.18 or newer runs TypeScript as it is):
//   stoq-mcp serve --http 127.0.0.1:8080 --sandbox        # in another terminal: a sandbox shop
//   cd examples/typescript && npm ci
//   ANTHROPIC_API_KEY=… MODEL=… node release_agent.ts "The Canvas Field Jackets are here. Release the paid orders."
// STOQ_URL is the server's address (default http://127.0.0.1:8080/mcp), STOQ_TOKEN its bearer token where it asks for one;
// ANTHROPIC_BASE_URL names any compatible endpoint.

import Anthropic from '@anthropic-ai/sdk';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createInterface } from 'node:readline/promises';

const { MODEL, STOQ_URL = 'http://127.0.0.1:8080/mcp', STOQ_TOKEN } = process.env;
const mostRounds = 20;
const role = 'You help the merchant run the shop with the tools you have. Do what is asked and no more, then answer in a sentence or two.';

/** The shop's server, with a person who is asked where it wants one. */
async function connect(): Promise<Client> {
  const client = new Client(
    { name: 'release-agent', version: '1.0.0' },
    { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode: 'auto' } },
  );
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    // The server only asks by form; whatever else comes is a no.
    if (!('requestedSchema' in params)) return { action: 'decline' };
    console.log(`\n--- Do you agree?\n${params.message}`);
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    try {
      const content: Record<string, string> = {};
      for (const name of Object.keys(params.requestedSchema.properties)) {
        const typed = (await terminal.question(`${name} (empty: no)> `)).trim();
        if (!typed) return { action: 'decline' };
        content[name] = typed;
      }
      return { action: 'accept', content };
    } finally {
      terminal.close();
    }
  });
  const headers: Record<string, string> = STOQ_TOKEN ? { authorization: `Bearer ${STOQ_TOKEN}` } : {};
  await client.connect(new StreamableHTTPClientTransport(new URL(STOQ_URL), { requestInit: { headers } }));
  return client;
}

/** Runs one call of the model; a mistake goes back to it, which can mend it. */
async function run(client: Client, call: Anthropic.ToolUseBlock): Promise<Anthropic.ToolResultBlockParam> {
  console.log(`  … ${call.name} ${JSON.stringify(call.input)}`);
  const answer = { type: 'tool_result' as const, tool_use_id: call.id };
  try {
    const result = await client.callTool({ name: call.name, arguments: call.input as Record<string, unknown> });
    const text = result.content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
    return { ...answer, content: text, is_error: result.isError ?? false };
  } catch (error) {
    return { ...answer, content: String(error), is_error: true };
  }
}

async function main(request: string): Promise<void> {
  if (!MODEL) throw new Error('Set MODEL to the name of a model, and ANTHROPIC_API_KEY to its key.');
  const model = new Anthropic();
  const client = await connect();
  try {
    const tools = (await client.listTools()).tools.map(({ name, description, inputSchema }) => ({
      name,
      description: description ?? '',
      input_schema: inputSchema as Anthropic.Tool.InputSchema,
    }));
    const system = `${role}\n\n${client.getInstructions() ?? ''}`;
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: request }];
    for (let round = 0; round < mostRounds; round += 1) {
      const { content } = await model.messages.create({ model: MODEL, max_tokens: 4096, system, messages, tools });
      messages.push({ role: 'assistant', content });
      const results: Anthropic.ToolResultBlockParam[] = [];
      for (const block of content) {
        if (block.type === 'text') console.log(`\n${block.text}`);
        if (block.type === 'tool_use') results.push(await run(client, block));
      }
      if (results.length === 0) return;
      messages.push({ role: 'user', content: results });
    }
    throw new Error(`The model did not come to an end within ${mostRounds} rounds of calls.`);
  } finally {
    await client.close();
  }
}

try {
  await main(process.argv[2] ?? 'Which preorders can be released?');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
