import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { needsRoot } from './support/private.ts';

const runner = join(import.meta.dirname, 'run.js');
const useTap = `import t from '${import.meta.resolve('tap')}';\n`;

const folder = mkdtempSync(join(tmpdir(), 'nsnet-runner-'));
t.teardown(() => rmSync(folder, { recursive: true }));

interface Case {
  /** What the test file does wrong (or right). */
  name: string;
  /** Its text; `tap` in it is imported. */
  text: string;
  /** The last line of the run. */
  line: string;
  /** Must be in the output. */
  shows?: (string | RegExp)[];
  options?: string[];
}

const fine = `t.test('fine', async (t) => t.ok(true));\n`;

const cases: Case[] = [
  { name: 'all pass', text: `${fine}t.test('fine too', async (t) => t.ok(true));`, line: '2 passed, 0 failed' },
  {
    name: 'assertion failure',
    text: `${fine}t.test('outer', (t) => t.test('inner', async (t) => t.same({ a: 1 }, { a: 2 })));`,
    line: '1 passed, 1 failed',
    shows: ['✗ outer > inner > should be equivalent', /at .*\.mjs:3:/, '-  "a": 2', '+  "a": 1'],
  },
  { name: 'failure outside a subtest', text: `t.ok(true); t.equal(1, 2, 'sums');`, line: '1 passed, 1 failed' },
  {
    name: 'thrown in a test',
    text: `${fine}t.test('bad', async () => { throw new Error('boom'); });`,
    line: '1 passed, 1 failed',
    shows: ['boom', /at .*\.mjs:3:/],
  },
  {
    name: 'thrown at the top',
    text: `${fine}throw new Error('boom');`,
    line: '1 passed, 1 failed',
    shows: ['boom'],
  },
  { name: 'unmet plan', text: `t.plan(3); t.pass('one');`, line: '1 passed, 1 failed', shows: ['count(1) != plan(3)'] },
  {
    name: 'promise that never resolves',
    text: `${fine}t.test('hangs', () => new Promise(() => {}));`,
    line: '1 passed, 1 failed',
    shows: ['hangs'],
  },
  {
    name: 'hang with a live handle: tap says which test',
    text: `${fine}t.test('hangs', () => new Promise(() => setInterval(() => {}, 100)));`,
    line: '1 passed, 1 failed',
    options: ['--timeout=4'],
    shows: ['hangs', 'timeout'],
  },
  {
    name: 'hang in a loop: the process is killed',
    text: `${fine}t.test('loops', async () => { for (;;); });`,
    line: '1 passed, 1 failed',
    options: ['--timeout=2'],
    shows: ['timed out after 2 s'],
  },
  {
    name: 'longer timeout of its own',
    text: `// timeout: 60 s\n${fine}t.test('slow', (t) => new Promise((done) => setTimeout(done, 1500)));`,
    line: '2 passed, 0 failed',
    options: ['--timeout=1'],
  },
  {
    name: 'process.exit(0) in the middle of a test',
    text: `${fine}t.test('exits', async (t) => { t.ok(1); process.exit(0); });`,
    line: '1 passed, 1 failed',
  },
  {
    name: 'abort',
    text: `${fine}t.test('aborts', async (t) => { t.ok(1); process.abort(); });`,
    line: '1 passed, 1 failed',
    shows: ['died of SIGABRT'],
  },
  { name: 'syntax error', text: 'const = 1;', line: '0 passed, 1 failed', shows: ['SyntaxError'] },
  {
    name: 'late uncaught error',
    text: `${fine}process.on('exit', () => { throw new Error('too late'); });`,
    line: '1 passed, 1 failed',
    shows: ['exit code 1 without a failed test', 'too late'],
  },
  { name: 'bail-out', text: `t.test('fine', async () => {}); t.bailout('no kernel');`, line: '0 passed, 1 failed' },
  {
    name: 'whole file skipped',
    text: `t.plan(0, 'needs root');`,
    line: '0 passed, 0 failed, 1 skipped',
    shows: ['SKIPPED', 'whole file: needs root'],
  },
  {
    name: 'one test skipped, one with only skips, one to do',
    text: `${fine}t.test('a', { skip: 'no nft' }, () => {}); t.test('b', async (t) => t.skip('no tc')); t.test('c', { todo: 'one day' });`,
    line: '1 passed, 0 failed, 3 skipped',
    shows: ['a: no nft', 'b: no tc', 'c: todo: one day'],
  },
  { name: 'no test at all', text: '', line: '0 passed, 1 failed', shows: ['ran no tests'] },
  { name: 'output without a plan', text: `console.log('ok 1 - fine'); void t;`, line: '1 passed, 1 failed' },
];

/** Runs the runner on its own; `private` with mounts, links and /run that are nobody else's. */
function run(args: string[], isPrivate = false) {
  const inside = ['--net', '--mount', '--propagation', 'private', 'sh', '-c', 'mount -t tmpfs tmpfs /run && exec "$@"'];
  const command = [process.execPath, runner, ...args];
  const [program = '', ...rest] = isPrivate ? ['unshare', ...inside, 'sh', ...command] : command;
  const { stdout, stderr, status } = spawnSync(program, rest, { encoding: 'utf8' });
  return { output: stdout + stderr, line: stdout.trimEnd().split('\n').at(-1), status };
}

function fixture(text: string): string {
  const file = join(folder, `${cases.length}-${Math.random()}.mjs`);
  writeFileSync(file, text.startsWith('// timeout') ? text.replace('\n', `\n${useTap}`) : useTap + text);
  return file;
}

for (const { name, text, line, shows = [], options = [] } of cases) {
  t.test(name, async (t) => {
    const result = run([...options, fixture(text)]);
    t.equal(result.line, line);
    t.equal(result.status, / 0 failed/.test(line) ? 0 : 1, 'exit code');
    for (const shown of shows) {
      t.ok(shown instanceof RegExp ? shown.test(result.output) : result.output.includes(shown), `shows ${shown}`, {
        output: result.output,
      });
    }
  });
}

t.test('several files are summed; one that is missing fails', async (t) => {
  t.match(run(['no such test']), { line: '0 passed, 1 failed', status: 1 });
  const files = [fixture(fine), fixture(`${fine}t.test('skipped', { skip: 'why' });`)];
  t.match(run(files), { line: '2 passed, 0 failed, 1 skipped', status: 0 });
});

t.test('finds a process that a test left behind, and ends it', async (t) => {
  const left = `import { spawn } from 'node:child_process';
    spawn('sleep', ['1234.5'], { detached: true, stdio: 'ignore' }).unref();\n${fine}`;
  const { output, line } = run(['--settle=200', fixture(left)]);
  t.equal(line, '1 passed, 1 failed');
  const [, pid] = /left behind: process (\d+): sleep 1234\.5/.exec(output) ?? [];
  t.ok(pid, 'the process is named');
  while (existsSync(`/proc/${pid}`) && !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) {
    await new Promise(setImmediate);
  }
});

t.test('finds links, mounts and namespaces left behind', { skip: needsRoot }, async (t) => {
  const leave = (command: string) =>
    fixture(`import { execSync } from 'node:child_process';\nexecSync('${command}');\n${fine}`);
  const link = run(['--settle=200', leave('ip link add left0 type veth peer name left1')], true);
  t.match(link, { line: '1 passed, 2 failed', status: 1, output: 'left behind: link left0' });
  const mount = run(['--settle=200', leave('mount -t tmpfs tmpfs /mnt')], true);
  t.match(mount, { line: '1 passed, 1 failed', status: 1, output: 'left behind: mount /mnt of type tmpfs' });
  const name = run(['--settle=200', leave('ip netns add left')], true);
  t.match(name, { line: '1 passed, 2 failed', status: 1, output: 'left behind: namespace left' });
  t.match(run([leave('ip netns add brief && ip netns delete brief')], true), { line: '1 passed, 0 failed', status: 0 });
});
