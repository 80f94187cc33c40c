// A network namespace with much in it, made by `ip`: what the tests compare is all its work.
import { spawnSync } from 'node:child_process';
import type { Namespace } from '@nsnet/ns';
import type { Random } from '../support/random.ts';

/** The namespaces of a state. */
export interface Places {
  /** The one that is looked at. */
  readonly home: string;
  /** With a name that `ip` knows. */
  readonly named: string;
  /** Without. */
  readonly unnamed: Namespace;
}

/** Link kinds to be tried; not every kernel has them. */
const kinds = ['veth', 'bridge', 'vxlan', 'macvlan', 'macvtap', 'ifb', 'dummy', 'vlan', 'ipvlan'] as const;

/** The kinds among those that this kernel knows. */
export function knownKinds(home: string): Set<string> {
  const known = kinds.filter((kind) => {
    const base = ['macvlan', 'macvtap', 'vlan', 'ipvlan'].includes(kind) ? 'link probe-base ' : '';
    const options = kind === 'vlan' ? ' id 5' : kind === 'vxlan' ? ' id 5 dstport 4789' : '';
    return run(home, [
      'link add probe-base type bridge',
      `link add probe ${base}type ${kind}${options}`,
      'link delete probe',
      'link delete probe-base',
    ]).every((problem) => problem === undefined);
  });
  return new Set(known);
}

/**
 * Runs commands of `ip` in a namespace; gives what `ip` says against each, undefined where it has nothing to say. One
 * process each: `ip -batch` stops at some errors.
 */
function run(namespace: string, commands: readonly string[]): (string | undefined)[] {
  return commands.map((command) => {
    const args = command.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', '')) ?? [];
    const { status, stderr } = spawnSync('ip', ['-n', namespace, ...args], { encoding: 'utf8' });
    return status === 0 ? undefined : `ip ${command}: ${stderr.trim()}`;
  });
}

/** Builds the state; gives the commands that `ip` refused, which should be few. */
export function build(random: Random, places: Places, known: ReadonlySet<string>): string[] {
  const links = linkCommands(random, places, known);
  const problems = [
    ...run(places.home, links),
    ...run(places.named, ['link set lo up', 'link set far0 up', 'address add 10.8.0.2/24 dev far0']),
    ...run(places.home, [...addressCommands(random), ...routeCommands(random), ...ruleCommands(random)]),
    ...run(places.home, neighbourCommands(random)),
  ];
  return problems.filter((problem) => problem !== undefined);
}

/** `a`…: within the namespace; `near…`: with the other end elsewhere. */
const ends = ['a0', 'a1', 'b0', 'b1', 'near0', 'near1', 'near2'];

function linkCommands(random: Random, { named, unnamed }: Places, known: ReadonlySet<string>): string[] {
  const has = (kind: string, ...commands: string[]) => (known.has(kind) ? commands : []);
  const macvlanMode = random.pick(['private', 'vepa', 'bridge', 'source', 'passthru']);
  const switches = (names: readonly string[]) => random.some(names).map((name) => `${name} ${random.below(2)}`);
  const bridgeOptions = switches([
    'vlan_filtering',
    'stp_state',
    'mcast_snooping',
    'mcast_querier',
    'no_linklocal_learn',
  ]);
  const portOptions = random.some(['hairpin', 'guard', 'learning', 'flood', 'isolated', 'fastleave', 'locked']);
  return [
    ...(random.chance(0.8) ? ['link set lo up'] : []),
    'link add a0 type veth peer name a1',
    'link add b0 numtxqueues 3 type veth peer name b1',
    `link add near0 type veth peer name far0 netns ${named}`,
    `link add near1 type veth peer name far1 netns ${named}`,
    `link add near2 index ${100 + random.below(1000)} type veth peer name far2 netns /proc/${process.pid}/fd/${unnamed.fd}`,
    `link add br0 type bridge forward_delay ${200 + random.below(2000)}`,
    'link add br1 type bridge priority 4096',
    ...bridgeOptions.map((option) => `link set br0 type bridge ${option}`),
    'link set br1 type bridge vlan_filtering 1 vlan_protocol 802.1ad',
    'link set a0 master br0',
    'link set b0 master br0',
    ...portOptions.map((option) => `link set a0 type bridge_slave ${option} ${random.pick(['on', 'off'])}`),
    'link set b0 type bridge_slave group_fwd_mask 0xc008 backup_port a0',
    ...has('vxlan', ...vxlanCommands(random)),
    ...has('macvlan', `link add mv0 link b1 type macvlan mode ${macvlanMode} bcqueuelen ${100 + random.below(2000)}`),
    ...has(
      'macvlan',
      'link add mv1 link near1 type macvlan mode source',
      'link set mv1 type macvlan macaddr add 02:00:00:00:00:05',
    ),
    ...has('macvtap', 'link add mt0 link br1 type macvtap mode bridge'),
    ...has('ifb', 'link add ifb0 numrxqueues 2 type ifb'),
    ...has('dummy', 'link add d0 type dummy', 'link set d0 up'),
    ...has(
      'vlan',
      'link add vl0 link a1 type vlan id 7 protocol 802.1ad egress-qos-map 1:2 3:4 gvrp on',
      'link set vl0 up',
    ),
    ...has('ipvlan', 'link add ipv0 link near0 type ipvlan mode l3 private'),
    ...random.some([...ends, 'br0', 'br1'], 0.8).map((name) => `link set ${name} up`),
    ...random.some(['mv0', 'mv1', 'mt0', 'ifb0'], known.has('macvlan') ? 0.7 : 0).map((name) => `link set ${name} up`),
    'link set near0 up',
    'link set a1 up',
    'link set br0 up',
    'link set near2 alias "the far end \\ has no name"',
    `link set b1 group ${1 + random.below(100)}`,
    `link set a1 mtu ${1280 + random.below(8000)} txqueuelen ${random.below(3000)}`,
    ...random.some(ends).map((name) => `link property add dev ${name} altname ${name}-also altname ${name}-and-this`),
    ...random
      .some(['promisc on', 'allmulticast on', 'multicast off', 'arp off', 'mode dormant', 'protodown on'])
      .map((flag) => `link set ${random.pick(ends)} ${flag}`),
    ...random.some(['none', 'random', 'eui64']).map((mode) => `link set ${random.pick(ends)} addrgenmode ${mode}`),
    'link set b1 address 02:00:00:00:b1:00',
  ];
}

function vxlanCommands(random: Random): string[] {
  const flags = ['nolearning', 'proxy', 'rsc', 'l2miss', 'l3miss', 'noudpcsum', 'udp6zerocsumtx', 'gbp'];
  const options = [
    ...random.some(flags),
    random.pick(['ttl 5', 'ttl inherit', 'ttl auto', '']),
    random.pick(['tos inherit', 'tos 0x10', '']),
  ];
  return [
    `link add vx0 type vxlan id 42 dstport 4789 local 10.1.0.1 remote 10.1.0.9 ${options.join(' ')} ageing ${random.below(2) * 300}`,
    'link add vx1 type vxlan id 43 dstport 4790 group ff05::42 dev near0 srcport 1000 2000 maxaddress 50 flowlabel 0x55',
    'link add vx2 type vxlan external dstport 8472 df set',
    'link add vx3 type vxlan id 44 dstport 0 group 239.1.1.1 dev a1 df inherit',
  ];
}

function addressCommands(random: Random): string[] {
  const devices = [...ends, 'br0', 'br1', 'lo'];
  const lifetimes = () => random.pick(['', 'valid_lft 900 preferred_lft 300', 'valid_lft 4000 preferred_lft 0']);
  const ipv4 = Array.from({ length: 12 }, (_, index) => {
    const device = random.pick(devices);
    const scope = random.pick(['', 'scope link', 'scope host', 'scope site', 'scope 77']);
    const more = random.pick([
      '',
      'brd +',
      'brd 10.255.255.255',
      'metric 50',
      'noprefixroute',
      `label ${device}:x${index}`,
    ]);
    return `address add 10.${random.below(4)}.${index}.1/${random.pick([8, 24, 30, 32])} dev ${device} ${scope} ${more} ${lifetimes()}`;
  });
  const ipv6 = Array.from({ length: 12 }, (_, index) => {
    const flag = random.pick(['', '', 'nodad', 'home', 'mngtmpaddr', 'noprefixroute', 'optimistic']);
    const peer = flag === 'mngtmpaddr' ? '/64' : random.pick(['/64', '/128', '/10', ` peer fd00:${index}::2/64`]);
    return `address add fd00:${index}::1${peer} dev ${random.pick(devices)} ${flag} ${lifetimes()}`;
  });
  return [
    'address add 10.8.0.1/24 dev near0',
    'address add 10.8.0.7/24 dev near0',
    'address add 10.9.0.1 peer 10.9.0.2/30 dev a1',
    'address add fd08::1/64 dev near0 nodad',
    'address add fd08::ffff:10.0.0.1/64 dev near0 nodad',
    ...ipv4,
    ...ipv6,
  ];
}

function routeCommands(random: Random): string[] {
  const metrics = [
    'mtu 1400',
    'mtu lock 1300',
    'advmss 1200',
    'rtt 1500ms',
    'rttvar 20ms',
    'window 9000',
    'cwnd lock 5',
  ];
  metrics.push('hoplimit 33', 'initcwnd 11', 'initrwnd 12', 'quickack 1', 'features ecn', 'rto_min 3s', 'ssthresh 7');
  metrics.push('congctl cubic', 'reordering 4', 'fastopen_no_cookie 1');
  const kinds = ['blackhole', 'unreachable', 'prohibit', 'throw'];
  const table = () => random.pick(['', '', 'table 100', 'table 1000', 'table local', 'table default']);
  const maker = () => random.pick(['', 'proto static', 'proto bgp', 'proto 77', 'proto kernel', 'proto unspec']);
  const many = Array.from({ length: 15 }, (_, index) => {
    const how = random.pick([
      'via 10.8.0.2',
      'via 10.8.0.99 dev near0 onlink',
      'dev near0 scope link',
      'dev near0 src 10.8.0.7',
      'via inet6 fe80::9 dev near0',
    ]);
    return `route add 10.${100 + index}.0.0/${random.pick([16, 20])} ${how} ${table()} ${maker()} ${random.some(metrics, 0.2).join(' ')}`;
  });
  const many6 = Array.from({ length: 10 }, (_, index) => {
    const how = random.pick(['via fd08::2', 'via fe80::7 dev near0', 'dev near0', 'dev near0 expires 900', 'dev a1']);
    return `-6 route add fd5${index}::/${random.pick([32, 64, 128])} ${how} ${table()} ${random.pick(['', 'metric 7', 'pref high', 'pref low', 'hoplimit 9', 'mtu 1300'])}`;
  });
  return [
    'route add default via 10.8.0.2',
    '-6 route add default via fd08::2 metric 99',
    ...random.some(kinds, 0.8).map((kind, index) => `route add ${kind} 10.200.${index}.0/24 ${table()}`),
    ...random.some(kinds, 0.8).map((kind, index) => `-6 route add ${kind} fd60:${index}::/64 ${table()}`),
    'route add 10.201.0.0/16 nexthop via 10.8.0.3 weight 3 nexthop via 10.8.0.4 dev near0 onlink nexthop via inet6 fe80::5 dev near0',
    'route add 10.202.0.0/16 table 100 nexthop dev near0 realm 5 nexthop dev near1 weight 200',
    '-6 route add fd61::/64 nexthop via fd08::3 nexthop via fd08::4 weight 5',
    'route add 10.203.0.0/16 dev near0 tos 0x10 metric 5 realms 1/2',
    'route add 10.203.0.0/16 dev near0 tos 0x08 realm 9',
    'route add 10.204.0.0/16 dev near0 scope 42',
    'route add 10.205.1.2 dev near0 metric 4294967295',
    '-6 route add fd62::/64 from fd08::/64 dev near0',
    ...many,
    ...many6,
  ];
}

function ruleCommands(random: Random): string[] {
  const parts = ['from 10.0.0.0/8', 'to 10.1.2.3', 'not', 'tos 0x10', 'iif near0', 'oif missing0', 'fwmark 0x10/0xff'];
  parts.push('uidrange 5-10', 'ipproto tcp', 'sport 80', 'dport 100-200', 'tun_id 77', 'realms 3/4', 'protocol static');
  const actions = ['table 100', 'lookup main suppress_prefixlength 0', 'lookup 1000 suppress_ifgroup 7', 'goto 32766'];
  actions.push('goto 40000', 'blackhole', 'unreachable', 'prohibit', 'nop', 'table 70000');
  const rules = Array.from({ length: 15 }, (_, index) => {
    const family = random.pick(['-4', '-6']);
    const usable =
      family === '-4'
        ? parts
        : parts.map((part) => part.replace('10.0.0.0/8', 'fd00::/8').replace('10.1.2.3', 'fd08::5'));
    return `${family} rule add ${random.some(usable, 0.3).join(' ')} ${random.pick(actions)} priority ${100 + index}`;
  });
  return [...rules, 'rule add fwmark 5 table 5', 'rule add l3mdev protocol kernel'];
}

function neighbourCommands(random: Random): string[] {
  const devices = ['near0', 'a1', 'br0', 'near1'];
  const states = ['permanent', 'reachable', 'stale', 'noarp', 'delay', 'probe', 'none', 'failed', 'incomplete'];
  return Array.from({ length: 20 }, (_, index) => {
    const address = random.chance(0.5) ? `10.8.0.${50 + index}` : `fd08::${50 + index}`;
    const flags = random.some(['router', 'extern_learn', 'managed', 'protocol bgp', 'use'], 0.15).join(' ');
    return `neighbour add ${address} lladdr 02:00:00:00:00:${10 + index} dev ${random.pick(devices)} nud ${random.pick(states)} ${flags}`;
  });
}
