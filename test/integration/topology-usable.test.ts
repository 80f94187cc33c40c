import { getEventListeners } from 'node:events';
import { Namespace } from '@nsnet/ns';
import { connect, usable } from '@nsnet/topology';
import t from 'tap';
import { inside, ipIn, ipLink } from '../support/lab.ts';
import { inventory, lacking } from '../support/namespaces.ts';

const skip = lacking('ip', 'nsenter');

async function two() {
  const [red, blue] = await Promise.all([Namespace.create(), Namespace.create()]);
  const close = async () => {
    await Promise.all([red.close(), blue.close()]);
  };
  return { red, blue, [Symbol.asyncDispose]: close };
}

/** No IPv6 in a namespace: nothing to wait for but carriers. */
async function withoutIpv6(namespace: Namespace): Promise<void> {
  await namespace.sysctl.set('net.ipv6.conf.default.disable_ipv6', 1);
  await namespace.sysctl.set('net.ipv6.conf.all.disable_ipv6', 1);
}

const pending = (promise: Promise<unknown>) => {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  return () => !settled;
};

const moment = () => new Promise((resolve) => setTimeout(resolve, 50));

t.test('after connecting: carriers at both ends, no address tentative', { skip }, async (t) => {
  await using lab = await two();
  const { descriptors } = inventory();
  await connect(
    { namespace: lab.red, name: 'eth0', addresses: ['10.0.0.1/24', 'fd00::1/64'] },
    { namespace: lab.blue, name: 'eth0', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
  );
  t.match(ipIn(lab.red, '-6', 'address', 'show', 'tentative'), 'fd00::1/64', 'it is a real wait');
  await Promise.all([usable(lab.red), usable(lab.blue, ['eth0'])]);
  for (const place of [lab.red, lab.blue]) {
    t.match(ipLink(place, 'eth0'), { operstate: 'UP' });
    t.equal(ipIn(place, '-6', 'address', 'show', 'tentative'), '');
    t.match(ipIn(place, '-6', 'address'), 'fe80::');
  }
  t.equal(inventory().descriptors, descriptors);
});

t.test('a carrier that comes later', { skip }, async (t) => {
  await using lab = await two();
  await withoutIpv6(lab.red);
  await connect({ namespace: lab.red, name: 'eth0' }, { namespace: lab.blue, name: 'eth0', up: false });
  const waiting = usable(lab.red);
  const still = pending(waiting);
  await moment();
  t.ok(still());
  ipIn(lab.blue, 'link', 'set', 'eth0', 'up');
  await waiting;
  t.match(ipLink(lab.red, 'eth0'), { operstate: 'UP' });
});

t.test('links that are yet to come, by name and by altname', { skip }, async (t) => {
  await using lab = await two();
  await withoutIpv6(lab.red);
  const waiting = usable(lab.red, ['eth0', 'another-name-for-eth1']);
  const still = pending(waiting);
  await connect({ namespace: lab.red, name: 'eth0' }, { namespace: lab.blue, name: 'eth0' });
  await moment();
  t.ok(still());
  await connect({ namespace: lab.red, name: 'eth1' }, { namespace: lab.blue, name: 'eth1' });
  await moment();
  t.ok(still());
  ipIn(lab.red, 'link', 'property', 'add', 'dev', 'eth1', 'altname', 'another-name-for-eth1');
  await waiting;
});

t.test('nothing to wait for', { skip }, async () => {
  await using red = await Namespace.create();
  await usable(red);
  await usable(red, []);
  ipIn(red, 'link', 'set', 'lo', 'up');
  await usable(red, ['lo']);
  ipIn(red, 'link', 'add', 'down0', 'type', 'veth', 'peer', 'name', 'down1');
  await usable(red, undefined, { timeout: 2000 });
});

t.test('bridges: empty, with a port, with a port that has no carrier', { skip }, async (t) => {
  await using red = await Namespace.create();
  await withoutIpv6(red);
  ipIn(red, 'link', 'add', 'br0', 'up', 'type', 'bridge');
  await usable(red, ['br0']);
  ipIn(red, 'link', 'add', 'p0', 'master', 'br0', 'type', 'veth', 'peer', 'name', 'p1');
  ipIn(red, 'link', 'set', 'p0', 'up');
  const waiting = usable(red);
  const still = pending(waiting);
  await moment();
  t.ok(still(), 'the port has no carrier');
  ipIn(red, 'link', 'set', 'p1', 'up');
  await waiting;
  t.match(ipLink(red, 'br0'), { operstate: 'UP' });
  ipIn(red, 'link', 'delete', 'p0');
  await usable(red, ['br0']);
});

t.test('an address that somebody else has', { skip }, async (t) => {
  await using lab = await two();
  await connect({ namespace: lab.red, name: 'eth0' }, { namespace: lab.blue, name: 'eth0', addresses: ['fd00::1/64'] });
  await Promise.all([usable(lab.red), usable(lab.blue)]);
  ipIn(lab.red, 'address', 'add', 'fd00::1/64', 'dev', 'eth0');
  const error = await usable(lab.red).catch((error) => error);
  t.match(error, { name: 'TopologyError', code: 'ERR_TOPOLOGY_DUPLICATE_ADDRESS', element: `#${lab.red.cookie}:eth0` });
  t.match(error.message, 'fd00::1');
  t.match(ipIn(lab.red, '-6', 'address', 'show', 'dadfailed'), 'fd00::1');
  await t.rejects(usable(lab.red, ['eth0']), { code: 'ERR_TOPOLOGY_DUPLICATE_ADDRESS' }, 'and remains so');
  ipIn(lab.red, 'address', 'delete', 'fd00::1/64', 'dev', 'eth0');
  await usable(lab.red);
});

t.test('a time that is over says what was last seen', { skip }, async (t) => {
  await using lab = await two();
  const { descriptors } = inventory();
  await connect({ namespace: lab.red, name: 'eth0' }, { namespace: lab.blue, name: 'eth0', up: false });
  ipIn(lab.red, 'link', 'add', 'eth1', 'type', 'bridge');
  const started = performance.now();
  const error = await usable(lab.red, ['eth0', 'eth1', 'eth2'], { timeout: 150 }).catch((error) => error);
  const took = performance.now() - started;
  t.ok(took >= 145 && took < 1000, `${took}`);
  t.match(error, { name: 'TopologyError', code: 'ERR_TOPOLOGY_TIMEOUT', element: `#${lab.red.cookie}:eth0` });
  t.match(error.message, /eth0 has no carrier \((lowerlayer)?down\).*eth1 is down; .*eth2 is not there/);
  await connect({ namespace: lab.red, name: 'eth3', addresses: ['fd00::1/64'] }, { namespace: lab.blue, name: 'eth3' });
  await t.rejects(usable(lab.red, ['eth3'], { timeout: 300 }), { message: /fd00::1 yet.*tentative/ });
  t.equal(inventory().descriptors, descriptors);
});

t.test('an abort', { skip }, async (t) => {
  await using red = await Namespace.create();
  const { descriptors } = inventory();
  const reason = new Error('enough');
  await t.rejects(usable(red, ['eth0'], { signal: AbortSignal.abort(reason) }), reason);
  for (const delay of [0, 1, 20]) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), delay);
    await t.rejects(usable(red, ['eth0'], { signal: controller.signal }), reason);
    t.equal(getEventListeners(controller.signal, 'abort').length, 0);
  }
  t.equal(inventory().descriptors, descriptors);
});

t.test('a namespace that ends meanwhile is held by the wait only', { skip }, async (t) => {
  const red = await Namespace.create();
  const waiting = usable(red, ['eth0'], { timeout: 200 });
  await red.close();
  await t.rejects(waiting, { code: /ERR_TOPOLOGY_TIMEOUT|ERR_NAMESPACE_CLOSED/ });
});

t.test('many events', { skip }, async (t) => {
  await using lab = await two();
  await withoutIpv6(lab.red);
  const waiting = usable(lab.red, ['late']);
  const lines = Array.from({ length: 300 }, (_, index) => `link add b${index} up type bridge`).join('\n');
  t.equal(inside(lab.red, 'sh', '-c', `printf '${lines.replaceAll('\n', '\\n')}\\n' | ip -batch -`).status, 0);
  await connect({ namespace: lab.red, name: 'late' }, { namespace: lab.blue, name: 'late' });
  await waiting;
});
