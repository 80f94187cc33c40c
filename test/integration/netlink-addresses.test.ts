import type { Address } from '@nsnet/netlink';
import t, { type Test } from 'tap';
import { lacking } from '../support/namespaces.ts';
import { outcome, type Room, room } from '../support/room.ts';

const skip = lacking('ip', 'nsenter');

/** One entry of `addr_info` in `ip -d -j address`. */
interface IpAddress {
  readonly family: string;
  readonly local: string;
  readonly prefixlen: number;
  readonly address?: string;
  readonly broadcast?: string;
  readonly scope: string;
  readonly label?: string;
  readonly metric?: number;
  readonly valid_life_time: number;
  readonly preferred_life_time: number;
  readonly [flag: string]: unknown;
}

const forever = 0xffffffff;
const flagWords = [
  'secondary',
  'nodad',
  'tentative',
  'deprecated',
  'dadfailed',
  'optimistic',
  'noprefixroute',
  'autojoin',
];

/** What the client is to say where `ip` says this of a link. Seconds tick: only whether they are limited is compared. */
function expected(index: number, entry: IpAddress): object {
  const { family, local, prefixlen, address, broadcast, scope, label, metric } = entry;
  const flags = flagWords.filter((flag) => entry[flag] === true || (flag === 'secondary' && entry.temporary === true));
  return {
    index,
    family,
    address: `${local}/${prefixlen}`,
    local,
    prefixLength: prefixlen,
    scope,
    flags: [...flags, ...(entry.dynamic ? [] : ['permanent'])].sort(),
    limited: [entry.valid_life_time !== forever, entry.preferred_life_time !== forever],
    ...(address === undefined ? {} : { peer: address }),
    ...(broadcast === undefined ? {} : { broadcast }),
    ...(label === undefined ? {} : { label }),
    ...(metric === undefined ? {} : { metric }),
  };
}

function shown({ validLifetime, preferredLifetime, flags, ...address }: Address): object {
  const limited = [validLifetime !== undefined, preferredLifetime !== undefined];
  return { ...address, flags: [...flags].sort(), limited };
}

/** Every address, as `ip` and as the client see it, in the same order for each link and family. */
async function compare(t: Test, { rt, json }: Room): Promise<void> {
  const links = json<{ ifindex: number; addr_info?: IpAddress[] }>('address show');
  const ours = await rt.addresses.list();
  for (const { ifindex, addr_info: theirs = [] } of links)
    t.same(
      ours.filter(({ index }) => index === ifindex).map(shown),
      theirs.map((entry) => expected(ifindex, entry)),
    );
  t.equal(
    ours.length,
    links.reduce((sum, { addr_info = [] }) => sum + addr_info.length, 0),
  );
}

t.test('what ip adds is listed as ip lists it', { skip }, async (t) => {
  await using here = await room();
  here.ip(
    'link set lo up',
    'link add e0 up type veth peer name e1',
    'link set e1 up',
    'address add 10.0.0.1/24 brd + dev e0',
    'address add 10.0.0.2/24 dev e0 label e0:x',
    'address add 10.1.0.1 peer 10.1.0.2/30 dev e0',
    'address add 10.2.0.1/24 dev e0 scope link metric 7',
    'address add 10.3.0.1/24 dev e0 valid_lft 1000 preferred_lft 500',
    'address add 10.4.0.1/24 dev e0 noprefixroute',
    'address add 10.5.0.1/24 brd 10.5.0.77 dev e0 scope 5',
    'address add fd00::1/64 dev e0 nodad',
    'address add fd00::2/128 dev e0 peer fd00::3/128 nodad',
    'address add fd01::1/64 dev e0 nodad valid_lft 1000 preferred_lft 0',
    'address add fd02::1/64 dev e1 nodad scope link metric 9',
    'address add fd03::1/64 dev e1',
  );
  await compare(t, here);
});

t.test('what the client adds is shown by ip', { skip }, async (t) => {
  await using here = await room();
  const { addresses } = here.rt;
  here.ip('link add e0 up type veth peer name e1', 'link set e1 up');
  await Promise.all([
    addresses.add('e0', '10.0.0.1/24', { broadcast: true, label: 'e0:first', metric: 7 }),
    addresses.add('e0', '10.0.1.1/31', { broadcast: true }),
    addresses.add('e0', '10.0.2.1/24', { broadcast: '10.0.2.7', scope: 'link' }),
    addresses.add('e0', '10.0.3.1', { peer: '10.0.3.2' }),
    addresses.add('e0', '10.0.4.1', { peer: '10.0.4.2/30' }),
    addresses.add('e0', '10.0.5.1/24', { validLifetime: 1000, preferredLifetime: 500 }),
    addresses.add('e0', 'fd00::1/64', { noDad: true }),
    addresses.add('e0', 'fd00:0:0::0:2/64', { noDad: true, validLifetime: 1000, preferredLifetime: 0 }),
    addresses.add('e0', 'fd00::3', { noDad: true, peer: 'fd00::4', metric: 8 }),
    addresses.add('e1', '127.0.0.9/8'),
  ]);
  const [e1, e0] = here.json<{ addr_info: IpAddress[] }>('address show').slice(1);
  const find = (local: string) =>
    [...(e0?.addr_info ?? []), ...(e1?.addr_info ?? [])].find((entry) => entry.local === local);
  t.match(find('10.0.0.1'), { prefixlen: 24, broadcast: '10.0.0.255', label: 'e0:first', metric: 7, scope: 'global' });
  t.equal(find('10.0.1.1')?.broadcast, undefined, 'a /31 has none');
  t.match(find('10.0.2.1'), { broadcast: '10.0.2.7', scope: 'link' });
  t.match(find('10.0.3.1'), { address: '10.0.3.2', prefixlen: 32 });
  t.match(find('10.0.4.1'), { address: '10.0.4.2', prefixlen: 30 });
  t.match(find('10.0.5.1'), { dynamic: true, label: 'e0' });
  t.match(find('fd00::1'), { nodad: true, prefixlen: 64 });
  t.match(find('fd00::2'), { nodad: true, dynamic: true, deprecated: true });
  t.match(find('fd00::3'), { address: 'fd00::4', metric: 8 });
  t.match(find('127.0.0.9'), { scope: 'host' });
  await compare(t, here);
});

t.test('replacing and removing', { skip }, async (t) => {
  await using here = await room();
  const { addresses } = here.rt;
  here.ip(
    'link add e0 up type veth peer name e1',
    'address add 10.0.0.1/24 dev e0',
    'address add fd00::1/64 dev e0 nodad',
  );
  await addresses.replace('e0', '10.0.0.1/24', { validLifetime: 1000, preferredLifetime: 500, label: 'e0:new' });
  await addresses.replace('e0', 'fd00::1/64', { validLifetime: 1000, preferredLifetime: 500 });
  await addresses.replace('e0', '10.0.9.1/24');
  for (const { local, validLifetime = 0, preferredLifetime = 0 } of await addresses.list({ scope: 'global' })) {
    if (local === '10.0.9.1') continue;
    t.ok(validLifetime > 900 && validLifetime <= 1000 && preferredLifetime > 400 && preferredLifetime <= 500, local);
  }
  await compare(t, here);
  await addresses.add('e0', '10.1.0.1', { peer: '10.1.0.2' });
  t.equal(await outcome(addresses.delete('e0', '10.1.0.1')), 'EADDRNOTAVAIL');
  await addresses.delete('e0', '10.1.0.1', { peer: '10.1.0.2' });
  // Everything that is listed can be removed as it is listed.
  for (const { index, address } of await addresses.list()) await addresses.delete(index, address);
  t.same(await addresses.list(), []);
  await compare(t, here);
});

t.test('filters', { skip }, async (t) => {
  await using here = await room();
  const { addresses } = here.rt;
  here.ip(
    'link set lo up',
    'link add e0 up type veth peer name e1',
    'address add 10.0.0.1/24 dev e0',
    'address add 10.0.1.1/24 dev e0 scope link',
    'address add fd00::1/64 dev e0 nodad',
    'address add 10.0.2.1/24 dev e1',
  );
  const found = async (filter: Parameters<typeof addresses.list>[0]) =>
    (await addresses.list(filter))
      .map(({ local }) => local)
      .sort()
      .join(' ');
  t.equal(await found({}), '10.0.0.1 10.0.1.1 10.0.2.1 127.0.0.1 ::1 fd00::1');
  t.equal(await found({ link: 'e0' }), '10.0.0.1 10.0.1.1 fd00::1');
  t.equal(await found({ link: 'e0', family: 'inet' }), '10.0.0.1 10.0.1.1');
  t.equal(await found({ family: 'inet6' }), '::1 fd00::1');
  t.equal(await found({ scope: 'link' }), '10.0.1.1');
  t.equal(await found({ scope: 'host', family: 'inet6' }), '::1');
  t.equal(await found({ link: await here.rt.links.get('e1') }), '10.0.2.1');
  t.equal(await outcome(addresses.list({ link: 'nope' })), 'ENODEV');
  t.equal(await outcome(addresses.list({ link: 9999 })), 'ENODEV', 'told in NLMSG_DONE only');
});

t.test('what the kernel refuses', { skip }, async (t) => {
  await using here = await room();
  const { addresses } = here.rt;
  here.ip(
    'link add e0 up type veth peer name e1',
    'address add 10.0.0.1/24 dev e0',
    'address add fd00::1/64 dev e0 nodad',
  );
  here.sh('echo 1 > /proc/sys/net/ipv6/conf/e1/disable_ipv6');
  const before = here.state();
  const rows: [call: () => Promise<void>, error: object][] = [
    [
      () => addresses.add('e0', '10.0.0.1/24'),
      { code: 'EEXIST', subject: "10.0.0.1/24 on link 'e0'", kernelMessage: 'ipv4: Address already assigned' },
    ],
    [() => addresses.add('e0', 'fd00::1/64'), { code: 'EEXIST' }],
    [() => addresses.add('nope', '10.0.0.1/24'), { code: 'ENODEV', subject: "link 'nope'" }],
    [() => addresses.add(9999, '10.0.0.1/24'), { code: 'ENODEV', subject: '10.0.0.1/24 on link 9999' }],
    [() => addresses.add('e1', 'fd00::1/64'), { code: 'EACCES', message: /disable_ipv6 = 0/ }],
    [() => addresses.delete('e0', '10.9.9.9/24'), { code: 'EADDRNOTAVAIL' }],
    [() => addresses.delete('e0', 'fd00::9/64'), { code: 'EADDRNOTAVAIL' }],
    [() => addresses.add('e0', '10.5.0.1/24', { validLifetime: 0, preferredLifetime: 0 }), { code: 'EINVAL' }],
  ];
  for (const [call, error] of rows) t.match(await call().catch((reason) => reason), { name: 'NetlinkError', ...error });
  t.equal(here.state(), before, 'nothing has changed');
});

t.test('1,000 addresses at once', { skip }, async (t) => {
  await using here = await room();
  const { addresses } = here.rt;
  here.ip('link add e0 up type veth peer name e1');
  const texts = Array.from({ length: 1000 }, (_, at) => `10.${at >> 8}.${at & 255}.1/24`);
  await Promise.all(texts.map((text) => addresses.add('e0', text)));
  t.same(
    (await addresses.list({ link: 'e0', family: 'inet' })).map(({ address }) => address),
    texts,
  );
  await compare(t, here);
  const again = await Promise.all(texts.map((text) => outcome(addresses.add('e0', text))));
  t.same(new Set(again), new Set(['EEXIST']));
  t.match(here.rt.stats(), { overruns: 0, late: 0, inFlight: 0 });
});
