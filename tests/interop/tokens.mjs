// Counts the tokens of what an agent is shown: the tools and instructions of every surface under the
// flags operators use, what `describe_actions` says of each action, and the rows of lists.
//
// The counts are pinned in tokens.json, so that a change shows what it costs; the limits hold
// whatever is pinned. A further measure is one more entry of `measures`.

import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const { INTEROP_BIN: binary, INTEROP_PINNED: pinnedPath, INTEROP_REGISTRY: registry } = process.env;
const { actions } = JSON.parse(readFileSync(registry, 'utf8'));
const refresh = 'tests/interop/tokens.sh --update';
const surfaces = ['core', 'compact', 'full'];

/** The flags of operators, by what they are called here; without any, a live shop on stdio. */
const choices = {
  'default': [],
  'everything': ['--sandbox'],
  'back_in_stock': ['--toolsets', 'back_in_stock'],
  'preorders': ['--toolsets', 'preorders'],
};

// The operator's own settings are not what is counted.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('STOQ_')));

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
const mean = (numbers) => (numbers.length === 0 ? 0 : Number((sum(numbers) / numbers.length).toFixed(1)));

/** What one surface costs: `tokens` is name, description and input schema, what a model is shown. */
function surface(kind, flags) {
  const asked = ['tools', '--json', '--surface', kind, ...flags];
  const printed = execFileSync(binary, asked, { env, encoding: 'utf8', maxBuffer: 1 << 26 });
  const { tools, instructions } = JSON.parse(printed);
  const shown = tools.map(({ name, description, inputSchema }) =>
    countTokens(JSON.stringify({ name, description, inputSchema })),
  );
  const told = countTokens(instructions);
  return {
    tools: tools.length,
    tokens: sum(shown),
    mean: mean(shown),
    instructions: told,
    in_all: sum(shown) + told,
    output_schemas: sum(tools.map((tool) => countTokens(JSON.stringify(tool.outputSchema)))),
  };
}

/** A client of a sandbox where everything is allowed. */
async function connected(kind) {
  const args = ['serve', '--sandbox', '--dataset', 'fixture', '--v1', 'all', '--surface', kind];
  const client = new Client({ name: 'interop', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(new StdioClientTransport({ command: binary, args, env }));
  return client;
}

/** The text blocks of a call that must succeed, as a model reads them. */
async function textOf(client, name, args) {
  const result = await client.callTool({ name, arguments: args });
  const text = result.content.filter((block) => block.type === 'text').map((block) => block.text).join('\n');
  if (result.isError) throw new Error(`${name} ${JSON.stringify(args)}: ${text}`);
  return text;
}

/** Every action described alone: the mean, and the largest. */
async function described() {
  const client = await connected('compact');
  const counts = [];
  for (const { name } of actions) {
    counts.push([name, countTokens(await textOf(client, 'describe_actions', { names: [name] }))]);
  }
  await client.close();
  const largest = counts.toSorted(([, one], [, other]) => other - one).slice(0, 5);
  return { actions: counts.length, mean: mean(counts.map(([, count]) => count)), largest: Object.fromEntries(largest) };
}

/** The rows of every list as it comes, without a word of how much detail: tokens of a CSV line. */
async function rows() {
  const client = await connected('full');
  const { tools } = await client.listTools();
  const lists = new Set(tools.filter((tool) => tool.inputSchema.properties.detail).map((tool) => tool.name));
  const means = [];
  for (const { name, examples, handler, method } of actions) {
    // Exports give the rows of a report that is a list itself, or that has no rows to spare.
    if (!lists.has(name) || handler !== 'request' || method !== 'GET') continue;
    const counts = [];
    for (const { arguments: args } of examples) {
      const plain = Object.fromEntries(Object.entries(args).filter(([key]) => key !== 'fields' && key !== 'detail'));
      const result = await client.callTool({ name, arguments: plain });
      const shown = result.structuredContent?.page?.shown ?? 0;
      // A row may hold line breaks only inside quotes, and none of the fixture's does.
      if (shown > 0) counts.push(...result.content[0].text.split('\n').slice(-shown).map((line) => countTokens(line)));
    }
    if (counts.length > 0) means.push([name, mean(counts)]);
  }
  await client.close();
  const largest = means.toSorted(([, one], [, other]) => other - one).slice(0, 8);
  return { lists: means.length, mean: mean(means.map(([, count]) => count)), largest: Object.fromEntries(largest) };
}

/** What a surface may cost at most. */
function limits(kind, choice) {
  if (kind === 'core') return { tools: 20, in_all: 5_000 };
  if (kind === 'compact') return { tools: 8, in_all: 1_500 };
  // Of a few toolsets the mean is that of their actions; what is paid for is the sum, and that is less.
  return choice === 'default' || choice === 'everything' ? { mean: 300 } : {};
}

/** What is measured: each gives one part of what is pinned, and the limits that part must keep. */
const measures = [
  ...surfaces.flatMap((kind) =>
    Object.entries(choices).map(([choice, flags]) => ({
      name: `${kind}, ${choice}`,
      measure: () => surface(kind, flags),
      limits: limits(kind, choice),
    })),
  ),
  { name: 'describe_actions', measure: described, limits: { mean: 400 } },
  { name: 'a row of a list', measure: rows, limits: { mean: 30 } },
];

function table(counted) {
  const heads = ['tools', 'tokens', 'mean', 'instructions', 'in_all', 'output_schemas'];
  const row = (name, cells) => console.log(name.padEnd(24) + cells.map((cell) => String(cell).padStart(15)).join(''));
  row('o200k_base', heads);
  for (const [name, part] of Object.entries(counted)) {
    if ('in_all' in part) row(name, heads.map((head) => part[head]));
    else console.log(`${name}: ${JSON.stringify(part)}`);
  }
}

const update = process.argv.includes('--update');
const counted = {};
for (const { name, measure } of measures) counted[name] = await measure();
table(counted);
if (update) writeFileSync(pinnedPath, `${JSON.stringify(counted, null, 2)}\n`);

const pinned = JSON.parse(readFileSync(pinnedPath, 'utf8'));
let passed = 0;
let failed = 0;
function check(holds, fault) {
  if (holds) {
    passed += 1;
  } else {
    failed += 1;
    console.log(`FAILED ${fault}`);
  }
}
for (const { name, limits: most } of measures) {
  const [found, wanted] = [counted[name], pinned[name]].map((part) => JSON.stringify(part));
  check(found === wanted, `${name}: counted ${found}, pinned ${wanted}; to pin what is counted: ${refresh}`);
  for (const [what, limit] of Object.entries(most)) {
    const count = counted[name][what];
    check(count <= limit, `${name}: ${what} is ${count}, at most ${limit} is allowed`);
  }
}
// What the program itself prints for people is no more than a twentieth off.
const printed = execFileSync(binary, ['tools', '--tokens'], { env, encoding: 'utf8' });
for (const kind of surfaces) {
  const row = printed.split('\n').find((line) => line.trim().startsWith(`${kind} `));
  const all = Number(row?.trim().split(/\s+/)[5]);
  const real = counted[`${kind}, default`].in_all;
  check(Math.abs(all - real) <= real / 20, `tools --tokens: ${kind} costs ${real} and is printed as ${all}`);
}
for (const name of Object.keys(pinned)) {
  if (!(name in counted)) check(false, `${name}: pinned and not counted; to pin what is counted: ${refresh}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
