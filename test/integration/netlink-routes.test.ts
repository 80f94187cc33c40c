import type { Route, RouteSpec } from '@nsnet/netlink';
import t, { type Test } from 'tap';
import { lacking } from '../support/namespaces.ts';
import { outcome, type Room, room } from '../support/room.ts';

const skip = lacking('ip', 'nsenter');

/** One entry of `ip -d -j route`. */
interface IpRoute {
  readonly type?: string;
  readonly dst: string;
  readonly gateway?: string;
  readonly via?: { readonly family: string; readonly host: string };
  readonly dev?: string;
  readonly table?: string;
  readonly protocol?: string;
  readonly scope?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly flags: readonly string[];
  readonly metrics?: readonly Record<string, number>[];
  readonly nexthops?: readonly (Pick<IpRoute, 'gateway' | 'via' | 'dev' | 'flags'> & { readonly weight: number })[];
  readonly pref?: string;
  readonly from?: string;
}

const tables: Readonly<Record<string, number>> = { main: 254, local: 255, default: 253 };

/** What the client is to say where `ip` says this. Ticking seconds are left out. */
function expected(family: string, entry: IpRoute, indexOf: (dev: string) => number | undefined): object {
  const { dst, gateway, via, dev, table = 'main', prefsrc, metric, flags, metrics, nexthops, pref, from } = entry;
  const way = ({ gateway, via, dev }: Pick<IpRoute, 'gateway' | 'via' | 'dev'>) => ({
    ...((gateway ?? via?.host) === undefined ? {} : { via: gateway ?? via?.host }),
    ...(dev === undefined ? {} : { index: indexOf(dev) }),
  });
  return {
    family,
    destination: dst,
    table: tables[table] ?? Number(table),
    protocol: entry.protocol ?? 'boot',
    scope: entry.scope ?? 'global',
    type: entry.type ?? 'unicast',
    flags: [...flags].sort(),
    ...way({ ...(gateway && { gateway }), ...(via && { via }), ...(dev && { dev }) }),
    ...(prefsrc === undefined ? {} : { source: prefsrc }),
    ...(metric === undefined ? {} : { metric }),
    ...(metrics === undefined ? {} : { metrics: Object.assign({}, ...metrics) }),
    ...(nexthops === undefined
      ? {}
      : { nexthops: nexthops.map((one) => ({ ...way(one), weight: one.weight, flags: [...one.flags].sort() })) }),
    ...(pref === undefined ? {} : { preference: pref }),
    ...(from === undefined ? {} : { from }),
  };
}

function shown({ expires, flags, nexthops, ...route }: Route): object {
  const ways = nexthops?.map((one) => ({ ...one, flags: [...(one.flags ?? [])].sort() }));
  return { ...route, flags: [...flags].sort(), ...(ways === undefined ? {} : { nexthops: ways }) };
}

/** Every route of both families and all tables, as `ip` and as the client see it, in the same order. */
async function compare(t: Test, { rt, json }: Room): Promise<void> {
  const indexes = new Map(
    json<{ ifname: string; ifindex: number }>('link show').map((link) => [link.ifname, link.ifindex]),
  );
  for (const [family, option] of [
    ['inet', '-4'],
    ['inet6', '-6'],
  ] as const) {
    const theirs = json<IpRoute>(`${option} route show table all`);
    const ours = await rt.routes.list({ family, table: 'all' });
    t.same(
      ours.map(shown),
      theirs.map((entry) => expected(family, entry, (dev) => indexes.get(dev))),
      family,
    );
  }
}

/** Two links that are up, with an address of each family on the first. */
async function wired(): Promise<Room> {
  const here = await room();
  // No link-local addresses, which come by themselves and change when nobody looks.
  here.sh('echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode');
  here.ip(
    'link set lo up',
    'link add e0 up type veth peer name e1',
    'link set e1 up',
    'address add 10.0.0.1/24 dev e0',
    'address add fd00::1/64 dev e0 nodad',
  );
  return here;
}

t.test('what ip adds is listed as ip lists it', { skip }, async (t) => {
  await using here = await wired();
  here.ip(
    'route add default via 10.0.0.2',
    'route add 10.1.0.0/16 via 10.0.0.3 dev e0 metric 7 proto static src 10.0.0.1 mtu 1400 advmss 1300',
    'route add 10.2.0.1 dev e0 scope link',
    'route add 10.3.0.0/16 via inet6 fd00::2 dev e0',
    'route add 10.4.0.0/16 nexthop via 10.0.0.2 weight 5 nexthop via 10.0.0.3 dev e0 onlink nexthop dev e1',
    'route add blackhole 10.5.0.0/16 metric 5',
    'route add unreachable 10.6.0.0/16 table 1000',
    'route add prohibit 10.7.0.0/16 table 100',
    'route add throw 10.8.0.0/16',
    'route add local 10.9.0.0/16 dev lo table local',
    'route add 10.10.0.0/16 via 172.16.0.1 dev e1 onlink proto 77',
    'route add broadcast 10.11.255.255 dev e0 table local',
    'route add multicast 239.0.0.0/8 dev e0 table 1000',
    '-6 route add default via fd00::2',
    '-6 route add fd01::/64 via fd00::3 dev e0 metric 7 proto static mtu 1400 pref high',
    '-6 route add fd02::1 dev e0',
    '-6 route add fd03::/64 nexthop via fd00::2 weight 5 nexthop via fd00::3 dev e0',
    '-6 route add blackhole fd04::/64',
    '-6 route add unreachable fd05::/64 table 1000',
    '-6 route add prohibit fd06::/64',
    '-6 route add throw fd07::/64',
    '-6 route add fd08::/64 dev e0 expires 1000',
    '-6 route add fd09::/64 from fd00::/64 dev e0',
  );
  await compare(t, here);
  here.ip('link set e1 down');
  await compare(t, here);
});

/** Routes in the client's words, and the beginning of the line by which `ip route` shows them. */
const added: [spec: RouteSpec, line: string][] = [
  [{ destination: 'default', via: '10.0.0.2' }, 'default via 10.0.0.2 dev e0'],
  [
    {
      destination: '10.1.0.0/16',
      via: '10.0.0.3',
      link: 'e0',
      metric: 7,
      protocol: 'static',
      source: '10.0.0.1',
      mtu: 1400,
    },
    '10.1.0.0/16 via 10.0.0.3 dev e0 proto static src 10.0.0.1 metric 7 mtu 1400',
  ],
  [{ destination: '10.2.0.1', link: 'e0' }, '10.2.0.1 dev e0 scope link'],
  [{ destination: '10.3.0.0/16', via: 'fd00::2', link: 'e0' }, '10.3.0.0/16 via inet6 fd00::2 dev e0'],
  [
    {
      destination: '10.4.0.0/16',
      nexthops: [{ via: '10.0.0.2', weight: 5 }, { via: '10.0.0.3', link: 'e0' }, { link: 'e1' }],
    },
    '10.4.0.0/16 nexthop via 10.0.0.2 dev e0 weight 5 nexthop via 10.0.0.3 dev e0 weight 1 nexthop dev e1 weight 1',
  ],
  [{ destination: '10.5.0.0/16', type: 'blackhole', metric: 5 }, 'blackhole 10.5.0.0/16 metric 5'],
  [{ destination: '10.6.0.0/16', type: 'unreachable', table: 1000 }, 'unreachable 10.6.0.0/16 table 1000'],
  [{ destination: '10.7.0.0/16', type: 'prohibit', table: 255 }, 'prohibit 10.7.0.0/16 table local'],
  [{ destination: '10.8.0.0/16', type: 'throw' }, 'throw 10.8.0.0/16'],
  [
    { destination: '10.9.0.0/16', type: 'local', link: 'lo', table: 255 },
    'local 10.9.0.0/16 dev lo table local scope host',
  ],
  [
    { destination: '10.10.0.0/16', via: '172.16.0.1', link: 'e1', onlink: true, protocol: 77 },
    '10.10.0.0/16 via 172.16.0.1 dev e1 proto 77 onlink',
  ],
  [{ destination: '10.11.0.0/16', link: 'e0', scope: 'host' }, '10.11.0.0/16 dev e0 scope host'],
  [{ destination: 'default', table: 4_000_000_000, link: { index: 1 } }, 'default dev lo table 4000000000 scope link'],
  [{ destination: 'default', via: 'fd00::2', metric: 7 }, 'default via fd00::2 dev e0 metric 7 pref medium'],
  [{ destination: 'default', family: 'inet6', link: 'e1' }, 'default dev e1 metric 1024 pref medium'],
  [
    { destination: 'fd01::/64', via: 'fd00::3', protocol: 'static', mtu: 1400 },
    'fd01::/64 via fd00::3 dev e0 proto static metric 1024 mtu 1400 pref medium',
  ],
  [{ destination: 'fd02::1', link: 'e0', source: 'fd00::1' }, 'fd02::1 dev e0 src fd00::1 metric 1024 pref medium'],
  [
    {
      destination: 'fd03::/64',
      nexthops: [
        { via: 'fd00::2', weight: 5 },
        { via: 'fd00::3', link: 'e0' },
      ],
    },
    'fd03::/64 metric 1024 pref medium nexthop via fd00::2 dev e0 weight 5 nexthop via fd00::3 dev e0 weight 1',
  ],
  [{ destination: 'fd04::/64', type: 'blackhole' }, 'blackhole fd04::/64 dev lo metric 1024 pref medium'],
  [
    { destination: 'fd05::/64', type: 'unreachable', table: 1000 },
    'unreachable fd05::/64 dev lo table 1000 metric 1024 pref medium',
  ],
];

/** The lines of `ip route` for all tables, each on one line. */
function lines(here: Room): string[] {
  const text = ['-4', '-6'].map((family) => here.sh(`ip ${family} route show table all`)).join('');
  return text
    .replaceAll(/ *\n\t/g, ' ')
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' ').trim());
}

t.test('what the client adds is shown by ip, and removed in the same words', { skip }, async (t) => {
  await using here = await wired();
  const { routes } = here.rt;
  const before = here.state();
  for (const [spec, line] of added) {
    await routes.add(spec);
    t.ok(lines(here).includes(line), `${JSON.stringify(spec)}: ${line}`);
  }
  await compare(t, here);
  for (const [spec, line] of added.toReversed()) {
    await routes.delete(spec);
    t.notOk(lines(here).includes(line), `gone: ${line}`);
  }
  t.equal(here.state(), before);
  await Promise.all(added.map(([spec]) => routes.add(spec)));
  for (const [, line] of added) t.ok(lines(here).includes(line), `all at once: ${line}`);
});

t.test('replace adds, then changes', { skip }, async (t) => {
  await using here = await wired();
  const { routes } = here.rt;
  for (const via of ['10.0.0.2', '10.0.0.3', '10.0.0.3']) {
    await routes.replace({ destination: '10.1.0.0/16', via });
    t.same(
      (await routes.list({ link: 'e0', protocol: 'boot', family: 'inet' })).map((route) => route.via),
      [via],
    );
  }
  await routes.replace({ destination: 'fd01::/64', via: 'fd00::2' });
  await routes.replace({ destination: 'fd01::/64', via: 'fd00::3' });
  t.match(await routes.get('fd01::1'), { via: 'fd00::3' });
  await compare(t, here);
});

t.test('filters', { skip }, async (t) => {
  await using here = await wired();
  const { routes } = here.rt;
  here.ip(
    'route add 10.1.0.0/16 via 10.0.0.2 proto static',
    'route add 10.2.0.0/16 dev e1 table 1000',
    'route add 10.3.0.0/16 nexthop via 10.0.0.2 nexthop dev e1',
    'route add blackhole 10.4.0.0/16',
    '-6 route add fd01::/64 via fd00::2 proto 77',
  );
  const found = async (filter: Parameters<typeof routes.list>[0]) =>
    (await routes.list(filter))
      .map(({ destination }) => destination)
      .filter((one) => !/^(fe80|ff00)/.test(one))
      .join(' ');
  t.equal(await found({}), '10.0.0.0/24 10.1.0.0/16 10.3.0.0/16 10.4.0.0/16 fd00::/64 fd01::/64');
  t.equal(await found({ family: 'inet' }), '10.0.0.0/24 10.1.0.0/16 10.3.0.0/16 10.4.0.0/16');
  t.equal(await found({ family: 'inet6' }), 'fd00::/64 fd01::/64');
  t.equal(await found({ table: 1000 }), '10.2.0.0/16');
  t.equal(await found({ link: 'e1', family: 'inet' }), '10.3.0.0/16', 'one way of several is enough');
  t.equal(await found({ link: 'e1', table: 'all', family: 'inet' }), '10.2.0.0/16 10.3.0.0/16');
  t.equal(await found({ protocol: 'static' }), '10.1.0.0/16');
  t.equal(await found({ protocol: 77 }), 'fd01::/64');
  t.equal(await found({ protocol: '77' }), 'fd01::/64');
  t.equal(await found({ type: 'blackhole' }), '10.4.0.0/16');
  t.equal(await found({ type: 'local', table: 255, family: 'inet', link: 'e0' }), '10.0.0.1');
  t.equal(await found({ table: 5555 }), '');
  t.equal(await outcome(routes.list({ table: 5555, family: 'inet' })), 'ENOENT', 'told in NLMSG_DONE only');
  t.equal(await outcome(routes.list({ table: 5555, family: 'inet6' })), 'ENOENT');
  t.equal(await outcome(routes.list({ link: 'nope' })), 'ENODEV');
  await using empty = await room();
  for (const filter of [{}, { family: 'inet' }, { family: 'inet6' }, { table: 'all' }, { table: 255 }] as const)
    t.same(await empty.rt.routes.list(filter), [], `a fresh namespace: ${JSON.stringify(filter)}`);
});

t.test('the route that would be taken', { skip }, async (t) => {
  await using here = await wired();
  const { routes } = here.rt;
  here.ip(
    'route add default via 10.0.0.2',
    'route add 10.9.0.0/16 dev e1 table 1000',
    'rule add fwmark 5 table 1000',
    '-6 route add default via fd00::2',
  );
  const { index: e0 } = await here.rt.links.get('e0');
  const { index: e1 } = await here.rt.links.get('e1');
  t.match(await routes.get('192.0.2.1'), {
    destination: '192.0.2.1',
    via: '10.0.0.2',
    index: e0,
    source: '10.0.0.1',
    table: 254,
  });
  t.match(await routes.get('10.9.0.1', { mark: 5 }), { index: e1, table: 1000 });
  t.match(await routes.get('10.9.0.1', { mark: 4 }), { index: e0 });
  t.match(await routes.get('10.0.0.9', { source: '10.0.0.1', link: 'e0' }), { index: e0 });
  t.match(await routes.get('10.0.0.1'), { type: 'local', table: 255 });
  t.match(await routes.get('2001:db8::1'), { via: 'fd00::2', index: e0, source: 'fd00::1', table: 254 });
  t.match(await routes.get('2001:db8::1', { source: 'fd00::1', link: 'e0', mark: 5 }), { via: 'fd00::2' });
  here.ip('route del default', '-6 route del default');
  t.equal(await outcome(routes.get('192.0.2.1')), 'ENETUNREACH');
  t.equal(await outcome(routes.get('2001:db8::1')), 'ENETUNREACH');
  t.equal(await outcome(routes.get('10.9.0.1', { link: 'nope' })), 'ENODEV');
});

t.test('what the kernel refuses', { skip }, async (t) => {
  await using here = await wired();
  const { routes } = here.rt;
  here.ip(
    'route add 10.1.0.0/16 via 10.0.0.2',
    'link add quiet type veth peer name quiet2',
    'address add 10.50.0.1/24 dev quiet',
  );
  const before = here.state();
  const rows: [call: () => Promise<void>, error: object][] = [
    [
      () => routes.add({ destination: '10.1.0.0/16', via: '10.0.0.2' }),
      { code: 'EEXIST', subject: 'route 10.1.0.0/16' },
    ],
    [
      () => routes.add({ destination: '10.2.0.0/16', via: '192.0.2.1' }),
      { code: 'ENETUNREACH', kernelMessage: 'Nexthop has invalid gateway' },
    ],
    [() => routes.add({ destination: '10.2.0.0/16', via: '10.50.0.2' }), { code: 'ENETUNREACH' }],
    [() => routes.add({ destination: '10.2.0.0/16', link: 'quiet' }), { code: 'ENETDOWN' }],
    [() => routes.add({ destination: '10.2.0.0/16', link: 9999 }), { code: 'ENODEV' }],
    [() => routes.add({ destination: '10.2.0.0/16', link: 'nope' }), { code: 'ENODEV', subject: "link 'nope'" }],
    [
      () => routes.add({ destination: '10.2.0.0/16', nexthops: [{ via: '10.0.0.2' }, { via: '192.0.2.1' }] }),
      { code: 'ENETUNREACH' },
    ],
    [() => routes.add({ destination: 'fd09::/64', via: '2001:db8::1' }), { code: 'EHOSTUNREACH' }],
    [
      () => routes.add({ destination: '10.2.0.0/16', via: '10.0.0.2', source: '10.77.0.1' }),
      { code: 'EINVAL', kernelMessage: 'Invalid prefsrc address' },
    ],
    [() => routes.delete({ destination: '10.9.0.0/16' }), { code: 'ESRCH' }],
    [() => routes.delete({ destination: '10.1.0.0/16', via: '10.0.0.77' }), { code: 'ESRCH' }],
    [() => routes.delete({ destination: 'fd09::/64' }), { code: 'ESRCH' }],
  ];
  for (const [call, error] of rows) t.match(await call().catch((reason) => reason), { name: 'NetlinkError', ...error });
  t.equal(here.state(), before, 'nothing has changed');
});
