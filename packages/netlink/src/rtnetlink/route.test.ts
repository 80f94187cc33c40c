import t from 'tap';
import { bytesOf, checkRows, hexOf, problemsOf } from '../rows.test.helper.ts';
import { routeMessage } from './route.ts';

const header = { family: 2, dstLen: 16, table: 254, protocol: 3, type: 1 };

checkRows(t, routeMessage, [
  {
    name: 'ip route add default via 10.0.0.2',
    value: { header: { ...header, dstLen: 0 }, attributes: { gateway: '10.0.0.2' } },
    hex: '02000000 fe030001 00000000 08000500 0a000002',
  },
  {
    name: 'every attribute of one nexthop',
    value: {
      header: { family: 2, dstLen: 16, srcLen: 8, tos: 8, table: 252, protocol: 12, scope: 253, type: 1, flags: 4 },
      attributes: {
        dst: '10.6.0.0',
        src: '10.0.0.0',
        iif: 1,
        oif: 3,
        gateway: '10.0.0.2',
        priority: 7,
        prefsrc: '10.0.0.1',
        protoinfo: new Uint8Array([1]),
        flow: 0x50007,
        cacheinfo: { clntref: 1, lastuse: 2, expires: -3, error: -101, used: 4, id: 5, ts: 6, tsage: 7 },
        session: new Uint8Array(),
        mpAlgo: new Uint8Array(),
        table: 1000,
        mark: 5,
        mfcStats: { packets: 1n, bytes: 2n, wrongIf: 3n },
        via: { family: 10, addr: 'fd00::2' },
        newdst: new Uint8Array([0, 1, 1, 0]),
        pref: 3,
        encapType: 1,
        encap: new Uint8Array([8, 0, 1, 0, 0, 6, 65, 0]),
        expires: 600,
        uid: 1000,
        ttlPropagate: 1,
        ipProto: 6,
        sport: 5,
        dport: 443,
        nhId: 79,
        flowlabel: 0x12345,
      },
    },
    hex: `
      02100808 fc0cfd01 04000000
      08000100 0a060000
      08000200 0a000000
      08000300 01000000
      08000400 03000000
      08000500 0a000002
      08000600 07000000
      08000700 0a000001
      05000a00 01000000
      08000b00 07000500
      24000c00 01000000 02000000 fdffffff 9bffffff 04000000 05000000 06000000 07000000
      04000d00
      04000e00
      08000f00 e8030000
      08001000 05000000
      1c001100 01000000 00000000 02000000 00000000 03000000 00000000
      16001200 0a00fd00 00000000 00000000 00000000 00020000  # struct rtvia: no padding inside
      08001300 00010100
      05001400 03000000
      06001500 01000000
      0c001600 08000100 00064100
      08001700 58020000
      08001900 e8030000
      05001a00 01000000
      05001b00 06000000
      06001c00 00050000  # sport, big-endian
      06001d00 01bb0000  # dport, big-endian
      08001e00 4f000000
      08001f00 00012345  # flow label, big-endian
    `,
  },
  {
    name: 'metrics',
    value: {
      header,
      attributes: {
        dst: '10.6.0.0',
        metrics: { lock: 4, mtu: 1400, advmss: 1300, features: 1, rtoMin: 50, ccAlgo: 'reno', fastopenNoCookie: 1 },
      },
    },
    hex: `
      02100000 fe030001 00000000
      08000100 0a060000
      40000800            # without NLA_F_NESTED
      08000100 04000000
      08000200 78050000
      08000800 14050000
      08000c00 01000000
      08000d00 32000000
      09001000 72656e6f 00000000
      08001100 01000000
    `,
  },
  {
    name: 'expires of a multicast route has 64 bits',
    value: { header: { family: 128, type: 5 }, attributes: { expires: 2n ** 40n } },
    hex: '80000000 00000005 00000000 0c001700 00000000 00010000',
  },
]);

t.test('ip route add 10.3.0.0/16 nexthop via 10.0.0.2 dev v0 weight 3 nexthop via inet6 fd01::2 dev v2', async (t) => {
  const bytes = bytesOf(`
    02100000 fe030001 00000000
    08000100 0a030000
    44000900                                              # multipath: 64 bytes
    10000002 03000000 08000500 0a000002                   # rtnexthop, gateway
    20000400 05000000 16001200 0a00fd01 00000000 00000000 # rtnexthop, via
    00000000 00020000
    10000010 06000000 08001500 02000000                   # rtnexthop with an attribute of another size
  `);
  const decoded = routeMessage.decode(bytes);
  t.match(decoded.attributes.multipath, [
    { header: { hops: 2, ifindex: 3 }, attributes: { gateway: '10.0.0.2' } },
    { header: { flags: 4, ifindex: 5 }, attributes: { via: { family: 10, addr: 'fd01::2' } } },
    { header: { flags: 0, hops: 16, ifindex: 6 }, attributes: {} },
  ]);
  t.equal(hexOf(routeMessage.encode(decoded)), hexOf(bytes));
  t.equal(routeMessage.pathAt(bytes, 36), 'multipath[0].gateway');
});

t.test('problems', async (t) => {
  const wrong = {
    attributes: {
      dst: '10.0.0.0/8',
      metrics: { mtu: -1 },
      multipath: [{ header: {}, attributes: { gateway: 'x' } }],
      via: { family: 2, addr: 'y' },
      encapType: 'mpls',
    },
  } as never;
  t.same(
    problemsOf(() => routeMessage.encode(wrong)),
    [
      'dst: is not an IP address',
      'metrics.mtu: is not an integer from 0 to 4294967295',
      'multipath[0].gateway: is not an IP address',
      'via.addr: is not an IP address',
      'encapType: is not an integer from 0 to 65535',
    ],
  );
});
