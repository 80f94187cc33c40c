// What would disturb others: these tests have a mount namespace and an empty /run of their own.
import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Namespace } from '@nsnet/ns';
import { close, flock, LOCK, O, open } from '@nsnet/sys';
import { inventory, ip, ipNames, lacking, uniqueName } from '../support/namespaces.ts';
import { runPrivately } from '../support/private.ts';

const skip = lacking('ip', 'unshare', 'mount', 'mkfifo');
const inside = process.env.NSNET_PRIVATE === '1';
const self = fileURLToPath(import.meta.url);

/** Lines of `mountinfo` for one mount point, without what our `/run` covers. */
function mountsAt(path: string): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
  const run = lines.findLast((line) => line.split(' ')[4] === '/run');
  const below = new Set([run?.split(' ')[0]]);
  return lines.filter((line) => {
    const [id, parent, , , point] = line.split(' ');
    if (below.has(parent)) below.add(id);
    return below.has(parent) && point === path;
  });
}

async function tests(): Promise<void> {
  const { default: t } = await import('tap');

  t.test('many processes make the first names at once: one shared mount', async (t) => {
    t.notOk(existsSync('/run/netns'));
    const workers = Array.from({ length: 8 }, () => fork(self, { env: { ...process.env, NSNET_PRIVATE: 'worker' } }));
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    for (const worker of workers) worker.send('go');
    const results = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));
    t.same(
      results,
      workers.map(() => 'made'),
    );
    t.equal(mountsAt('/run/netns').length, 1);
    t.match(mountsAt('/run/netns')[0], / shared:/);
    t.equal(ipNames().length, 8);
    for (const { name } of await Namespace.list()) await Namespace.delete(name);
    const ended = Promise.all(workers.map((worker) => once(worker, 'exit')));
    for (const worker of workers) worker.send('end');
    await ended;
    ip('netns', 'add', 'after');
    t.equal(mountsAt('/run/netns').length, 1, 'ip agrees that it is one');
    await Namespace.delete('after');
  });

  t.test('made by ip first', async (t) => {
    execFileSync('umount', ['/run/netns']);
    rmdirSync('/run/netns');
    ip('netns', 'add', 'theirs');
    await using ours = await Namespace.create('ours');
    t.equal(mountsAt('/run/netns').length, 1);
    t.same(ipNames().sort(), ['ours', 'theirs']);
    await Namespace.delete('theirs');
    t.equal(ours.name, 'ours');
  });

  t.test('planted in /run/netns', { skip }, async (t) => {
    await using namespace = await Namespace.create(uniqueName());
    const plant = (make: (path: string) => void): string => {
      const name = uniqueName();
      make(`/run/netns/${name}`);
      return name;
    };
    const fifo = plant((path) => execFileSync('mkfifo', [path]));
    const file = plant((path) => writeFileSync(path, 'precious'));
    const stale = plant((path) => writeFileSync(path, '', { mode: 0 }));
    const folder = plant((path) => mkdirSync(path));
    const dangling = plant((path) => symlinkSync('/nonexistent', path));
    const toFile = plant((path) => symlinkSync('/etc/passwd', path));
    const toNamespace = plant((path) => symlinkSync(`/run/netns/${namespace.name}`, path));
    const before = inventory();

    const list = new Map((await Namespace.list()).map((entry) => [entry.name, entry]));
    for (const name of [fifo, file, stale, folder, dangling, toFile]) {
      t.same(list.get(name), { name, cookie: 0n, stale: true });
      t.notOk(await Namespace.exists(name));
      await t.rejects(Namespace.create(name), { code: 'EEXIST', message: new RegExp(`/run/netns/${name} is`) });
    }
    t.same(list.get(toNamespace), { name: toNamespace, cookie: namespace.cookie });
    t.ok((await Namespace.discover()).length > 0, 'nothing blocks');

    await t.rejects(Namespace.open(fifo), {
      code: 'ERR_NOT_A_NAMESPACE',
      step: 'open',
      message: /FIFO/,
      namespace: fifo,
    });
    await t.rejects(Namespace.open(file), { code: 'ERR_NOT_A_NAMESPACE', step: 'open', message: /a file/ });
    await t.rejects(Namespace.open(stale), {
      code: 'ERR_NOT_A_NAMESPACE',
      step: 'open',
      message: /empty file without a mount/,
    });
    await t.rejects(Namespace.open(folder), { code: 'ERR_NOT_A_NAMESPACE', step: 'open', message: /directory/ });
    await t.rejects(Namespace.open(dangling), { code: 'ENOENT', message: /symbolic link to \/nonexistent/ });
    await t.rejects(Namespace.open(toFile), { code: 'ERR_NOT_A_NAMESPACE', step: 'open' });
    await using followed = await Namespace.open(toNamespace);
    t.ok(followed.equals(namespace), 'as container tools keep them');
    await followed.close();

    for (const name of [fifo, file, folder])
      await t.rejects(Namespace.delete(name), { code: 'ERR_NOT_A_NAMESPACE', step: 'open' });
    t.same(inventory(), before, 'nothing is touched by a refusal');
    for (const name of [stale, dangling, toFile, toNamespace]) t.same(await Namespace.delete(name), { pids: [] });
    t.equal(ip('netns', 'exec', namespace.name ?? '', 'echo', 'there'), 'there', 'what a link leads to stays');
    unlinkSync(`/run/netns/${fifo}`);
    unlinkSync(`/run/netns/${file}`);
    rmdirSync(`/run/netns/${folder}`);
    await namespace.delete();
    t.same(inventory().names, []);
  });

  t.test('a symbolic link to a mounted directory', async (t) => {
    mkdirSync('/run/mounted');
    execFileSync('mount', ['-t', 'tmpfs', 'precious', '/run/mounted']);
    symlinkSync('/run/mounted', '/run/netns/evil');
    t.same(await Namespace.delete('evil'), { pids: [] });
    t.notOk(existsSync('/run/netns/evil'));
    t.equal(mountsAt('/run/mounted').length, 1, 'stays mounted');
    execFileSync('umount', ['/run/mounted']);
  });

  t.test('mounted several times upon each other', async (t) => {
    await using current = await Namespace.current();
    await using namespace = await Namespace.create('stacked');
    for (let count = 0; count < 3; count++)
      execFileSync('mount', ['--bind', '/proc/self/ns/net', '/run/netns/stacked']);
    t.equal(mountsAt('/run/netns/stacked').length, 4);
    await t.rejects(namespace.delete(), { code: 'ENOENT' }, 'another namespace is on top');
    t.same(await Namespace.delete('stacked'), { pids: await current.pids() });
    t.equal(mountsAt('/run/netns/stacked').length, 0);
    t.notOk(existsSync('/run/netns/stacked'));
  });

  t.test('something else is mounted on a name', async (t) => {
    writeFileSync('/run/file', 'content');
    await using _namespace = await Namespace.create('covered');
    execFileSync('mount', ['--bind', '/run/file', '/run/netns/covered']);
    await t.rejects(Namespace.delete('covered'), { code: 'ERR_NOT_A_NAMESPACE' });
    execFileSync('umount', ['/run/netns/covered']);
    writeFileSync('/run/netns/uts', '');
    execFileSync('mount', ['--bind', '/proc/self/ns/uts', '/run/netns/uts']);
    await t.rejects(Namespace.open('uts'), { code: 'ERR_NOT_A_NAMESPACE', message: /a UTS namespace/ });
    await t.rejects(Namespace.delete('uts'), { code: 'ERR_NOT_A_NAMESPACE' });
    t.match(
      (await Namespace.list()).find(({ name }) => name === 'uts'),
      { stale: true },
    );
    execFileSync('umount', ['/run/netns/uts']);
    t.same(await Namespace.delete('uts'), { pids: [] });
  });

  t.test('a live namespace of another mount namespace looks like a leftover: left alone', async (t) => {
    const script = 'ip netns add hidden && echo made && read end';
    const other = spawn('unshare', ['--mount', '--propagation', 'slave', 'sh', '-c', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(other.stdout, 'data');
    t.match(
      (await Namespace.list()).find(({ name }) => name === 'hidden'),
      { stale: true },
    );
    await t.rejects(Namespace.open('hidden'), { code: 'ERR_NOT_A_NAMESPACE', message: /from another mount namespace/ });
    await t.rejects(Namespace.create('hidden'), { code: 'EEXIST' });
    t.ok(existsSync('/run/netns/hidden'));
    const exit = once(other, 'exit');
    other.stdin.end();
    await exit;
    t.same(await Namespace.delete('hidden'), { pids: [] }, 'until it is asked for');
  });

  t.test('the lock of ip is waited for, without holding up the event loop', async (t) => {
    const fd = open('/run/netns', O.RDONLY | O.DIRECTORY);
    flock(fd, LOCK.EX);
    let turns = 0;
    const ticker = setInterval(() => turns++, 1);
    const made = Namespace.create('locked');
    await new Promise((resolve) => setTimeout(resolve, 100));
    t.notOk(existsSync('/run/netns/locked'));
    t.ok(turns > 20, `${turns} turns`);
    clearInterval(ticker);
    close(fd);
    await using namespace = await made;
    t.ok(ipNames().includes(namespace.name ?? ''));
  });

  t.test('a directory that others can write to', async (t) => {
    const distrusted = { code: 'ERR_NAMESPACE_DIRECTORY', step: 'directory' };
    for (const mode of [0o777, 0o775, 0o1777]) {
      chmodSync('/run/netns', mode);
      await t.rejects(Namespace.create('x'), distrusted);
    }
    chmodSync('/run/netns', 0o755);
    chownSync('/run/netns', 1000, 1000);
    await t.rejects(Namespace.create('x'), { ...distrusted, message: /user 1000/ });
    chownSync('/run/netns', 0, 0);
    await using namespace = await Namespace.create('x');
    t.equal(namespace.name, 'x');
    chmodSync('/run/netns', 0o777);
    await t.rejects(namespace.delete(), distrusted);
    chmodSync('/run/netns', 0o755);
  });

  t.test('no directory', async (t) => {
    execFileSync('umount', ['/run/netns']);
    rmdirSync('/run/netns');
    t.same(await Namespace.list(), []);
    t.equal(await Namespace.exists('x'), false);
    await t.rejects(Namespace.open('x'), { code: 'ENOENT' });
    await t.rejects(Namespace.delete('x'), { code: 'ENOENT' });
    {
      await using namespace = await Namespace.create('x');
      t.equal(statSync('/run/netns').mode & 0o7777, 0o755);
      t.ok(ipNames().includes(namespace.name ?? ''));
    }
    execFileSync('umount', ['/run/netns']);
    rmdirSync('/run/netns');

    mkdirSync('/run/elsewhere');
    symlinkSync('/run/elsewhere', '/run/netns');
    await t.rejects(Namespace.create('x'), { name: 'NamespaceError', code: 'ENOTDIR' }, 'a link is not followed');
    unlinkSync('/run/netns');
    writeFileSync('/run/netns', '');
    await t.rejects(Namespace.create('x'), { name: 'NamespaceError', code: 'ENOTDIR' });
    unlinkSync('/run/netns');

    execFileSync('mount', ['-o', 'remount,ro', '/run']);
    await t.rejects(Namespace.create('x'), { name: 'NamespaceError', code: 'EROFS', step: 'directory' });
    execFileSync('mount', ['-o', 'remount,rw', '/run']);
    t.same(inventory().names, []);
  });

  t.test('no rights', async (t) => {
    const script = `
      import { Namespace } from '@nsnet/ns';
      const told = (promise) => promise.then(() => 'done', ({ code, step, message }) => ({ code, step, message }));
      console.log(JSON.stringify({
        named: await told(Namespace.create('x')),
        anonymous: await told(Namespace.create()),
        deleted: await told(Namespace.delete('there')),
        list: (await Namespace.list()).map(({ name, stale }) => ({ name, stale })),
        entered: await told((async () => (await Namespace.open('there')).socket(2, 2, 0))()),
        init: await told(Namespace.open({ pid: ${process.pid} })),
      }));`;
    await using _there = await Namespace.create('there');
    const args = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
    ];
    const result = JSON.parse(
      execFileSync('setpriv', args, { encoding: 'utf8', cwd: new URL('../..', import.meta.url) }),
    );
    t.match(result, {
      named: { code: 'EPERM', step: 'mount', message: /CAP_SYS_ADMIN.*Run as root/ },
      anonymous: { code: 'EPERM', step: 'create', message: /CAP_SYS_ADMIN.*Run as root/ },
      deleted: { code: 'EPERM', step: 'unmount', message: /CAP_SYS_ADMIN/ },
      list: [{ name: 'there' }],
      entered: { code: 'EPERM', step: 'enter', message: /CAP_SYS_ADMIN/ },
      init: { step: 'open' },
    });
    t.ok(await Namespace.exists('there'));
  });
}

/** One of the processes that begin at the same time. */
async function worker(): Promise<void> {
  process.send?.('ready');
  await once(process, 'message');
  const result = await Namespace.create(uniqueName()).then(
    () => 'made',
    (error) => error.message,
  );
  process.send?.(result);
  await once(process, 'message');
  process.disconnect();
}

if (process.env.NSNET_PRIVATE === 'worker') {
  await worker();
} else if (inside || skip) {
  if (inside) await tests();
  else await import('tap').then(({ default: t }) => t.test('names in a /run of our own', { skip }, async () => {}));
} else {
  process.env.NSNET_PRIVATE = '1';
  const { code, stdout, stderr } = await runPrivately(self, 100);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code === 0 ? 0 : 1;
}
