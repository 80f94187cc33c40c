import { once } from 'node:events';
import {
  chmodSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Namespace } from '@nsnet/ns';
import { AF, F, fcntl, SOCK } from '@nsnet/sys';
import t from 'tap';
import { inventory, ip, lacking, uniqueName } from '../support/namespaces.ts';

const skip = lacking('ip', 'nsenter', 'setpriv', 'unshare', 'sh', 'sleep', 'cat');
const folder = mkdtempSync(join(tmpdir(), 'nsnet-t-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const network = (pid: number | undefined) => readlinkSync(`/proc/${pid}/ns/net`);

t.test('the program is in the namespace when it is handed over, and is the program', { skip }, async (t) => {
  await using namespace = await Namespace.create();
  const inside = network(process.pid).replace(/\d+/, `${fstatSync(namespace.fd).ino}`);
  for (let round = 0; round < 20; round++) {
    const child = await namespace.spawn('sleep', ['1000'], { stdio: 'ignore' });
    t.equal(network(child.pid), inside);
    t.equal(readFileSync(`/proc/${child.pid}/cmdline`, 'utf8'), `${findSleep()}\0${'1000'}\0`);
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    t.same(await exit, [null, 'SIGTERM']);
  }
});

function findSleep(): string {
  for (const directory of process.env.PATH?.split(':') ?? []) {
    try {
      readFileSync(join(directory, 'sleep'));
      return join(directory, 'sleep');
    } catch {
      // Elsewhere.
    }
  }
  return 'sleep';
}

t.test('results', { skip }, async (t) => {
  await using namespace = await Namespace.create(uniqueName(), { loopback: true });
  const run = namespace.run.bind(namespace);
  t.same(await run('true'), { code: 0, signal: null, stdout: '', stderr: '' });
  t.match(await run('sh', ['-c', 'echo out; echo err >&2; exit 7']), { code: 7, stdout: 'out\n', stderr: 'err\n' });
  t.match(await run('sh', ['-c', 'kill -9 $$']), { code: null, signal: 'SIGKILL' });
  t.match(await run('cat', [], { input: 'héllo' }), { code: 0, stdout: 'héllo' });
  t.match(await run('cat', [], { input: Buffer.alloc(3_000_000, 'x') }), { code: 0, stdout: 'x'.repeat(3_000_000) });
  t.match(await run('true', [], { input: 'x'.repeat(1_000_000) }), { code: 0 }, 'input that nobody reads');
  t.match(await run('cat'), { code: 0, stdout: '' }, 'no input is the end of it');
  t.match(await run('printf', ['%s|', 'a b', '$(id)', '*', '--', '-x', '']), { stdout: 'a b|$(id)|*|--|-x||' });
  t.match(await run('sh', ['-c', 'echo $X', 'sh'], { env: { X: 'y', PATH: process.env.PATH } }), { stdout: 'y\n' });
  t.match(await run('echo $((1 + 1))', [], { shell: true }), { stdout: '2\n' });
  t.match(await run('pwd', [], { cwd: folder }), { stdout: `${folder}\n` });
  t.match(await run('pwd', [], { cwd: pathToFileURL(folder) }), { stdout: `${folder}\n` });
  t.same(
    JSON.parse((await run('ip', ['-j', 'link'])).stdout),
    JSON.parse(ip('-n', namespace.name ?? '', '-j', 'link')),
  );
});

t.test('it sees its standard descriptors and what it was given', { skip }, async (t) => {
  await using namespace = await Namespace.create();
  const leaky = await namespace.socket(AF.INET, SOCK.DGRAM, 0);
  fcntl(leaky, F.SETFD, 0); // As other native code may do.
  const listed = async (...stdio: ('pipe' | 'ignore')[]) => {
    const child = await namespace.spawn('sh', ['-c', 'ls /proc/self/fd'], {
      stdio: ['ignore', 'pipe', 'inherit', ...stdio],
    });
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    await once(child, 'close');
    return text.trim().split('\n').map(Number);
  };
  // One more is the directory that ls reads.
  t.same((await listed()).slice(0, -1), [0, 1, 2]);
  t.same((await listed('pipe')).slice(0, 4), [0, 1, 2, 3]);
});

t.test('what fails before the program runs is no exit status', { skip }, async (t) => {
  const file = join(folder, 'plain');
  writeFileSync(file, 'x');
  symlinkSync('/nonexistent', join(folder, 'dangling'));
  await using namespace = await Namespace.create(uniqueName());
  const before = inventory();
  const table: [name: string, call: () => Promise<unknown>, expected: object][] = [
    [
      'no such program',
      () => namespace.run('nonexistent-program'),
      { code: 'ENOENT', step: 'execute', message: /PATH/ },
    ],
    ['no such path', () => namespace.run('/nonexistent/program'), { code: 'ENOENT', step: 'execute' }],
    ['no PATH', () => namespace.run('nonexistent', [], { env: {} }), { code: 'ENOENT', step: 'execute' }],
    ['a dangling link', () => namespace.run(join(folder, 'dangling')), { code: 'ENOENT', step: 'execute' }],
    ['no permission', () => namespace.run(file), { code: 'EACCES', step: 'execute' }],
    ['a directory', () => namespace.run(folder), { code: 'EACCES', step: 'execute' }],
    ['an empty name', () => namespace.run(''), { step: 'execute' }],
    ['no such directory', () => namespace.run('true', [], { cwd: '/nonexistent' }), { code: 'ENOENT', step: 'chdir' }],
    ['a file as directory', () => namespace.run('true', [], { cwd: file }), { code: 'ENOTDIR', step: 'chdir' }],
    ['too long', () => namespace.run('true', ['x'.repeat(200_000)]), { code: 'E2BIG', step: 'execute' }],
  ];
  for (const [name, call, expected] of table) {
    await t.rejects(call(), { name: 'NamespaceError', namespace: namespace.name, ...expected }, name);
  }
  await t.rejects(namespace.run('true', ['a\0b']), { code: 'ERR_INVALID_ARG_VALUE' });
  await t.rejects(namespace.run('true', [], { env: { 'A\0': 'x' } }), { code: 'ERR_INVALID_ARG_VALUE' });
  t.same(inventory(), before);
});

t.test('programs that are found as execvp finds them', { skip }, async (t) => {
  await using namespace = await Namespace.create();
  mkdirSync(join(folder, 'first'));
  mkdirSync(join(folder, 'second'));
  const first = join(folder, 'first', 'tool');
  const second = join(folder, 'second', 'tool');
  writeFileSync(first, '');
  writeFileSync(second, '#!/bin/sh\necho found "$@"\n');
  chmodSync(second, 0o755);
  const env = { PATH: `/nonexistent:${join(folder, 'first')}:${join(folder, 'second')}` };
  t.match(
    await namespace.run('tool', ['it'], { env }),
    { stdout: 'found it\n' },
    'what may not be executed is passed over',
  );
  t.match(await namespace.run('./tool', [], { cwd: join(folder, 'second') }), { stdout: 'found\n' });
  t.match(await namespace.run('tool', [], { cwd: join(folder, 'second'), env: { PATH: '' } }), { stdout: 'found\n' });
});

t.test('time and abortion', { skip }, async (t) => {
  await using namespace = await Namespace.create();
  t.match(await namespace.run('sleep', ['1000'], { timeout: 50 }), { code: null, signal: 'SIGTERM' });
  t.match(await namespace.run('sleep', ['1000'], { timeout: 50, killSignal: 'SIGKILL' }), { signal: 'SIGKILL' });
  const stubborn = 'trap "" TERM; while :; do sleep 0.05; done';
  t.match(
    await namespace.run('sh', ['-c', stubborn], { timeout: 50 }),
    { signal: 'SIGKILL' },
    'a program that does not listen',
  );
  await t.rejects(namespace.run('sleep', ['1000'], { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
  await t.rejects(namespace.run('sleep', ['1000'], { signal: AbortSignal.abort() }), { name: 'AbortError' });
  await t.rejects(namespace.spawn('sleep', ['1000'], { signal: AbortSignal.abort() }), { name: 'AbortError' });

  const controller = new AbortController();
  const child = await namespace.spawn('sleep', ['1000'], { signal: controller.signal, stdio: 'ignore' });
  const exit = new Promise((resolve) => child.once('exit', resolve));
  const error = once(child, 'error');
  controller.abort();
  t.match(await error, [{ name: 'AbortError' }], "child_process's own");
  await exit;
  t.same(await namespace.pids(), []);
});

t.test('no output is lost, however short the program', { skip }, async (t) => {
  await using namespace = await Namespace.create();
  const runs = Array.from({ length: 40 }, (_, index) => namespace.run('sh', ['-c', `echo ${index}; exit ${index}`]));
  const results = await Promise.all(runs);
  t.same(
    results,
    runs.map((_, index) => ({ code: index, signal: null, stdout: `${index}\n`, stderr: '' })),
  );
  for (let index = 0; index < 20; index++) {
    const child = await namespace.spawn('echo', ['x'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const chunks: string[] = [];
    child.stdout?.on('data', (chunk) => chunks.push(String(chunk)));
    await once(child, 'close');
    t.equal(chunks.join(''), 'x\n');
  }
});

t.test('less rights', { skip }, async (t) => {
  await using namespace = await Namespace.create();
  const status = async (options: Parameters<Namespace['run']>[2]) => {
    const { stdout } = await namespace.run('cat', ['/proc/self/status'], options);
    return Object.fromEntries(stdout.split('\n').map((line) => line.split(/:\s*/, 2) as [string, string]));
  };
  t.match(await status({}), { NoNewPrivs: '0' });
  t.match(await status({ noNewPrivileges: true }), { NoNewPrivs: '1' });
  t.match(await status({ dropCapabilities: true }), { CapEff: /^0+$/, CapBnd: /^0+$/ });
  const { CapEff = '', CapBnd = '' } = await status({ dropCapabilities: ['CAP_SYS_ADMIN', 'net_admin'] });
  for (const set of [CapEff, CapBnd]) t.equal(BigInt(`0x${set}`) & ((1n << 21n) | (1n << 12n)), 0n);
  t.not(BigInt(`0x${CapEff}`), 0n);
  t.match(await status({ uid: 65534, gid: 65533 }), {
    Uid: /^65534/,
    Gid: /^65533/,
    Groups: /^(65533)? ?$/,
    CapEff: /^0+$/,
  });
  const refused = { code: 'EINVAL', step: 'privileges' };
  await t.rejects(namespace.run('true', [], { dropCapabilities: ['nonsense'] }), refused);
  await t.rejects(namespace.run('true', [], { dropCapabilities: ['-all'] }), refused);
  for (const uid of [-1, 0.5, Number.NaN, 2 ** 40]) await t.rejects(namespace.run('true', [], { uid }), refused);
  t.match(await namespace.run('ip', ['link', 'set', 'lo', 'up'], { dropCapabilities: ['NET_ADMIN'] }), { code: 2 });
  t.match(await namespace.run('sh', ['-c', 'nsenter --net=/proc/1/ns/net true'], { dropCapabilities: true }), {
    code: 1,
  });
});

t.test('mounts of its own', { skip }, async (t) => {
  await using namespace = await Namespace.create();
  const mounts = () => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').length;
  const before = mounts();
  const script = `mount -t tmpfs mine ${folder} && grep -c ${folder} /proc/self/mountinfo`;
  t.match(await namespace.run('sh', ['-c', script], { mountNamespace: true }), { code: 0, stdout: '1\n' });
  t.equal(mounts(), before);
});

t.test('a server inside is reached from inside only', { skip }, async (t) => {
  await using namespace = await Namespace.create(undefined, { loopback: true });
  const server = createServer((socket) => socket.end('outside')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const script = `require('net').connect(${port}, '127.0.0.1').on('error', ({ code }) => console.log(code))`;
  t.match(await namespace.run(process.execPath, ['-e', script]), { stdout: 'ECONNREFUSED\n' });
  server.close();
});

t.test('the namespace may be closed once the program runs', { skip }, async (t) => {
  const before = inventory();
  for (let round = 0; round < 20; round++) {
    const namespace = await Namespace.create();
    const started = namespace.run('readlink', ['/proc/self/ns/net']);
    await namespace.close();
    const other = await Namespace.create();
    const { stdout } = await started;
    t.match(stdout, /^net:\[\d+\]\n$/);
    t.not(stdout.trim(), network(process.pid));
    t.not(stdout.trim(), `net:[${fstatSync(other.fd).ino}]`);
    await other.close();
  }
  t.same(inventory(), before);
});
