import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { NamespaceRef } from '@nsnet/netlink';
import { Rtnetlink } from '@nsnet/netlink';
import type { Namespace } from '@nsnet/ns';
import t from 'tap';
import { linkNames } from '../support/lab.ts';
import { lacking } from '../support/namespaces.ts';
import { outcome, room } from '../support/room.ts';

const skip = lacking('ip', 'nsenter', 'unshare');

/** A process that does nothing in a namespace, until it is disposed of. */
async function living(namespace: Namespace) {
  const child = spawn('nsenter', [`--net=/proc/${process.pid}/fd/${namespace.fd}`, 'sh', '-c', 'echo; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await once(child, 'close');
    },
  };
}

/** Every way to say a namespace, seen from a client. */
const ways = ['fd', 'pid', 'nsid', 'handle'] as const;

async function refer(
  way: (typeof ways)[number],
  rt: Rtnetlink,
  namespace: Namespace,
  pid: number,
): Promise<NamespaceRef> {
  if (way === 'handle') return namespace;
  if (way === 'fd') return { fd: namespace.fd };
  return way === 'pid' ? { pid } : { nsid: await rt.nsids.set(namespace) };
}

t.test('a link is born, moved and met across namespaces: client × target × way of saying', { skip }, async (t) => {
  await using one = await room();
  await using two = await room();
  await using three = await room();
  for (const [where, target] of [
    [one, two],
    [two, one],
    [one, one],
    [three, two],
  ] as const) {
    await using process = await living(target.ns);
    for (const way of ways) {
      const namespace = await refer(way, where.rt, target.ns, process.pid);
      const name = `l-${way}`;
      await where.rt.links.add({ kind: 'bridge', name, namespace });
      t.ok(linkNames(target.ns).includes(name), `born there: ${way}`);
      t.equal(linkNames(where.ns).includes(name), where === target);
      await target.rt.links.delete(name);

      await where.rt.links.add({ kind: 'veth', name, peer: { name: `p-${way}` } });
      await where.rt.links.set(name, { namespace });
      t.ok(linkNames(target.ns).includes(name), `moved there: ${way}`);
      const [here, there] = [await where.rt.links.get(`p-${way}`), await target.rt.links.get(name)];
      t.same([here.link, there.link], [there.index, here.index], 'each tells the index of the other');
      if (where === target) t.same([here.linkNsid, there.linkNsid], [undefined, undefined]);
      else
        t.same(
          [here.linkNsid, there.linkNsid],
          [await where.rt.nsids.get(target.ns), await target.rt.nsids.get(where.ns)],
        );
      await where.rt.links.delete(`p-${way}`);
      t.notOk(linkNames(target.ns).includes(name));

      if (way === 'nsid') continue;
      await where.rt.links.add({ kind: 'veth', name, peer: { name: `p-${way}`, namespace } });
      t.ok(linkNames(target.ns).includes(`p-${way}`), `peer born there: ${way}`);
      await where.rt.links.delete(name);
      t.notOk(linkNames(target.ns).includes(`p-${way}`));
    }
  }
});

t.test('both ends in other namespaces, in one request; a client in a third', { skip }, async (t) => {
  await using one = await room();
  await using two = await room();
  await using three = await room();
  await three.rt.links.add({
    kind: 'veth',
    name: 'eth0',
    namespace: one.ns,
    mtu: 1400,
    peer: { name: 'eth0', namespace: two.ns, address: '02:00:00:00:00:02' },
  });
  t.match(await one.rt.links.get('eth0'), { mtu: 1400, kind: 'veth' });
  t.match(await two.rt.links.get('eth0'), { address: '02:00:00:00:00:02' });
  t.same(linkNames(three.ns), ['lo']);
});

t.test('names taken over there: EEXIST, and nothing is left anywhere', { skip }, async (t) => {
  await using one = await room();
  await using two = await room();
  one.ip('link add taken type bridge', 'link add v0 type veth peer name v1');
  two.ip('link add taken type bridge', 'link add v0 type bridge');
  const before = [one.state(), two.state()];
  const { links } = one.rt;
  const rows: (() => Promise<void>)[] = [
    () => links.add({ kind: 'bridge', name: 'taken' }),
    () => links.add({ kind: 'bridge', name: 'taken', namespace: two.ns }),
    () => links.add({ kind: 'veth', name: 'taken', peer: { name: 'free' } }),
    () => links.add({ kind: 'veth', name: 'free', peer: { name: 'taken' } }),
    () => links.add({ kind: 'veth', name: 'free', peer: { name: 'taken', namespace: two.ns } }),
    () => links.add({ kind: 'veth', name: 'taken', namespace: two.ns, peer: { name: 'free' } }),
    () => links.set('v0', { namespace: two.ns }),
    () => links.set('v0', { name: 'taken' }),
    () => links.add({ kind: 'bridge', name: 'free', altnames: ['taken'] }),
    () => links.add({ kind: 'bridge', name: 'free', alias: 'x', altnames: ['ok', 'v0'] }),
  ];
  for (const row of rows) t.equal(await outcome(row()), 'EEXIST');
  t.same([one.state(), two.state()], before);
});

t.test('a descriptor may be closed, and its number be another’s, as soon as the call is made', { skip }, async (t) => {
  await using one = await room();
  await using two = await room();
  await using three = await room();
  for (let round = 0; round < 20; round++) {
    const fd = openSync(`/proc/self/fd/${two.ns.fd}`, 'r');
    const added = one.rt.links.add({ kind: 'bridge', name: `b${round}`, namespace: { fd } });
    closeSync(fd);
    const other = openSync(`/proc/self/fd/${three.ns.fd}`, 'r');
    await added;
    closeSync(other);
  }
  t.equal(linkNames(two.ns).length, 21);
  t.same([linkNames(one.ns), linkNames(three.ns)], [['lo'], ['lo']]);
});

t.test('moved and renamed at once', { skip }, async (t) => {
  await using one = await room();
  await using two = await room();
  one.ip('link add eth0 type bridge', 'link add v0 type veth peer name v1');
  two.ip('link add taken type bridge');
  await one.rt.links.set('v0', { namespace: two.ns, name: 'eth0' });
  t.same(linkNames(two.ns), ['lo', 'taken', 'eth0'], 'a name that is only taken where it comes from');
  // As documented: the kernel renames after it has moved.
  t.equal(await outcome(one.rt.links.set('v1', { namespace: two.ns, name: 'taken' })), 'EEXIST');
  t.ok(linkNames(two.ns).includes('v1'));
});

t.test('namespaces that are none', { skip }, async (t) => {
  await using here = await room();
  const { links, nsids } = here.rt;
  here.ip('link add v0 type veth peer name v1');
  const before = here.state();
  const [file, pid, nsid] = [{ fd: 0 }, { pid: 2 ** 30 }, { nsid: 99 }];
  const closed = { fd: 1_000_000 };
  for (const [namespace, code] of [
    [closed, 'EBADF'],
    [pid, 'ESRCH'],
    [nsid, 'EINVAL'],
    [file, 'EINVAL'],
  ] as const) {
    t.equal(await outcome(links.set('v0', { namespace })), code);
    t.equal(await outcome(links.add({ kind: 'bridge', name: 'b', namespace })), code);
    if ('nsid' in namespace) continue;
    t.equal(await outcome(links.add({ kind: 'veth', name: 'b', peer: { name: 'c', namespace } })), code);
    t.equal(await outcome(nsids.set(namespace)), code);
    t.equal(await outcome(nsids.get(namespace)), code);
  }
  t.equal(await outcome(links.set('lo', { namespace: { pid: 1 } })), 'EINVAL');
  t.equal(here.state(), before);
});

t.test('namespaces by number', { skip }, async (t) => {
  await using one = await room();
  await using two = await room();
  await using three = await room();
  await using process = await living(two.ns);
  const { nsids } = one.rt;
  const list = () => one.sh('ip netns list-id').match(/\d+/g)?.map(Number).sort() ?? [];
  t.same(await nsids.list(), []);
  t.equal(await nsids.get(two.ns), undefined);
  t.equal(await nsids.set(two.ns, 55), 55);
  t.equal(await nsids.set(two.ns, 55), 55, 'the same once more');
  t.equal(await nsids.set({ pid: process.pid }), 55, 'it has one');
  t.equal(await nsids.get({ fd: two.ns.fd }), 55);
  t.equal(await nsids.get({ pid: process.pid }), 55);
  t.equal(await outcome(nsids.set(two.ns, 56)), 'EEXIST', 'it has another');
  t.equal(await outcome(nsids.set(three.ns, 55)), 'EEXIST', 'taken');
  const chosen = await nsids.set(three.ns);
  t.not(chosen, 55);
  t.same((await nsids.list()).map(({ nsid }) => nsid).sort(), list());
  t.same(list(), [chosen, 55].sort());
  t.equal(await two.rt.nsids.get(one.ns), undefined, 'numbers mean something in one namespace only');
});

t.test('a client keeps its namespace alive, and tells its name', { skip }, async (t) => {
  await using here = await room();
  const rt = await Rtnetlink.open({ namespace: { socket: (...args) => here.ns.socket(...args), name: 'red' } });
  t.match(await rt.links.get('nope').catch((error) => error), { namespace: 'red', message: /in red: ENODEV/ });
  await here.ns.close();
  t.match(await rt.links.get('lo'), { index: 1 });
  await rt.close();
});
