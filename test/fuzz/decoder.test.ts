// Bytes of all kinds against every decoder. NSNET_FUZZ_SECONDS=600 runs longer, NSNET_FUZZ_SEED=n repeats a run. What
// fails is saved in test/fuzz/regressions, to be tried again in every run from then on.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageTypes } from '@nsnet/netlink/messages';
import t from 'tap';
import { messages, parseHexFile, readFixtures } from '../support/fixtures.ts';
import { type Input, makeInput } from './inputs.ts';
import { violation } from './invariants.ts';
import { Random } from './random.ts';

// Traces of errors that are thrown on purpose, by the million.
Error.stackTraceLimit = 0;

const seconds = Number(process.env.NSNET_FUZZ_SECONDS ?? 6);
const seed = Number(process.env.NSNET_FUZZ_SEED ?? Date.now() % 2 ** 32);
const regressions = resolve(import.meta.dirname, '../../fuzz/regressions');
const fixtures = readFixtures();

t.setTimeout((seconds + 110) * 1000);

t.test('every registered message is fuzzed', async (t) => {
  const known = new Set(Object.values(messages));
  t.same(
    messageTypes.filter(({ message }) => !known.has(message)).map(({ name }) => name),
    [],
  );
  t.same(
    Object.keys(messages).filter((name) => !fixtures.some((fixture) => fixture.name.startsWith(`${name}/`))),
    [],
    'every message has captures',
  );
});

t.test('what failed once', async (t) => {
  for (const file of existsSync(regressions) ? readdirSync(regressions).sort() : []) {
    const message = messages[file.split('-')[0] ?? ''];
    if (message === undefined) t.fail(`${file} does not begin with the name of a message`);
    else t.equal(violation(message, parseHexFile(readFileSync(join(regressions, file), 'utf8'))), undefined, file);
  }
});

t.test('captures cut at every byte', async (t) => {
  let tried = 0;
  for (const { name, message, bytes } of fixtures) {
    for (let length = 0; length <= bytes.length; length++) {
      const problem = violation(message, bytes.subarray(0, length));
      if (problem !== undefined) t.fail(`${name} cut at ${length}: ${problem}`);
      tried++;
    }
  }
  t.pass(`${tried} prefixes of ${fixtures.length} captures`);
});

t.test(`random inputs, seed ${seed}`, { timeout: (seconds + 60) * 1000 }, async (t) => {
  const random = new Random(seed);
  const before = Object.getOwnPropertyNames(Object.prototype).sort();
  const end = Date.now() + seconds * 1000;
  let tried = 0;
  let failed = 0;
  while (Date.now() < end && failed < 10) {
    for (let left = 200; left > 0; left--, tried++) {
      const input = makeInput(random, fixtures);
      const problem = violation(input.message, input.bytes, random.oneIn(100));
      if (problem === undefined) continue;
      failed++;
      t.fail(`${input.from}: ${problem}; saved as ${save(input, problem)}`);
    }
    const now = Object.getOwnPropertyNames(Object.prototype).sort();
    if (now.join() !== before.join()) t.fail(`Object.prototype has become ${now.join()}`);
  }
  t.pass(`${tried} inputs, ${Math.round(tried / seconds)} a second`);
  t.comment(`${tried} inputs in ${seconds} s, seed ${seed}`);
});

function save({ message, bytes, from }: Input, problem: string): string {
  const name = Object.entries(messages).find(([, one]) => one === message)?.[0];
  const file = `${name}-${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}.hex`;
  mkdirSync(regressions, { recursive: true });
  const lines = bytes.toString('hex').match(/.{1,64}/g) ?? [];
  writeFileSync(join(regressions, file), `# ${from}, seed ${seed}\n# ${problem.split('\n')[0]}\n${lines.join('\n')}\n`);
  return file;
}
