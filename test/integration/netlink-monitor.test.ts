import { ClosedError, type RtEvent, Rtnetlink, TimeoutError } from '@nsnet/netlink';
import { Namespace } from '@nsnet/ns';
import t, { type Test } from 'tap';
import { needsRoot as skip } from '../support/private.ts';

/** A namespace of its own, with a client that is watched and another that changes things. */
async function lab(t: Test): Promise<{ rt: Rtnetlink; other: Rtnetlink; namespace: Namespace }> {
  const namespace = await Namespace.create();
  const rt = await Rtnetlink.open({ namespace });
  const other = await Rtnetlink.open({ namespace });
  t.teardown(async () => {
    await Promise.all([rt.close(), other.close(), namespace.close()]);
  });
  return { rt, other, namespace };
}

/** What an event says, in a line. */
function line(event: RtEvent): string {
  if (event.type === 'link') return `link ${event.action} ${event.link.name}`;
  if (event.type === 'address') return `address ${event.action} ${event.address.address}`;
  if (event.type === 'route') return `route ${event.action} ${event.route.destination}`;
  return event.type;
}

/** Takes events until one reads `last`. */
async function upTo(events: AsyncIterator<RtEvent>, last: string): Promise<string[]> {
  const lines: string[] = [];
  while (lines.at(-1) !== last) {
    const { value, done } = await events.next();
    if (done) throw new Error(`ended after ${lines.join(', ')}`);
    lines.push(line(value));
  }
  return lines;
}

const pair = { kind: 'veth', name: 'v0', peer: { name: 'v1' } } as const;

t.test('a snapshot, then what happens', { skip }, async (t) => {
  const { rt, other } = await lab(t);
  const events = rt.monitor({ groups: ['link', 'address'], snapshot: true });
  t.same(await upTo(events, 'ready'), ['link new lo', 'ready']);
  await other.links.add(pair);
  await other.addresses.add('v0', '10.0.0.1/24');
  t.same(await upTo(events, 'address new 10.0.0.1/24'), ['link new v1', 'link new v0', 'address new 10.0.0.1/24']);
  await other.links.set('v0', { mtu: 1400 });
  const { value } = await events.next();
  t.match(value, { type: 'link', action: 'change', link: { mtu: 1400 }, previous: { mtu: 1500 } });
  await other.links.delete('v0');
  t.match(await upTo(events, 'link delete v1'), ['address delete 10.0.0.1/24']);
  await events.return?.();
  t.same(await events.next(), { done: true, value: undefined });
});

t.test(
  'without a snapshot nothing is missed that happens once it listens, even while it begins',
  { skip },
  async (t) => {
    const { rt, other } = await lab(t);
    for (let round = 0; round < 20; round++) {
      const events = rt.monitor({ groups: ['link'] });
      // Made by the same client: its request goes out after the monitor's socket was asked for.
      await rt.links.list();
      await other.links.add(pair);
      await other.links.set('v0', { mtu: 1400 });
      const lines = await upTo(events, 'link change v0');
      t.same(lines, ['link new v1', 'link new v0', 'link change v0'], `round ${round}`);
      await events.return?.();
      await other.links.delete('v0');
    }
  },
);

t.test('routes that go silently with their link are told', { skip }, async (t) => {
  const { rt, other } = await lab(t);
  await other.links.add({ ...pair, up: true });
  await other.links.set('v1', { up: true });
  await other.addresses.add('v0', '10.0.0.1/24');
  await other.routes.add({ destination: '192.0.2.0/24', via: '10.0.0.2' });
  const events = rt.monitor({ groups: ['route'], snapshot: true });
  await upTo(events, 'ready');
  await other.links.set('v0', { up: false });
  t.match(await upTo(events, 'route delete 192.0.2.0/24'), /delete/);
  await events.return?.();
});

t.test('what is lost is made up for', { skip }, async (t) => {
  const { rt, other } = await lab(t);
  const state = new Map<number, string>();
  const apply = (event: RtEvent) => {
    if (event.type === 'resync') for (const change of event.changes) apply(change);
    else if (event.type === 'link' && event.action === 'delete') state.delete(event.link.index);
    else if (event.type === 'link') state.set(event.link.index, event.link.name);
  };
  const events = rt.monitor({ groups: ['link'], snapshot: true, receiveBuffer: 4096 });
  let resynced = false;
  for await (const event of events) {
    apply(event);
    // More events than the buffer holds, while nobody reads.
    if (event.type === 'ready') {
      for (let i = 0; i < 40; i++) void other.links.add({ kind: 'bridge', name: `b${i}` });
      await other.links.list();
      const until = performance.now() + 100;
      while (performance.now() < until);
      await other.links.add({ kind: 'bridge', name: 'last' });
    }
    resynced ||= event.type === 'resync';
    if ([...state.values()].includes('last')) break;
  }
  t.ok(resynced, 'events were lost');
  t.same(new Set(state.values()), new Set((await other.links.list()).map(({ name }) => name)));
});

t.test('it ends by its signal, and with the client', { skip }, async (t) => {
  const { rt } = await lab(t);
  const controller = new AbortController();
  const aborted = rt.monitor({ signal: controller.signal }).next();
  const closed = rt.monitor().next();
  controller.abort();
  await t.rejects(aborted, { name: 'AbortError' });
  await rt.close();
  await t.rejects(closed, ClosedError);
});

t.test('a mirror shows the present state, and waits for it to be as it should', { skip }, async (t) => {
  const { rt, other } = await lab(t);
  const mirror = await rt.mirror({ routes: { table: 254 } });
  t.same(
    [...mirror.links.values()].map(({ name }) => name),
    ['lo'],
  );
  const changes = mirror.changes();
  const route = mirror.until(({ routes }) => routes.find(({ destination }) => destination === '10.0.0.0/24'));
  await other.links.add({ ...pair, up: true });
  await other.links.set('v1', { up: true });
  await other.addresses.add('v0', '10.0.0.1/24');
  t.match(await route, { source: '10.0.0.1', protocol: 'kernel' });
  t.equal(mirror.link('v0')?.up, true);
  t.match(mirror.addresses, [{ address: '10.0.0.1/24' }]);
  t.match((await changes.next()).value, { type: 'link' });
  await t.rejects(
    mirror.until(() => false, { timeout: 20 }),
    TimeoutError,
  );
  const never = mirror.until(() => undefined);
  await mirror.close();
  await t.rejects(never, ClosedError);
});

t.test('all namespaces at once, each event with its number', { skip }, async (t) => {
  const { rt } = await lab(t);
  await using far = await Namespace.create();
  const nsid = await rt.nsids.set(far);
  const events = rt.monitor({ groups: ['link'], allNamespaces: true, snapshot: true });
  await upTo(events, 'ready');
  await using there = await Rtnetlink.open({ namespace: far });
  await there.links.add({ kind: 'bridge', name: 'far0' });
  const { value } = await events.next();
  t.match(value, { type: 'link', action: 'new', link: { name: 'far0' }, nsid });
  await events.return?.();
});
