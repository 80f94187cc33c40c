import t from 'tap';
import { EncodeError } from '../errors.ts';
import { Addresses } from './addresses.ts';
import { Channel } from './channel.ts';
import { FakeKernel, linkKernel, linkOf } from './fake-kernel.test.helper.ts';
import { Links } from './links.ts';
import { Neighbours } from './neighbours.ts';
import { Nsids } from './nsids.ts';
import { Routes } from './routes.ts';
import { Rules } from './rules.ts';

const kernel = new FakeKernel(linkKernel(new Map([['eth0', 1]])));
const channel = new Channel(kernel);
const links = new Links(channel);
const addresses = new Addresses(channel);
const routes = new Routes(channel, () => Promise.resolve(kernel));
const neighbours = new Neighbours(channel);
const rules = new Rules(channel);
const nsids = new Nsids(channel);

/** What JavaScript can say although TypeScript refuses it. */
const wrong = (value: unknown) => value as never;

type Row = [name: string, call: () => Promise<unknown>, problems: string[]];

/** Every problem is told at once, as `path reason`, and nothing is sent. */
function refuses(title: string, rows: readonly Row[]): void {
  t.test(title, async (t) => {
    const before = kernel.requests.length;
    for (const [name, call, problems] of rows) {
      const error = await call().then(
        () => undefined,
        (reason) => reason,
      );
      if (!(error instanceof EncodeError)) {
        t.fail(`${name}: ${error}`);
        continue;
      }
      t.same(
        error.problems.map(({ path, reason }) => `${path} ${reason}`.trim()),
        problems,
        name,
      );
    }
    t.equal(kernel.requests.length, before, 'nothing is sent');
  });
}

const forbidden = "contains a space, '/' or NUL";
const template = "contains '%', which the kernel takes for a template";
const names: [name: unknown, reason: string][] = [
  ['', 'is empty'],
  ['sixteen-bytes-xx', 'is longer than 15 bytes'],
  ['ääääääää', 'is longer than 15 bytes'],
  ['.', 'is not allowed as a name'],
  ['..', 'is not allowed as a name'],
  ['a/b', forbidden],
  ['/', forbidden],
  ['a b', forbidden],
  ['a\tb', forbidden],
  ['a\nb', forbidden],
  ['a\0b', forbidden],
  // Byte A0, which the kernel takes for a space.
  ['à', forbidden],
  ['\udca0', forbidden],
  ['a:b', "contains ':'"],
  ['%d', template],
  ['eth%d', template],
  ['a%', template],
  ['\ud800', 'contains half a surrogate pair'],
  [5, 'is not a string'],
  [null, 'is not a string'],
];

refuses(
  'names of links',
  names.flatMap(([name, reason]): Row[] => [
    [`add ${name}`, () => links.add({ kind: 'dummy', name: wrong(name) }), [`name ${reason}`]],
    [`peer ${name}`, () => links.add({ kind: 'veth', peer: { name: wrong(name) } }), [`peer.name ${reason}`]],
    [`rename to ${name}`, () => links.set(1, { name: wrong(name) }), [`name ${reason}`]],
    [`iif ${name}`, () => rules.add({ inputName: wrong(name) }), [`inputName ${reason}`]],
  ]),
);

t.test('names that look odd and are fine', async (t) => {
  const odd = [
    '__proto__',
    'constructor',
    '-',
    '...',
    'a.b',
    '"\'$(id)`',
    '*',
    'fifteen-bytes-x',
    '😀',
    '\udcff\udcfe',
    'ä',
  ];
  for (const name of odd) {
    await links.add({ kind: 'dummy', name });
    const request = kernel.requests.at(-1);
    t.equal(request && linkOf(request).name, name);
  }
});

const noLink = 'is not a link: a name, an index from 1 on, or an object with one';
const noLinkName = 'is not a link name (1 to 127 bytes)';
const references: [reference: unknown, reason: string][] = [
  [0, noLink],
  [-1, noLink],
  [1.5, noLink],
  [Number.NaN, noLink],
  [2 ** 31, noLink],
  [null, noLink],
  [undefined, noLink],
  [{}, noLink],
  [{ index: 0 }, noLink],
  [{ name: 'eth0' }, noLink],
  [true, noLink],
  ['', noLinkName],
  ['x'.repeat(128), noLinkName],
  ['a\0b', noLinkName],
  ['\ud800', noLinkName],
];

refuses(
  'references to links',
  references.flatMap(([reference, reason]): Row[] => [
    ['get', () => links.get(wrong(reference)), [`link ${reason}`]],
    ['find', () => links.find(wrong(reference)), [`link ${reason}`]],
    ['set', () => links.set(wrong(reference), { mtu: 1400 }), [`link ${reason}`]],
    ['address', () => addresses.add(wrong(reference), '10.0.0.1/24'), [`link ${reason}`]],
    ['neighbour', () => neighbours.delete(wrong(reference), '10.0.0.1'), [`link ${reason}`]],
    [
      'vlan',
      () => links.add({ kind: 'vlan', id: 5, link: wrong(reference) }),
      [`link ${reference === undefined ? 'is needed: a vlan is on a link' : reason}`],
    ],
    ...(reference === undefined
      ? []
      : ([
          [
            'master',
            () => links.set(1, { master: reference === null ? wrong({}) : wrong(reference) }),
            [`master ${reason}`],
          ],
          ['list', () => addresses.list({ link: wrong(reference) }), [`link ${reason}`]],
          ['route', () => routes.add({ destination: 'default', link: wrong(reference) }), [`link ${reason}`]],
        ] satisfies Row[])),
  ]),
);

refuses('links: everything that is wrong, at once', [
  [
    'a veth',
    () =>
      links.add({
        kind: 'veth',
        name: 'a/b',
        index: 0,
        mtu: -1,
        address: '02:00:00:00:00',
        group: 2 ** 32,
        master: '',
        alias: 'x'.repeat(256),
        altnames: ['', 'y'.repeat(128)],
        numTxQueues: 0,
        peer: wrong({ name: 'c%d', up: true, master: 5, mtu: 0.5, alias: 'x', speling: 1, namespace: { nsid: 5 } }),
      }),
    [
      `master ${noLinkName}`,
      'index is not an integer from 1 to 2147483647',
      `name ${forbidden}`,
      'mtu is not an integer from 0 to 2147483647',
      'address is not a MAC address (02:42:ac:11:00:02)',
      'group is not an integer from 0 to 4294967295',
      'alias is not text of at most 255 bytes without NUL',
      'altnames[0] is empty',
      'altnames[1] is longer than 127 bytes',
      'numTxQueues is not an integer from 1 to 4096',
      "peer.up can't be given: the kernel refuses it (ENOTCONN). Set it up when it is there",
      "peer.master can't be given: make it a port when it is there",
      'peer.alias is not one of name, index, namespace, mtu, address, group, txQueueLength, numTxQueues, numRxQueues',
      'peer.speling is not one of name, index, namespace, mtu, address, group, txQueueLength, numTxQueues, numRxQueues',
      'peer.namespace must be a descriptor or a process',
      `peer.name ${template}`,
      'peer.mtu is not an integer from 0 to 2147483647',
    ],
  ],
  [
    'changes',
    () =>
      links.set('', wrong({ mtu: '1400', address: '01:00:00:00:00:01', master: -1, namespace: { pid: 0 }, mtuu: 5 })),
    [
      `link ${noLinkName}`,
      'mtuu is not one of up, name, mtu, address, master, namespace, group, alias, txQueueLength',
      `master ${noLink}`,
      'mtu is not an integer from 0 to 2147483647',
      'address is a multicast address: the lowest bit of the first byte is set',
      'namespace.pid is not an integer from 1 to 2147483647',
    ],
  ],
]);

refuses('kinds and their settings', [
  ['no kind', () => links.add(wrong({ name: 'a' })), ['kind is not a link kind']],
  ['an empty kind', () => links.add({ kind: '' }), ['kind is not a link kind']],
  ['a kind of 32 bytes', () => links.add({ kind: 'k'.repeat(32) }), ['kind is not a link kind']],
  [
    'misspelt',
    () => links.add(wrong({ kind: 'veth', adress: 1 })),
    ["adress is not a setting of links, nor of kind 'veth'"],
  ],
  [
    'of another kind',
    () => links.add(wrong({ kind: 'bridge', vni: 5 })),
    ["vni is not a setting of links, nor of kind 'bridge'"],
  ],
  [
    'a peer of a bridge',
    () => links.add(wrong({ kind: 'bridge', peer: {} })),
    ["peer is not a setting of links, nor of kind 'bridge'"],
  ],
  ['a lower link of a bridge', () => links.add(wrong({ kind: 'bridge', link: 1 })), ['link is not for a bridge']],
  [
    'of a kind that is not declared',
    () => links.add({ kind: 'wireguard', port: 5 }),
    ["port is not known: the settings of kind 'wireguard' are not declared"],
  ],
  [
    'a vlan',
    () => links.add(wrong({ kind: 'vlan', id: 4095 })),
    ['id is not a VLAN id (0 to 4094)', 'link is needed: a vlan is on a link'],
  ],
  ['a vxlan', () => links.add({ kind: 'vxlan', id: 2 ** 24 }), ['id is not a VNI (0 to 16777215)']],
  [
    'a macvlan',
    () => links.add({ kind: 'macvlan', link: 1, mode: 'x' }),
    ['mode is not one of private, vepa, bridge, passthru, source'],
  ],
  [
    'an index for the peer only',
    () => links.add({ kind: 'veth', peer: { index: 5 } }),
    ['peer.index is only heeded by the kernel when the first end is given one too'],
  ],
  [
    'names of both ends',
    () => links.add({ kind: 'veth', name: 'a', peer: { name: 'a' } }),
    ['peer.name is that of the first end, in the same namespace'],
  ],
  [
    'elsewhere, with alias',
    () => links.add({ kind: 'dummy', namespace: { pid: 1 }, alias: 'a' }),
    ["alias can only be given in the client's namespace: set it there afterwards"],
  ],
  [
    'a namespace by name',
    () => links.add({ kind: 'dummy', namespace: wrong('red') }),
    ['namespace is not a namespace: { fd }, { pid } or { nsid }'],
  ],
  [
    'a namespace of nothing',
    () => links.add({ kind: 'dummy', namespace: wrong({}) }),
    ['namespace is not a namespace: { fd }, { pid } or { nsid }'],
  ],
  [
    'a closed descriptor',
    () => links.set(1, { namespace: { fd: -1 } }),
    ['namespace.fd is not an integer from 0 to 2147483647'],
  ],
  ['group 0', () => links.delete({ group: 0 }), ['group is not a group from 1 on: 0 is that of all other links']],
  ['nothing', () => links.delete(wrong({})), ['group is not a group from 1 on: 0 is that of all other links']],
  ['null', () => links.delete(wrong(null)), [`link ${noLink}`]],
]);

t.test('ends of a veth in different namespaces may have the same name', async (t) => {
  // As `Namespace` of @nsnet/ns: a class with more to it, and nothing that JSON knows.
  class Namespace {
    readonly cookie = 1n;
    readonly #fd: number;
    constructor(fd: number) {
      this.#fd = fd;
    }
    get fd(): number {
      return this.#fd;
    }
  }
  const [red, blue] = [new Namespace(3), new Namespace(4)];
  await links.add({ kind: 'veth', name: 'eth0', namespace: red, peer: { name: 'eth0', namespace: blue } });
  await links.add({ kind: 'veth', name: 'eth0', peer: { name: 'eth0', namespace: blue } });
  await links.add({ kind: 'veth', name: 'eth0', namespace: red, peer: { name: 'eth0' } });
  const same = links.add({ kind: 'veth', name: 'a', namespace: red, peer: { name: 'a', namespace: red } });
  t.match(await same.catch((error) => error), { path: 'peer.name' });
});

const noMac = 'is not a MAC address (02:42:ac:11:00:02)';
const macs: [address: unknown, reason: string][] = [
  ['', noMac],
  ['02:00:00:00:00', noMac],
  ['02:00:00:00:00:00:00', noMac],
  ['02-00-00-00-00-01', noMac],
  ['0g:00:00:00:00:01', noMac],
  ['2:0:0:0:0:1', noMac],
  [5, noMac],
];

refuses('MAC addresses', [
  ...macs.flatMap(([address, reason]): Row[] => [
    ['set', () => links.set(1, { address: wrong(address) }), [`address ${reason}`]],
    ['add', () => links.add({ kind: 'dummy', address: wrong(address) }), [`address ${reason}`]],
    ['neighbour', () => neighbours.add(1, { destination: '10.0.0.1', address: wrong(address) }), [`address ${reason}`]],
  ]),
  ['zero', () => links.set(1, { address: '00:00:00:00:00:00' }), ['address is zero']],
  [
    'broadcast',
    () => links.set(1, { address: 'ff:ff:ff:ff:ff:ff' }),
    ['address is a multicast address: the lowest bit of the first byte is set'],
  ],
]);

const noPrefix = 'is not an IP address or prefix (10.0.0.1/24, fd00::1/64)';
const prefixes: [text: unknown, reason: string][] = [
  ['', noPrefix],
  ['10.0.0', noPrefix],
  ['10.0.0.256/24', noPrefix],
  ['10.0.0.1/24/24', noPrefix],
  ['fd00::1::2/64', noPrefix],
  ['eth0', noPrefix],
  [5, noPrefix],
  [undefined, noPrefix],
  ['10.0.0.1/33', 'has a prefix length that is not 0 to 32'],
  ['10.0.0.1/', 'has a prefix length that is not 0 to 32'],
  ['10.0.0.1/-1', 'has a prefix length that is not 0 to 32'],
  ['10.0.0.1/x', 'has a prefix length that is not 0 to 32'],
  ['fd00::1/129', 'has a prefix length that is not 0 to 128'],
];

refuses('addresses and prefixes', [
  ...prefixes.flatMap(([text, reason]): Row[] => [
    ['address', () => addresses.add(1, wrong(text)), [`address ${reason}`]],
    ['route', () => routes.add({ destination: wrong(text), link: 1 }), [`destination ${reason}`]],
    ...(text === undefined
      ? []
      : ([['rule', () => rules.add({ from: wrong(text) }), [`from ${reason}`]]] satisfies Row[])),
  ]),
  [
    'multicast',
    () => addresses.add(1, '224.0.0.1/24'),
    ['address is a multicast address, which no link can have as its own'],
  ],
  [
    'multicast',
    () => addresses.replace(1, 'ff02::1/64'),
    ['address is a multicast address, which no link can have as its own'],
  ],
  ['unspecified', () => addresses.add(1, '0.0.0.0/0'), ['address is the unspecified address']],
  [
    'options',
    () =>
      addresses.add(
        1,
        'fd00::1/64',
        wrong({ peer: '10.0.0.1', broadcast: '10.0.0.255', scope: 'x', label: 'y', metric: -1, nodad: true }),
      ),
    [
      'nodad is not one of peer, broadcast, scope, label, noDad, validLifetime, preferredLifetime, metric, signal, timeout',
      'peer is of another family than the address',
      'broadcast is for IPv4 addresses only',
      'scope is not a scope',
      'label is for IPv4 addresses only',
      'metric is not an integer from 0 to 4294967295',
    ],
  ],
  [
    'a long label',
    () => addresses.add(1, '10.0.0.1/8', { label: 'sixteen-bytes-xx' }),
    ['label is not text of at most 15 bytes'],
  ],
  [
    'lifetimes',
    () => addresses.add(1, '10.0.0.1/8', { validLifetime: 5, preferredLifetime: 6 }),
    ['preferredLifetime is longer than validLifetime'],
  ],
  [
    'a broadcast prefix',
    () => addresses.add(1, '10.0.0.1/8', { broadcast: '10.0.0.255/8' }),
    ['broadcast is a prefix where an address is meant'],
  ],
]);

refuses('routes', [
  [
    'host bits',
    () => routes.add({ destination: '10.0.0.1/8', link: 1 }),
    ['destination has bits set behind its prefix: 10.0.0.0/8 is meant'],
  ],
  [
    'host bits',
    () => routes.add({ destination: 'fd00::1/64', link: 1 }),
    ['destination has bits set behind its prefix: fd00::/64 is meant'],
  ],
  [
    'nowhere to go',
    () => routes.add({ destination: '10.0.0.0/8' }),
    ['via or link or nexthops must say where the route leads'],
  ],
  [
    'a gateway of the wrong family',
    () => routes.add({ destination: 'fd00::/64', via: '10.0.0.1' }),
    ['via is an IPv4 gateway for an IPv6 destination'],
  ],
  [
    'the same for default',
    () => routes.add({ destination: 'default', family: 'inet6', via: '10.0.0.1' }),
    ['via is an IPv4 gateway for an IPv6 destination'],
  ],
  [
    'a gateway with a prefix',
    () => routes.add({ destination: 'default', via: '10.0.0.1/8' }),
    ['via is a prefix where an address is meant'],
  ],
  [
    'everything',
    () =>
      routes.add(
        wrong({
          destination: '10.0.0.0/8',
          family: 'inet6',
          via: 'x',
          source: 'fd00::1',
          metric: -1,
          table: 0,
          protocol: 'nobody',
          scope: 'x',
          type: 'y',
          mtu: 2 ** 32,
          gateway: '10.0.0.1',
        }),
      ),
    [
      'gateway is not one of destination, via, link, source, metric, table, protocol, scope, type, family, onlink, nexthops, mtu',
      'type is not known',
      'protocol is not known',
      'via is not an IP address or prefix (10.0.0.1/24, fd00::1/64)',
      'family is not that of the destination',
      'table is not a table number',
      'metric is not an integer from 0 to 4294967295',
      'mtu is not an integer from 0 to 4294967295',
      'source is of another family than the destination',
      'scope is not known',
    ],
  ],
  ['nexthops', () => routes.add({ destination: '10.0.0.0/8', nexthops: [] }), ['nexthops is empty']],
  [
    'nexthops and a gateway',
    () => routes.add({ destination: '10.0.0.0/8', via: '10.0.0.1', nexthops: [{ link: 1 }] }),
    ['nexthops come instead of via and link'],
  ],
  [
    'what is wrong with nexthops',
    () =>
      routes.add({
        destination: 'fd00::/8',
        nexthops: [{}, { via: '10.0.0.1' }, wrong({ link: 0, weight: 257, gw: 1 })],
      }),
    [
      'nexthops[0] has neither via nor link',
      'nexthops[2].gw is not one of via, link, weight, onlink',
      `nexthops[2].link ${noLink}`,
      'nexthops[2].weight is not an integer from 1 to 256',
      'nexthops[1].via is an IPv4 gateway for an IPv6 destination',
    ],
  ],
  ['get', () => routes.get('default'), ['destination is not an IP address or prefix (10.0.0.1/24, fd00::1/64)']],
  [
    'get',
    () => routes.get('10.0.0.1', { source: 'fd00::1', mark: 2 ** 32 }),
    ['source is of another family than the destination', 'mark is not an integer from 0 to 4294967295'],
  ],
]);

refuses('neighbours', [
  [
    'everything',
    () => neighbours.add(0, wrong({ destination: '10.0.0.1/24', address: 'x', state: 'asleep', lladdr: 1 })),
    [
      'lladdr is not one of destination, address, state, proxy',
      `link ${noLink}`,
      'destination is a prefix where an address is meant',
      `address ${noMac}`,
      'state is not a state of a neighbour',
    ],
  ],
  ['no address', () => neighbours.add(1, { destination: '10.0.0.1' }), ['address is needed for the state permanent']],
]);

refuses('rules', [
  [
    'everything',
    () =>
      rules.add(
        wrong({
          family: 'ipx',
          from: '10.0.0.0/8',
          to: 'fd00::/8',
          priority: -1,
          table: 2 ** 32,
          mark: 0.5,
          action: 'x',
          prio: 1,
        }),
      ),
    [
      'prio is not one of priority, table, mark, mask, goto, suppressPrefixLength, protocol, family, from, to, action, inputName, outputName, invert',
      'priority is not an integer from 0 to 4294967295',
      'table is not an integer from 0 to 4294967295',
      'mark is not an integer from 0 to 4294967295',
      "family is not 'inet' or 'inet6'",
      'from is of another family',
      'to is of another family',
      'action is not an action of a rule',
    ],
  ],
  ['two families', () => rules.add({ from: '10.0.0.0/8', to: 'fd00::/8' }), ['to is of another family']],
  ['goto where', () => rules.add({ action: 'goto' }), ['goto is needed for the action goto']],
  ['deleting any rule', () => rules.delete({}), ['says nothing of the rule but its family']],
  ['deleting any rule', () => rules.delete({ family: 'inet6' }), ['says nothing of the rule but its family']],
]);

refuses('namespaces by number', [
  ['a descriptor', () => nsids.get({ fd: -1 }), ['fd is not a descriptor']],
  ['a process', () => nsids.get({ pid: 0 }), ['pid is not a process id']],
  ['a number', () => nsids.set({ fd: 3 }, -5), ['nsid is not a number from 0 on']],
]);

refuses('misspelt filters', [
  ['links', () => links.list(wrong({ knid: 'veth' })), ['knid is not one of kind, master, up, group, signal, timeout']],
  ['addresses', () => addresses.list(wrong({ dev: 1 })), ['dev is not one of link, family, scope, signal, timeout']],
  [
    'routes',
    () => routes.list(wrong({ dev: 1 })),
    ['dev is not one of family, table, link, protocol, type, signal, timeout'],
  ],
  [
    'routes.iterate',
    () => routes.iterate(wrong({ link: 1 })).next(),
    ['link is not one of family, table, signal, timeout'],
  ],
  ['neighbours', () => neighbours.list(wrong({ dev: 1 })), ['dev is not one of link, family, signal, timeout']],
  ['rules', () => rules.list(wrong({ table: 1 })), ['table is not one of family, signal, timeout']],
]);
