import t from 'tap';
import type { GenericReply } from '../client/generic-request.ts';
import { json, type Kernel, type ShowOptions, text, type What } from './index.ts';

const up = 0x1 | 0x2 | 0x1000;
const running = 0x40 | 0x10000;
const ethernet = { mtu: 1500, group: 0, linkmode: 0, txqlen: 1000, broadcast: 'ff:ff:ff:ff:ff:ff' };
const lifetimes = (valid: number, prefered: number) => ({ valid, prefered, cstamp: 0, tstamp: 0 });
const forever = 0xffffffff;

/** What two joined namespaces look like from one of them, while the other end is still down. */
const answers: Record<string, Omit<GenericReply, 'type'>[]> = {
  RTM_GETLINK: [
    {
      header: { family: 0, type: 772, index: 1, flags: 0x8, change: 0 },
      attributes: {
        ...ethernet,
        ifname: 'lo',
        mtu: 65536,
        qdisc: 'noop',
        operstate: 2,
        address: '00:00:00:00:00:00',
        broadcast: '00:00:00:00:00:00',
      },
    },
    {
      header: { family: 0, type: 1, index: 4, flags: up, change: 0 },
      attributes: {
        ...ethernet,
        ifname: 'veth1',
        link: 5,
        linkNetnsid: 0,
        qdisc: 'noqueue',
        operstate: 3,
        address: '02:00:00:00:00:01',
        linkinfo: { kind: 'veth' },
      },
    },
    {
      header: { family: 0, type: 1, index: 6, flags: up | running, change: 0 },
      attributes: {
        ...ethernet,
        ifname: '__proto__',
        link: 7,
        master: 4,
        operstate: 6,
        address: '02:00:00:00:00:02',
        ifalias: 'spine',
        propList: { altIfname: ['uplink'] },
        linkinfo: { kind: 'constructor' },
      },
    },
  ],
  RTM_GETADDR: [
    {
      header: { family: 2, prefixlen: 24, flags: 0x80, scope: 0, index: 4 },
      attributes: {
        address: '10.1.1.1',
        local: '10.1.1.1',
        broadcast: '10.1.1.255',
        label: 'veth1',
        flags: 0x80,
        cacheinfo: lifetimes(forever, forever),
      },
    },
    {
      header: { family: 10, prefixlen: 64, flags: 0x40, scope: 253, index: 4 },
      attributes: { address: 'fe80::1', flags: 0x40, cacheinfo: lifetimes(60, 30) },
    },
  ],
  RTM_GETROUTE: [
    {
      header: { family: 2, dstLen: 24, srcLen: 0, tos: 0, table: 254, protocol: 2, scope: 253, type: 1, flags: 0x10 },
      attributes: { table: 254, dst: '10.1.1.0', prefsrc: '10.1.1.1', oif: 4 },
    },
    {
      header: { family: 2, dstLen: 0, srcLen: 0, tos: 0, table: 254, protocol: 3, scope: 0, type: 1, flags: 0 },
      attributes: {
        table: 254,
        priority: 5,
        multipath: [{ header: { flags: 0, hops: 2, ifindex: 99 }, attributes: { gateway: '10.1.1.9' } }],
      },
    },
  ],
  RTM_GETNEIGH: [
    {
      header: { family: 2, ifindex: 4, state: 2, flags: 0, type: 1 },
      attributes: { dst: '10.1.1.2', lladdr: '02:00:00:00:00:09' },
    },
    { header: { family: 2, ifindex: 4, state: 0x40, flags: 0, type: 1 }, attributes: { dst: '224.0.0.22' } },
  ],
  RTM_GETRULE: [
    {
      header: { family: 2, dstLen: 0, srcLen: 8, tos: 0, table: 254, action: 1, flags: 2 },
      attributes: { priority: 7, src: '10.0.0.0', table: 254 },
    },
  ],
};
const kernel: Kernel = {
  nsids: { get: async () => undefined },
  request: async ({ type }) => (answers[type] ?? []).map((answer) => ({ type, ...answer })),
};

const expected: [what: What, options: ShowOptions, lines: string[]][] = [
  [
    'link',
    {},
    [
      '1: lo: <LOOPBACK> mtu 65536 qdisc noop state DOWN mode DEFAULT group default qlen 1000',
      '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00',
      '4: veth1@if5: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state LOWERLAYERDOWN mode DEFAULT group default qlen 1000',
      '    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0',
      '6: __proto__@if7: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master veth1 state UP mode DEFAULT group default qlen 1000',
      '    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff',
      '    alias spine',
      '    altname uplink',
    ],
  ],
  [
    'address',
    { family: 'inet' },
    [
      '4: veth1@if5: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state LOWERLAYERDOWN group default qlen 1000 link-netnsid 0',
      '    inet 10.1.1.1/24 brd 10.1.1.255 scope global veth1',
      '       valid_lft forever preferred_lft forever',
      '    inet6 fe80::1/64 scope link tentative dynamic ',
      '       valid_lft 60sec preferred_lft 30sec',
    ],
  ],
  [
    'route',
    {},
    [
      '10.1.1.0/24 dev veth1 proto kernel scope link src 10.1.1.1 linkdown ',
      'default metric 5 ',
      '\tnexthop via 10.1.1.9 dev if99 weight 3 ',
    ],
  ],
  ['neighbour', {}, ['10.1.1.2 dev veth1 lladdr 02:00:00:00:00:09 REACHABLE ']],
  ['rule', {}, ['7:\tnot from 10.0.0.0/8 lookup main']],
];

for (const [what, options, lines] of expected) {
  t.test(`text: ${what}`, async (t) => {
    t.equal(await text(kernel, what, options), lines.map((line) => `${line}\n`).join(''));
  });
}

t.test('json: the same facts', async (t) => {
  const [, veth, port] = await json(kernel, 'link', { details: true });
  t.match(veth, { ifindex: 4, link_index: 5, ifname: 'veth1', operstate: 'LOWERLAYERDOWN', link_netnsid: 0 });
  t.same(veth?.linkinfo, { info_kind: 'veth' });
  t.match(port, { ifname: '__proto__', link: 'if7', master: 'veth1', altnames: ['uplink'] });
  t.same(port?.linkinfo, { info_kind: 'constructor' }, 'a kind that is no kind');
  t.same(await json(kernel, 'neighbour'), [
    { dst: '10.1.1.2', dev: 'veth1', lladdr: '02:00:00:00:00:09', state: ['REACHABLE'] },
  ]);
});

t.test('what is asked wrongly', async (t) => {
  await t.rejects(json(kernel, 'nexthop' as What), { code: 'ERR_NETLINK_ENCODE', message: /link, address/ });
  await t.rejects(text(kernel, 'link', { table: 5 }), { message: /options.table/ });
});
