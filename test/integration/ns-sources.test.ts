import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Namespace } from '@nsnet/ns';
import { O, open } from '@nsnet/sys';
import t from 'tap';
import { inventory, lacking, uniqueName } from '../support/namespaces.ts';

const skip = lacking('ip', 'mkfifo');
const something = { name: 'NamespaceError', code: 'ERR_NOT_A_NAMESPACE', step: 'open' };
await import('node:fs/promises').then(({ access }) => access('/')); // libuv's threads, before descriptors are counted

t.test('by process', { skip }, async (t) => {
  await using namespace = await Namespace.create();
  const child = await namespace.spawn('sleep', ['1000'], { stdio: 'ignore' });
  await using found = await Namespace.open({ pid: child.pid ?? 0 });
  t.ok(found.equals(namespace));
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  await t.rejects(Namespace.open({ pid: child.pid ?? 0 }), { code: 'ESRCH', step: 'open' });
});

t.test('by a process that has ended, and that nobody has waited for', { skip }, async (t) => {
  // The shell becomes a program that never waits for the child it had.
  const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 1000'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(parent.stdout, 'data');
  const zombie = Number(line);
  const state = () => readFileSync(`/proc/${zombie}/stat`, 'utf8').split(') ')[1]?.[0];
  while (state() !== 'Z') await new Promise((resolve) => setImmediate(resolve));
  await t.rejects(Namespace.open({ pid: zombie }), { code: 'ESRCH' });
  parent.kill();
});

t.test('by no process', { skip }, async (t) => {
  for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 31, 2 ** 40, '1' as unknown as number]) {
    await t.rejects(Namespace.open({ pid }), { code: 'ERR_NAMESPACE_SOURCE' }, `${pid}`);
    await t.rejects(Namespace.identify(pid), { code: 'ERR_NAMESPACE_SOURCE' }, `${pid}`);
  }
  await t.rejects(Namespace.open({ pid: 2 ** 22 }), { code: 'ESRCH' });
  await t.rejects(Namespace.identify(2 ** 22), { code: 'ESRCH' });
});

t.test('by path', { skip }, async (t) => {
  const name = uniqueName();
  await using namespace = await Namespace.create(name);
  await using byPath = await Namespace.open({ path: `/run/netns/${name}` });
  t.ok(byPath.equals(namespace));
  await using byProc = await Namespace.open({ path: `/proc/${process.pid}/fd/${namespace.fd}` });
  t.ok(byProc.equals(namespace));
  await using own = await Namespace.open({ path: '/proc/self/ns/net' });
  t.ok(own.equals(await Namespace.current()));

  const folder = mkdtempSync(join(tmpdir(), 'nsnet-t-'));
  const path = join(folder, 'link');
  symlinkSync(`/run/netns/${name}`, path);
  await using byLink = await Namespace.open({ path });
  t.ok(byLink.equals(namespace));
  rmSync(folder, { recursive: true });
});

t.test('by a path to something else', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'nsnet-t-'));
  const at = (name: string) => join(folder, name);
  writeFileSync(at('file'), 'x');
  writeFileSync(at('empty'), '');
  execFileSync('mkfifo', [at('fifo')]);
  symlinkSync('/nonexistent', at('dangling'));
  symlinkSync(at('loop'), at('loop'));
  const server = createServer().listen(at('socket'));
  await once(server, 'listening');
  const before = inventory();
  const table: [path: string, expected: object][] = [
    [at('file'), { ...something, message: /is no network namespace but a file/ }],
    [at('empty'), { ...something, message: /empty file/ }],
    [at('fifo'), { ...something, message: /a FIFO/ }],
    [at('socket'), { ...something, message: /a socket/ }],
    [folder, { ...something, message: /a directory/ }],
    ['/dev/null', { ...something, message: /a device/ }],
    ['/proc/self/ns/mnt', { ...something, message: /a mount namespace/ }],
    ['/proc/self/ns/user', { ...something, message: /a user namespace/ }],
    [at('dangling'), { code: 'ENOENT' }],
    [at('loop'), { code: 'ELOOP' }],
    [at('nothing'), { code: 'ENOENT' }],
    [`${at('file')}/x`, { code: 'ENOTDIR' }],
    ['/proc/999999999/ns/net', { code: 'ENOENT' }],
    ['', { code: 'ERR_NAMESPACE_SOURCE' }],
    ['/proc/self/ns/net\0', { code: 'ERR_NAMESPACE_SOURCE' }],
  ];
  for (const [path, expected] of table) {
    await t.rejects(Namespace.open({ path }), { name: 'NamespaceError', ...expected }, JSON.stringify(path));
  }
  t.same(inventory(), before);
  server.close();
  rmSync(folder, { recursive: true });
});

t.test('by descriptor', { skip }, async (t) => {
  await using namespace = await Namespace.create();
  await using copy = await Namespace.open(namespace);
  t.not(copy.fd, namespace.fd);
  t.ok(copy.equals(namespace));
  await namespace.close();
  closeSync(await copy.socket(2, 2, 0));

  const pathOnly = open('/proc/self/ns/net', O.PATH);
  await using opened = await Namespace.open({ fd: pathOnly });
  t.ok(opened.equals(await Namespace.current()));
  closeSync(pathOnly);

  const before = inventory();
  const file = openSync('/etc/passwd', 'r');
  const uts = openSync('/proc/self/ns/uts', 'r');
  await t.rejects(Namespace.open({ fd: file }), { ...something, message: /a file/ });
  await t.rejects(Namespace.open({ fd: uts }), { ...something, message: /a UTS namespace/ });
  closeSync(file);
  closeSync(uts);
  await t.rejects(Namespace.open({ fd: file }), { code: 'EBADF' });
  for (const fd of [-1, 0.5, Number.NaN, 2 ** 40]) {
    await t.rejects(Namespace.open({ fd }), { code: 'ERR_NAMESPACE_SOURCE' }, `${fd}`);
  }
  t.same(inventory(), before);
});

t.test('by nothing that says which', { skip }, async (t) => {
  for (const source of [undefined, null, 7, {}, { name: 'red' }]) {
    await t.rejects(Namespace.open(source as never), { code: 'ERR_NAMESPACE_SOURCE' }, JSON.stringify(source));
  }
  for (const name of ['', '.', '..', 'a/b', '../../proc/self/ns/net', 'a\0b', 'n'.repeat(256), '\ud800']) {
    const refusal = { code: 'ERR_NAMESPACE_NAME', step: 'name' };
    await t.rejects(Namespace.open(name), refusal, JSON.stringify(name).slice(0, 30));
    await t.rejects(Namespace.create(name), refusal);
    await t.rejects(Namespace.delete(name), refusal);
    await t.rejects(Namespace.exists(name), refusal);
  }
});

t.test('discovered once each, whatever holds it', { skip }, async (t) => {
  const name = uniqueName();
  await using named = await Namespace.create(name);
  await using anonymous = await Namespace.create();
  const child = await anonymous.spawn('sleep', ['1000'], { stdio: 'ignore' });
  const all = await Namespace.discover();
  t.equal(new Set(all.map(({ cookie }) => cookie)).size, all.length);
  const find = ({ cookie }: Namespace) => all.find((found) => found.cookie === cookie);
  t.match(find(named), { names: [name], pids: [] });
  t.ok(find(named)?.paths.includes(`/run/netns/${name}`));
  t.match(find(anonymous), { names: [], pids: [child.pid] });
  t.ok(find(anonymous)?.paths.includes(`/proc/${process.pid}/fd/${anonymous.fd}`));
  t.ok(find(await Namespace.current())?.pids.includes(process.pid));
  const listed = await Namespace.list();
  for (const { cookie } of listed) t.ok(cookie === 0n || all.some((found) => found.cookie === cookie));
  child.kill('SIGKILL');
  await once(child, 'exit');
});
