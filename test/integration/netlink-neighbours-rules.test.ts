import type { Neighbour, Rule } from '@nsnet/netlink';
import t, { type Test } from 'tap';
import { lacking } from '../support/namespaces.ts';
import { outcome, type Room, room } from '../support/room.ts';

const skip = lacking('ip', 'nsenter');

/** One entry of `ip -j neighbour`. */
interface IpNeighbour {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr?: string;
  readonly state?: readonly string[];
  readonly router?: null;
  readonly [key: string]: unknown;
}

function expectedNeighbour(entry: IpNeighbour, indexOf: (dev: string) => number | undefined): object {
  return {
    index: indexOf(entry.dev),
    family: entry.dst.includes(':') ? 'inet6' : 'inet',
    destination: entry.dst,
    state: (entry.state ?? ['none']).join(',').toLowerCase(),
    flags: ['router', 'extern_learn', 'managed'].filter((flag) => flag in entry),
    ...(entry.lladdr === undefined ? {} : { address: entry.lladdr }),
  };
}

const byText = (one: object, other: object) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);
const sorted = (neighbours: readonly object[]) =>
  neighbours.map((one) => Object.fromEntries(Object.entries(one).sort())).sort(byText);

async function compareNeighbours(t: Test, { rt, json }: Room): Promise<void> {
  const indexes = new Map(
    json<{ ifname: string; ifindex: number }>('link show').map((link) => [link.ifname, link.ifindex]),
  );
  const theirs = json<IpNeighbour>('neighbour show nud all');
  const ours: Neighbour[] = await rt.neighbours.list();
  t.same(sorted(ours), sorted(theirs.map((entry) => expectedNeighbour(entry, (dev) => indexes.get(dev)))));
}

/** Two links; no entries but those that are made. */
async function quiet(): Promise<Room> {
  const here = await room();
  here.sh('echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode');
  here.ip('link add e0 type veth peer name e1', 'link set e0 up', 'link set e1 up');
  return here;
}

t.test('neighbours that ip adds', { skip }, async (t) => {
  await using here = await quiet();
  here.ip(
    'neighbour add 10.0.0.2 lladdr 02:00:00:00:00:02 dev e0',
    'neighbour add 10.0.0.3 lladdr 02:00:00:00:00:03 dev e0 nud stale',
    'neighbour add 10.0.0.4 dev e0 nud noarp',
    'neighbour add 10.0.0.5 lladdr 02:00:00:00:00:05 dev e1 nud reachable',
    'neighbour add fd00::2 lladdr 02:00:00:00:00:06 dev e0 router',
    'neighbour add fd00::3 lladdr 02:00:00:00:00:07 dev e1 extern_learn',
  );
  await compareNeighbours(t, here);
});

t.test('neighbours that the client adds, changes and removes', { skip }, async (t) => {
  await using here = await quiet();
  const { neighbours } = here.rt;
  const one = (dst: string) => here.json<IpNeighbour>('neighbour show nud all').find((entry) => entry.dst === dst);
  await neighbours.add('e0', { destination: '10.0.0.2', address: '02:00:00:00:00:02' });
  t.match(one('10.0.0.2'), { dev: 'e0', lladdr: '02:00:00:00:00:02', state: ['PERMANENT'] });
  await neighbours.add('e0', { destination: 'fd00::2', address: '02:00:00:00:00:03', state: 'stale' });
  t.match(one('fd00::2'), { state: ['STALE'] });
  await neighbours.add('e1', { destination: '10.0.0.3', state: 'noarp' });
  t.match(one('10.0.0.3'), { dev: 'e1', state: ['NOARP'] });
  await neighbours.replace('e0', { destination: '10.0.0.2', address: '02:00:00:00:00:09', state: 'reachable' });
  t.match(one('10.0.0.2'), { lladdr: '02:00:00:00:00:09', state: ['REACHABLE'] });
  await neighbours.replace('e0', { destination: '10.0.0.9', address: '02:00:00:00:00:09' });
  await compareNeighbours(t, here);

  const addresses = async (filter: Parameters<typeof neighbours.list>[0]) =>
    (await neighbours.list(filter))
      .map(({ destination }) => destination)
      .sort()
      .join(' ');
  t.equal(await addresses({ link: 'e0' }), '10.0.0.2 10.0.0.9 fd00::2');
  t.equal(await addresses({ link: 'e0', family: 'inet6' }), 'fd00::2');
  t.equal(await addresses({ family: 'inet' }), '10.0.0.2 10.0.0.3 10.0.0.9');
  t.equal(await outcome(neighbours.list({ link: 'nope' })), 'ENODEV');

  t.equal(await outcome(neighbours.add('e0', { destination: '10.0.0.9', address: '02:00:00:00:00:0a' })), 'EEXIST');
  t.equal(await outcome(neighbours.add('nope', { destination: '10.0.0.9', address: '02:00:00:00:00:0a' })), 'ENODEV');
  t.equal(await outcome(neighbours.add(9999, { destination: '10.0.0.9', address: '02:00:00:00:00:0a' })), 'ENODEV');
  t.equal(await outcome(neighbours.delete('e0', '10.0.0.77')), 'ENOENT');
  for (const { index, destination = '' } of await neighbours.list()) await neighbours.delete(index, destination);
  t.same(here.json('neighbour show nud all'), []);
});

t.test('answering for others', { skip }, async (t) => {
  await using here = await quiet();
  const { neighbours } = here.rt;
  await neighbours.add('e0', { destination: '10.0.0.2', proxy: true });
  await neighbours.add('e0', { destination: 'fd00::2', proxy: true });
  t.same(
    here.json<IpNeighbour>('neighbour show proxy').map(({ dst }) => dst),
    ['10.0.0.2', 'fd00::2'],
  );
  await neighbours.delete('e0', '10.0.0.2', { proxy: true });
  await neighbours.delete('e0', 'fd00::2', { proxy: true });
  t.same(here.json('neighbour show proxy'), []);
});

/** One entry of `ip -j rule`. */
interface IpRule {
  readonly priority: number;
  readonly src: string;
  readonly srclen?: number;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly table?: string;
  readonly action?: string;
  readonly goto?: number | string;
  readonly fwmark?: string;
  readonly fwmask?: string;
  readonly iif?: string;
  readonly oif?: string;
  readonly not?: null;
  readonly suppress_prefixlen?: number;
  readonly protocol: string;
}

const tables: Readonly<Record<string, number>> = { main: 254, local: 255, default: 253 };
const protocols: Readonly<Record<string, number>> = { kernel: 2, boot: 3, static: 4 };

function expectedRule(family: string, entry: IpRule): object {
  const prefix = (address: string, length: number | undefined) =>
    length === undefined ? address : `${address}/${length}`;
  const action = entry.action ?? (entry.table === undefined ? (entry.goto === undefined ? 'nop' : 'goto') : 'lookup');
  return {
    family,
    priority: entry.priority,
    action,
    invert: 'not' in entry,
    ...(entry.src === 'all' ? {} : { from: prefix(entry.src, entry.srclen) }),
    ...(entry.dst === undefined ? {} : { to: prefix(entry.dst, entry.dstlen) }),
    ...(entry.table === undefined ? {} : { table: tables[entry.table] ?? Number(entry.table) }),
    ...(entry.fwmark === undefined ? {} : { mark: Number(entry.fwmark) }),
    ...(entry.fwmask === undefined ? {} : { mask: Number(entry.fwmask) }),
    ...(entry.iif === undefined ? {} : { inputName: entry.iif }),
    ...(entry.oif === undefined ? {} : { outputName: entry.oif }),
    ...(entry.goto === undefined ? {} : { goto: Number(entry.goto) }),
    ...(entry.suppress_prefixlen === undefined ? {} : { suppressPrefixLength: entry.suppress_prefixlen }),
    protocol: protocols[entry.protocol] ?? Number(entry.protocol === 'unspec' ? 0 : entry.protocol),
  };
}

/** Every rule of both families, as `ip` and as the client see it, in the order they are tried. */
async function compareRules(t: Test, { rt, json }: Room): Promise<void> {
  const theirs = (['inet', 'inet6'] as const).flatMap((family) =>
    json<IpRule>(`${family === 'inet' ? '-4' : '-6'} rule show`).map((entry) => expectedRule(family, entry)),
  );
  t.same(await rt.rules.list(), theirs);
}

t.test('rules that ip adds', { skip }, async (t) => {
  await using here = await room();
  here.ip(
    'rule add from 10.0.0.0/8 to 10.1.0.1 table 1000 priority 100',
    'rule add fwmark 5 lookup 200 priority 101',
    'rule add fwmark 0x5/0xff lookup main priority 102',
    'rule add iif lo oif e0 table 100 priority 103',
    'rule add not from 10.2.0.0/16 lookup 100 priority 104 protocol static',
    'rule add blackhole from 10.3.0.1 priority 105',
    'rule add prohibit to 10.3.0.2 priority 106',
    'rule add unreachable priority 107',
    'rule add goto 200 priority 108',
    'rule add nop priority 200',
    'rule add lookup main suppress_prefixlength 0 priority 201',
    '-6 rule add from fd00::/8 table 1000 priority 100',
    '-6 rule add to fd00::1 prohibit priority 101',
  );
  await compareRules(t, here);
});

const rules: Parameters<Room['rt']['rules']['add']>[0][] = [
  { from: '10.0.0.0/8', to: '10.1.0.1', table: 1000, priority: 100 },
  { mark: 5, table: 200, priority: 101 },
  { mark: 5, mask: 0xff, priority: 102 },
  { inputName: 'lo', outputName: 'e0', table: 100, priority: 103 },
  { invert: true, from: '10.2.0.0/16', table: 100, priority: 104, protocol: 4 },
  { action: 'blackhole', from: '10.3.0.1', priority: 105 },
  { action: 'prohibit', to: '10.3.0.2', priority: 106 },
  { action: 'unreachable', priority: 107 },
  { action: 'goto', goto: 200, priority: 108 },
  { action: 'nop', priority: 200 },
  { suppressPrefixLength: 0, priority: 201 },
  { from: 'fd00::/8', table: 1000, priority: 100 },
  { to: 'fd00::1', action: 'prohibit', priority: 101 },
  { family: 'inet6', table: 4_000_000_000, priority: 102 },
  { table: 77, from: '0.0.0.0/0' },
];

t.test('rules that the client adds, and removes as they are listed', { skip }, async (t) => {
  await using here = await room();
  const before = await here.rt.rules.list();
  const state = here.state();
  for (const rule of rules) await here.rt.rules.add(rule);
  await compareRules(t, here);
  const list = await here.rt.rules.list();
  for (const rule of rules.slice(0, -1)) {
    const family = rule.family ?? (`${rule.from}${rule.to}`.includes(':') ? 'inet6' : 'inet');
    const found = list.find((one) => one.family === family && one.priority === rule.priority);
    t.match(found, rule, JSON.stringify(rule));
  }
  t.ok(
    list.some(({ table, priority }) => table === 77 && priority < 32_766),
    'a priority by the kernel',
  );
  t.same(
    await here.rt.rules.list({ family: 'inet' }),
    list.filter(({ family }) => family === 'inet'),
  );
  t.same(
    await here.rt.rules.list({ family: 'inet6' }),
    list.filter(({ family }) => family === 'inet6'),
  );
  const isOld = (rule: Rule) => before.some((old) => JSON.stringify(old) === JSON.stringify(rule));
  for (const rule of list.filter((one) => !isOld(one))) await here.rt.rules.delete(rule);
  t.same(await here.rt.rules.list(), before);
  t.equal(here.state(), state);
});

t.test('rules: what the kernel refuses', { skip }, async (t) => {
  await using here = await room();
  await here.rt.rules.add({ from: '10.0.0.0/8', table: 1000, priority: 100 });
  const state = here.state();
  t.equal(await outcome(here.rt.rules.add({ from: '10.0.0.0/8', table: 1000, priority: 100 })), 'EEXIST');
  t.equal(await outcome(here.rt.rules.add({ action: 'goto', goto: 50, priority: 100 })), 'EINVAL');
  t.equal(await outcome(here.rt.rules.delete({ priority: 12345 })), 'ENOENT');
  t.equal(await outcome(here.rt.rules.delete({ from: '10.0.0.0/8', table: 1001 })), 'ENOENT');
  t.equal(here.state(), state);
});
