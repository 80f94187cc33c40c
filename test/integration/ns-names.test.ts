import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { Namespace } from '@nsnet/ns';
import { AF, F, fcntl, getsockopt, SO, SOCK, SOL } from '@nsnet/sys';
import t from 'tap';
import { inventory, ip, ipNames, lacking, output, uniqueName } from '../support/namespaces.ts';

const skip = lacking('ip', 'nsenter', 'lsns');

/** `SO_NETNS_COOKIE` as a socket says it. */
function cookieOfSocket(fd: number): bigint {
  return getsockopt(fd, SOL.SOCKET, SO.NETNS_COOKIE, 8).readBigUInt64LE();
}

t.test('created here, seen and deleted by ip', { skip }, async (t) => {
  const name = uniqueName();
  await using namespace = await Namespace.create(name);
  t.equal(namespace.name, name);
  t.ok(ipNames().includes(name));
  t.ok(await Namespace.exists(name));
  t.equal(fstatSync(namespace.fd).ino, statSync(`/run/netns/${name}`).ino);
  t.equal(statSync('/run/netns').mode & 0o7777, 0o755);
  t.equal(fcntl(namespace.fd, F.GETFD), 1, 'close-on-exec');
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  t.equal(mounts.filter((line) => line.includes(` /run/netns/${name} `)).length, 1);
  t.match(
    mounts.find((line) => line.split(' ')[4] === '/run/netns'),
    / shared:/,
  );

  const links = JSON.parse(ip('-n', name, '-j', 'link'));
  t.equal(links.length, 1);
  t.match(links[0], { ifname: 'lo', operstate: 'DOWN' });
  t.same(
    ip('netns', 'exec', name, 'readlink', '/proc/self/ns/net'),
    output('nsenter', `--net=/run/netns/${name}`, 'readlink', '/proc/self/ns/net'),
  );

  ip('netns', 'delete', name);
  t.notOk(await Namespace.exists(name));
  await t.rejects(Namespace.open(name), { code: 'ENOENT', namespace: name });
  const socket = await namespace.socket(AF.INET, SOCK.DGRAM, 0);
  t.equal(cookieOfSocket(socket), namespace.cookie, 'the handle works on');
  closeSync(socket);
  await t.rejects(namespace.delete(), { code: 'ENOENT' });
});

t.test('created by ip, seen and deleted here', { skip }, async (t) => {
  const name = uniqueName();
  ip('netns', 'add', name);
  const listed = (await Namespace.list()).find((entry) => entry.name === name);
  await using namespace = await Namespace.open(name);
  t.same(listed, { name, cookie: namespace.cookie });
  const socket = await namespace.socket(AF.UNIX, SOCK.STREAM, 0);
  t.equal(cookieOfSocket(socket), namespace.cookie);
  closeSync(socket);
  t.same(await Namespace.delete(name), { pids: [] });
  t.notOk(ipNames().includes(name));
  t.notOk(existsSync(`/run/netns/${name}`));
  await t.rejects(Namespace.delete(name), { code: 'ENOENT', step: 'open' });
});

t.test('both lists agree', { skip }, async (t) => {
  const names = [uniqueName(), uniqueName(), uniqueName()];
  ip('netns', 'add', names[0] ?? '');
  await using one = await Namespace.create(names[1]);
  await using two = await Namespace.create(names[2]);
  const ours = (list: string[]) => list.filter((name) => names.includes(name)).sort();
  const list = await Namespace.list();
  t.same(ours(list.map(({ name }) => name)), names);
  t.same(ours(ipNames()), names);
  t.equal(new Set(list.map(({ cookie }) => cookie)).size, list.length);
  t.notOk(one.equals(two));
  await Namespace.delete(names[0] ?? '');
});

t.test('names that are harmless', { skip }, async (t) => {
  for (const name of ['__proto__', 'constructor', 'toString', '42', `${uniqueName()}.a:b+c@d-e`]) {
    await using namespace = await Namespace.create(name);
    t.ok(ipNames().includes(name), name);
    await using again = await Namespace.open(name);
    t.ok(namespace.equals(again));
    t.same(await namespace.delete(), { pids: [] });
  }
  t.notOk('polluted' in {});
});

t.test('names made by ip that we would not make', { skip }, async (t) => {
  for (const suffix of [' space', '%d', "'$(id)", '-\n-', 'é', '"']) {
    const name = uniqueName() + suffix;
    await t.rejects(Namespace.create(name), { code: 'ERR_NAMESPACE_NAME' });
    ip('netns', 'add', name);
    await using namespace = await Namespace.open(name);
    t.equal(namespace.name, name);
    t.ok((await Namespace.list()).some((entry) => entry.name === name));
    await Namespace.delete(name);
  }
  t.same(inventory().names, []);
});

t.test('a name that is taken', { skip }, async (t) => {
  const name = uniqueName();
  await using first = await Namespace.create(name);
  const before = inventory();
  const refusal = { code: 'EEXIST', errno: 17, step: 'mount', namespace: name, message: /there is a namespace/ };
  await t.rejects(Namespace.create(name), refusal);
  await t.rejects(Namespace.create(name, { loopback: true }), refusal);
  t.same(inventory(), before);
  await using same = await Namespace.open(name);
  t.ok(first.equals(same));
  t.throws(() => ip('netns', 'add', name));
});

t.test('many want the same name: one gets it', { skip }, async (t) => {
  const before = inventory();
  for (let round = 0; round < 10; round++) {
    const name = uniqueName();
    const results = await Promise.allSettled(Array.from({ length: 16 }, () => Namespace.create(name)));
    const winners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    t.equal(winners.length, 1);
    for (const result of results) if (result.status === 'rejected') t.equal(result.reason.code, 'EEXIST');
    await winners[0]?.[Symbol.asyncDispose]();
  }
  t.same(inventory(), before);
});

t.test('ip and we want the same name at once', { skip }, async (t) => {
  for (let round = 0; round < 10; round++) {
    const name = uniqueName();
    const theirs = spawn('ip', ['netns', 'add', name], { stdio: 'ignore' });
    const ended = once(theirs, 'exit');
    const ours = await Namespace.create(name).then(
      (namespace) => namespace,
      (error) => error.code,
    );
    const [code] = await ended;
    t.ok((code === 0) !== ours instanceof Namespace, 'exactly one wins');
    if (ours instanceof Namespace) await ours.close();
    else t.equal(ours, 'EEXIST');
    await Namespace.delete(name);
  }
});

t.test('loopback', { skip }, async (t) => {
  const name = uniqueName();
  await using namespace = await Namespace.create(name, { loopback: true });
  t.match(JSON.parse(ip('-n', name, '-j', 'address')), [
    { ifname: 'lo', flags: ['LOOPBACK', 'UP', 'LOWER_UP'], addr_info: [{ local: '127.0.0.1' }, { local: '::1' }] },
  ]);
  t.equal(namespace.name, name);
});

t.test('anonymous namespaces end with their handle', { skip }, async (t) => {
  const before = inventory();
  const namespace = await Namespace.create();
  t.equal(namespace.name, undefined);
  t.same(await namespace.pids(), []);
  const socket = await namespace.socket(AF.INET, SOCK.DGRAM, 0);
  t.equal(cookieOfSocket(socket), namespace.cookie);
  closeSync(socket);
  t.same(await namespace.delete({ wait: true }), { pids: [] });
  t.throws(() => namespace.fd, { code: 'ERR_NAMESPACE_CLOSED' });
  t.same(inventory(), before);
});

t.test('a process inside keeps it, and is named', { skip }, async (t) => {
  const name = uniqueName();
  await using namespace = await Namespace.create(name);
  const child = await namespace.spawn('sleep', ['1000'], { stdio: 'ignore' });
  t.same(await namespace.pids(), [child.pid]);
  t.equal(ip('netns', 'pids', name), `${child.pid}`);
  t.same(await Namespace.identify(child.pid ?? 0), [name]);
  t.equal(ip('netns', 'identify', `${child.pid}`), name);
  t.same(await Namespace.identify(process.pid), ip('netns', 'identify', `${process.pid}`).split('\n').filter(Boolean));

  t.same(await Namespace.delete(name), { pids: [child.pid] });
  t.notOk(existsSync(`/run/netns/${name}`));
  await using again = await Namespace.open({ pid: child.pid ?? 0 });
  t.ok(again.equals(namespace), 'found by its process');
  t.match(output('lsns', '-t', 'net', '-n', '-o', 'PID'), new RegExp(`^\\s*${child.pid}$`, 'm'));
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  t.same(await namespace.pids(), []);
});

t.test('wait until it is gone', { skip }, async (t) => {
  const name = uniqueName();
  const [a, b] = [`a${process.pid}`, `b${process.pid}`];
  await using outer = await Namespace.create();
  await using inner = await Namespace.create(name);
  await outer.run('ip', ['link', 'add', a, 'type', 'veth', 'peer', 'name', b, 'netns', name]);
  t.match((await outer.run('ip', ['-j', 'link'])).stdout, a);
  t.same(await inner.delete({ wait: true }), { pids: [] });
  t.notMatch((await outer.run('ip', ['-j', 'link'])).stdout, a, 'the peers of its links are gone too');
  t.throws(() => inner.fd, { code: 'ERR_NAMESPACE_CLOSED' });
});

t.test('wait in vain', { skip }, async (t) => {
  const name = uniqueName();
  await using namespace = await Namespace.create(name);
  const child = await namespace.spawn('sleep', ['1000'], { stdio: 'ignore' });
  const busy = { code: 'ERR_NAMESPACE_BUSY', step: 'wait', namespace: name };
  await t.rejects(namespace.delete({ wait: true, timeout: 50 }), {
    ...busy,
    message: new RegExp(`process ${child.pid}`),
  });
  t.notOk(await Namespace.exists(name), 'the name is gone all the same');
  child.kill('SIGKILL');
  await once(child, 'exit');

  const held = await Namespace.create(uniqueName());
  const signal = AbortSignal.timeout(20);
  await t.rejects(Namespace.delete(held.name ?? '', { wait: true, signal }), { name: 'TimeoutError' });
  await held.close();
});

t.test('disposal takes away what create made, and nothing else', { skip }, async (t) => {
  const name = uniqueName();
  {
    await using _namespace = await Namespace.create(name);
    {
      await using _opened = await Namespace.open(name);
    }
    t.ok(await Namespace.exists(name), 'opened: closed only');
  }
  t.notOk(await Namespace.exists(name));
  {
    await using _namespace = await Namespace.create(name);
    await Namespace.delete(name);
    ip('netns', 'add', name);
  }
  t.ok(await Namespace.exists(name), "somebody else's by now");
  await Namespace.delete(name);

  const closed = await Namespace.create(name);
  await closed.close();
  await closed.close();
  await closed[Symbol.asyncDispose]();
  t.ok(await Namespace.exists(name), 'closed: the name stays');
  await Namespace.delete(name);
});

t.test('a closed handle does nothing', { skip }, async (t) => {
  const namespace = await Namespace.create();
  const { cookie } = namespace;
  await namespace.close();
  const closed = { name: 'NamespaceError', code: 'ERR_NAMESPACE_CLOSED' };
  t.throws(() => namespace.fd, closed);
  await t.rejects(namespace.socket(AF.INET, SOCK.DGRAM, 0), closed);
  await t.rejects(namespace.pids(), closed);
  await t.rejects(namespace.run('true'), closed);
  await t.rejects(namespace.spawn('true'), closed);
  await t.rejects(namespace.sysctl.get('net.ipv4.ip_forward'), closed);
  await t.rejects(namespace.delete(), closed);
  t.equal(namespace.cookie, cookie);
  await namespace.close();
});

t.test('a handle closed with a call under way', { skip }, async (t) => {
  const namespace = await Namespace.create();
  const { cookie } = namespace;
  const calls = Array.from({ length: 200 }, () => namespace.socket(AF.INET, SOCK.DGRAM, 0));
  await namespace.close();
  // The number means another namespace from here on.
  const others = await Promise.all(Array.from({ length: 5 }, () => Namespace.create()));
  const sockets = await Promise.all(calls);
  t.ok(sockets.every((socket) => cookieOfSocket(socket) === cookie));
  for (const socket of sockets) closeSync(socket);
  for (const other of others) await other.close();
});

t.test('the namespace of this process', { skip }, async (t) => {
  await using current = await Namespace.current();
  t.equal(current.name, undefined);
  t.ok((await current.pids()).includes(process.pid));
  t.equal(`net:[${fstatSync(current.fd).ino}]`, readlinkSync('/proc/self/ns/net'));
  await using same = await Namespace.open({ pid: process.pid });
  t.ok(current.equals(same));
});

t.test('identity is the cookie: inode numbers come again at once', { skip }, async (t) => {
  const name = uniqueName();
  const cookies = new Set<bigint>();
  for (let round = 0; round < 20; round++) {
    await using namespace = await Namespace.create(name);
    cookies.add(namespace.cookie);
    const fd = openSync(`/run/netns/${name}`, 'r');
    closeSync(fd);
  }
  t.equal(cookies.size, 20);
});
