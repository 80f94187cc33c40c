import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Namespace } from '@nsnet/ns';
import { AF, close, SOCK } from '@nsnet/sys';
import { connect, move, peerOf } from '@nsnet/topology';
import t from 'tap';
import { inside, ipIn, ipLink, ipLinks } from '../support/lab.ts';
import { inventory, ip, lacking, uniqueName } from '../support/namespaces.ts';

const skip = lacking('ip', 'nsenter', 'unshare', 'sleep');

/** What peerOf says, without the handle, which is closed. */
async function peer(namespace: Namespace, link: string) {
  const { namespace: place, ...rest } = await peerOf(namespace, link);
  await place.close();
  return { cookie: place.cookie, ...rest };
}

t.test('both methods by hand agree with it, in both directions', { skip }, async (t) => {
  await using host = await Namespace.create(uniqueName());
  await using container = await Namespace.create(uniqueName());
  await using other = await Namespace.create(uniqueName());
  // Indexes that mislead: the same number means another link elsewhere.
  await connect({ namespace: host, name: 'pad0' }, { namespace: host, name: 'pad1' });
  await connect({ namespace: other, name: 'decoy0' }, { namespace: other, name: 'decoy1' });
  await connect({ namespace: other, name: 'eth0' }, { namespace: host, name: 'veth-other' });
  await connect({ namespace: host, name: 'veth9d13745' }, { namespace: container, name: 'eth0' });

  const found = await peer(container, 'eth0');
  t.same(found, {
    cookie: host.cookie,
    namespaceName: host.name,
    name: 'veth9d13745',
    index: ipLink(host, 'veth9d13745').ifindex,
  });
  // cat /sys/class/net/eth0/iflink inside; the link with that ifindex outside
  const iflink = ip('netns', 'exec', container.name ?? '', 'cat', '/sys/class/net/eth0/iflink');
  t.equal(Number(iflink), found.index);
  const grep = 'grep -lx "$0" /sys/class/net/*/ifindex';
  const path = ip('netns', 'exec', host.name ?? '', 'sh', '-c', grep, iflink);
  t.equal(path, `/sys/class/net/${found.name}/ifindex`);
  // eth0@ifN inside; N: outside
  const [, number] = /eth0@if(\d+)/.exec(ipIn(container, 'link', 'show', 'eth0')) ?? [];
  t.equal(Number(number), found.index);
  t.equal(ipLinks(host).find(({ ifindex }) => ifindex === Number(number))?.ifname, found.name);
  // And the namespace, as ip names it
  t.match(ipIn(container, 'link', 'show', 'eth0'), `link-netns ${host.name}`);

  t.same(await peer(host, 'veth9d13745'), {
    cookie: container.cookie,
    namespaceName: container.name,
    name: 'eth0',
    index: ipLink(container, 'eth0').ifindex,
  });
  t.equal((await peer(host, 'veth-other')).namespaceName, other.name);
});

t.test('in the same namespace, with a name and without', { skip }, async (t) => {
  for (const name of [uniqueName(), undefined]) {
    await using red = await Namespace.create(name);
    await connect({ namespace: red, name: 'x' }, { namespace: red, name: 'y' });
    const { descriptors } = inventory();
    const { namespace, namespaceName, ...found } = await peerOf(red, 'x');
    t.same(found, { name: 'y', index: ipLink(red, 'y').ifindex });
    t.equal(namespaceName, name);
    t.not(namespace, red, 'a handle of its own');
    await namespace.close();
    t.ok(ipLinks(red).length, 'the other is still open');
    t.equal(inventory().descriptors, descriptors);
  }
});

t.test("in this process's own namespace, as most containers'", { skip }, async (t) => {
  await using own = await Namespace.current();
  await using container = await Namespace.create();
  const name = `t${process.pid}`.slice(0, 15);
  await using pair = await connect({ namespace: own, name }, { namespace: container, name: 'eth0' });
  t.match(await peer(container, 'eth0'), { cookie: own.cookie, name, index: pair.a.index });
  t.match(await peer(own, name), { cookie: container.cookie, name: 'eth0' });
});

t.test('between namespaces without names: held here, by a process, by a descriptor elsewhere', { skip }, async (t) => {
  await using red = await Namespace.create();
  const blue = await Namespace.create();
  await connect({ namespace: red, name: 'eth0' }, { namespace: blue, name: 'eth1' });
  const expected = { cookie: blue.cookie, name: 'eth1', index: ipLink(blue, 'eth1').ifindex };
  t.same(await peer(red, 'eth0'), expected, 'by the handle of this process');

  const enter = [`--net=/proc/${process.pid}/fd/${blue.fd}`];
  const inhabitant = spawn('nsenter', [...enter, 'sleep', '60'], { stdio: 'ignore' });
  while (!(await blue.pids()).includes(inhabitant.pid ?? 0)) await new Promise((resolve) => setImmediate(resolve));
  const holder = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', blue.fd] });
  await blue.close();
  t.same(await peer(red, 'eth0'), expected, 'by a process in it');
  inhabitant.kill();
  await once(inhabitant, 'exit');
  t.same(await peer(red, 'eth0'), expected, 'by a descriptor of another process');
  holder.kill();
  await once(holder, 'exit');
});

t.test('held by a socket alone: it says what can be known', { skip }, async (t) => {
  await using red = await Namespace.create();
  const blue = await Namespace.create();
  await connect({ namespace: red, name: 'eth0' }, { namespace: blue, name: 'hidden' });
  const socket = await blue.socket(AF.UNIX, SOCK.DGRAM, 0);
  await blue.close();
  const { descriptors } = inventory();
  await t.rejects(peerOf(red, 'eth0'), {
    name: 'TopologyError',
    code: 'ERR_TOPOLOGY_PEER_HIDDEN',
    element: `#${red.cookie}:eth0`,
    message: /'hidden', index 2/,
  });
  t.equal(inventory().descriptors, descriptors);
  close(socket);
});

t.test('what has no peer', { skip }, async (t) => {
  await using red = await Namespace.create();
  ipIn(red, 'link', 'add', 'br0', 'type', 'bridge');
  const { descriptors } = inventory();
  await t.rejects(peerOf(red, 'lo'), { code: 'ERR_TOPOLOGY_NO_PEER' });
  await t.rejects(peerOf(red, 'br0'), { code: 'ERR_TOPOLOGY_NO_PEER', message: /it is a bridge/ });
  await t.rejects(peerOf(red, 'eth0'), { name: 'TopologyError', code: 'ENODEV' });
  await t.rejects(peerOf(red, ''), { code: 'ERR_NETLINK_ENCODE' });
  t.equal(inventory().descriptors, descriptors);
});

t.test('ends that wander', { skip }, async (t) => {
  const places = await Promise.all(
    [uniqueName(), undefined, uniqueName(), undefined].map((name) => Namespace.create(name)),
  );
  const [first, second] = places;
  if (first === undefined || second === undefined) throw new Error('unreachable');
  await connect({ namespace: first, name: 'a' }, { namespace: second, name: 'b' });
  let at = second;
  for (let round = 0; round < 12; round++) {
    const next = places[(round * 7 + 3) % places.length] ?? first;
    if (!next.equals(at)) await move('b', { from: at, to: next });
    at = next;
    const index = ipLink(at, 'b').ifindex;
    t.match(await peer(first, 'a'), { cookie: at.cookie, name: 'b', index });
    t.match(await peer(at, 'b'), { cookie: first.cookie, name: 'a' });
  }
  for (const place of places) await place[Symbol.asyncDispose]();
});

t.test('an end that is moved to and fro meanwhile: a true answer, or none', { skip }, async (t) => {
  await using red = await Namespace.create(uniqueName());
  await using blue = await Namespace.create(uniqueName());
  await using green = await Namespace.create(uniqueName());
  await connect({ namespace: red, name: 'a' }, { namespace: blue, name: 'b' });
  const cookies = [blue.cookie, green.cookie];
  let moving = true;
  const mover = (async () => {
    while (moving) {
      await move('b', { from: blue, to: green });
      await move('b', { from: green, to: blue });
    }
  })();
  const outcomes: Record<string, number> = {};
  for (let round = 0; round < 30; round++) {
    try {
      const found = await peer(red, 'a');
      t.ok(cookies.includes(found.cookie));
      t.equal(found.name, 'b');
      outcomes.found = (outcomes.found ?? 0) + 1;
    } catch (error) {
      t.match(error, { code: /^ERR_TOPOLOGY_(CHANGED|PEER_HIDDEN)$/ });
      outcomes.changed = (outcomes.changed ?? 0) + 1;
    }
  }
  moving = false;
  await mover;
  t.comment(JSON.stringify(outcomes));
  t.equal((await peer(red, 'a')).cookie, blue.cookie);
  t.equal(inside(blue, 'true').status, 0);
});
