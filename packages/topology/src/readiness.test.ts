import type { Address, Link } from '@nsnet/netlink';
import t from 'tap';
import { Readiness } from './readiness.ts';

const link = (index: number, name: string, more: Partial<Link> = {}): Link => ({
  index,
  name,
  kind: 'veth',
  up: true,
  running: true,
  flags: ['up', 'running', 'lower_up'],
  mtu: 1500,
  operstate: 'up',
  group: 0,
  altnames: [],
  type: 'ether',
  ...more,
});
const address = (index: number, local: string, ...flags: string[]): Address => ({
  index,
  family: 'inet6',
  address: `${local}/64`,
  local,
  prefixLength: 64,
  scope: 'global',
  flags,
});
const noCarrier = { running: false, flags: ['up'], operstate: 'down' };

/** Reasons after a snapshot of these. */
function reasons(wanted: string[] | undefined, links: Link[], addresses: Address[] = []): string[] | undefined {
  const state = new Readiness(wanted);
  for (const each of links) state.apply({ type: 'link', action: 'new', link: each });
  for (const each of addresses) state.apply({ type: 'address', action: 'new', address: each });
  state.apply({ type: 'ready' });
  return state.obstacles()?.map((obstacle) => `${obstacle.link} ${obstacle.reason}${obstacle.final ? '!' : ''}`);
}

t.test('what is in the way of a link', async (t) => {
  t.same(reasons(['eth0'], [link(2, 'eth0')]), []);
  t.same(reasons(['eth0'], []), ['eth0 is not there']);
  t.same(reasons(['eth0'], [link(2, 'eth0', { up: false, running: false, flags: [] })]), ['eth0 is down']);
  t.match(reasons(['eth0'], [link(2, 'eth0', noCarrier)]), [/^eth0 has no carrier \(down\)/]);
  t.match(reasons(['eth0'], [link(2, 'eth0', { flags: ['up', 'running'] })]), [/no carrier/], 'a carrier just lost');
  t.same(reasons(['tun0'], [link(2, 'tun0', { kind: 'tun', operstate: 'unknown' })]), [], 'a driver that does not say');
  t.same(reasons(['other'], [link(2, 'eth0', { altnames: ['other'] })]), []);
  t.same(reasons(['eth1', 'eth0'], []), ['eth1 is not there', 'eth0 is not there']);
});

t.test('what is in the way of its addresses', async (t) => {
  const eth0 = [link(2, 'eth0'), link(3, 'eth1')];
  t.match(reasons(['eth0'], eth0, [address(2, 'fd00::1', 'tentative')]), [/fd00::1 yet.*tentative/]);
  t.match(reasons(['eth0'], eth0, [address(2, 'fd00::1', 'tentative', 'dadfailed')]), [/fd00::1: .*dadfailed.*!$/]);
  t.same(reasons(['eth0'], eth0, [address(2, 'fd00::1', 'tentative', 'optimistic')]), []);
  t.same(reasons(['eth0'], eth0, [address(2, 'fd00::1', 'permanent'), address(3, 'fd00::2', 'tentative')]), []);
});

t.test('by default every link that is up', async (t) => {
  const lo = link(1, 'lo', { type: 'loopback', ...noCarrier });
  const down = link(2, 'down0', { up: false, running: false, flags: [] });
  t.same(reasons(undefined, [lo, down]), []);
  t.match(reasons(undefined, [lo, down, link(3, 'eth0', noCarrier), link(4, 'eth1')]), [/^eth0 has no carrier/]);
});

t.test('bridges', async (t) => {
  const bridge = link(2, 'br0', { kind: 'bridge', ...noCarrier });
  t.same(reasons(['br0'], [bridge]), [], 'without ports');
  t.match(reasons(['br0'], [bridge, link(3, 'p0', { master: 2 })]), [/^br0 has no carrier/]);
});

t.test('events', async (t) => {
  const state = new Readiness(['eth0']);
  state.apply({ type: 'link', action: 'new', link: link(2, 'eth0') });
  t.equal(state.obstacles(), undefined, 'nothing is said before all is known');
  t.same(state.lastSeen(), []);
  state.apply({ type: 'ready' });
  t.same(state.obstacles(), []);
  state.apply({ type: 'address', action: 'new', address: address(2, 'fd00::1', 'tentative') });
  t.equal(state.obstacles()?.length, 1);
  state.apply({ type: 'address', action: 'change', address: address(2, 'fd00::1', 'permanent') });
  t.equal(state.obstacles()?.length, 0);
  state.apply({ type: 'address', action: 'new', address: address(2, 'fd00::2', 'tentative') });
  state.apply({ type: 'address', action: 'delete', address: address(2, 'fd00::2', 'tentative') });
  t.equal(state.obstacles()?.length, 0);
  state.apply({ type: 'link', action: 'delete', link: link(2, 'eth0') });
  t.equal(state.obstacles()?.length, 1);
  state.apply({
    type: 'resync',
    changes: [
      { type: 'link', action: 'new', link: link(5, 'eth0') },
      { type: 'link', action: 'change', link: link(5, 'eth1'), previous: link(5, 'eth0') },
    ],
  });
  t.same(state.obstacles(), [{ link: 'eth0', reason: 'is not there', final: false }], 'renamed');
});
