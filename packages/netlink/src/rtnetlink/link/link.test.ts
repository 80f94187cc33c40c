import t from 'tap';
import { bytesOf, checkRows, hexOf, problemsOf } from '../../rows.test.helper.ts';
import { rawAttributes, residueOf } from '../../schema/residue.ts';
import { linkMessage } from './link.ts';

const zeros = '00000000 00000000 00000000 00000000';

checkRows(t, linkMessage, [
  {
    name: 'ip link set lo up',
    value: { header: { index: 1, flags: 1, change: 1 }, attributes: {} },
    hex: '00000000 01000000 01000000 01000000',
  },
  {
    name: 'the plain attributes',
    value: {
      header: { family: 0, type: 1, index: 2 },
      attributes: {
        address: '02:00:00:00:00:02',
        broadcast: 'ff:ff:ff:ff:ff:ff',
        ifname: 'eth0',
        mtu: 1500,
        link: 3,
        qdisc: 'noqueue',
        cost: new Uint8Array([1]),
        priority: new Uint8Array(),
        master: 4,
        wireless: new Uint8Array(),
        txqlen: 1000,
        weight: 64,
        operstate: 6,
        linkmode: 1,
        netNsPid: 77,
        ifalias: 'öst',
        numVf: 2,
        group: 7,
        netNsFd: 5,
        extMask: 9,
        promiscuity: 1,
        numTxQueues: 2,
        numRxQueues: 3,
        carrier: 1,
        physPortId: new Uint8Array([1, 2]),
        carrierChanges: 4,
        physSwitchId: new Uint8Array([3]),
        linkNetnsid: -1,
        physPortName: 'p0',
        protoDown: 0,
        gsoMaxSegs: 65535,
        gsoMaxSize: 65536,
      },
    },
    hex: `
      00000100 02000000 00000000 00000000
      0a000100 02000000 00020000
      0a000200 ffffffff ffff0000
      09000300 65746830 00000000
      08000400 dc050000
      08000500 03000000
      0c000600 6e6f7175 65756500
      05000800 01000000
      04000900
      08000a00 04000000
      04000b00
      08000d00 e8030000
      08000f00 40000000
      05001000 06000000
      05001100 01000000
      08001300 4d000000
      09001400 c3b67374 00000000
      08001500 02000000
      08001b00 07000000
      08001c00 05000000
      08001d00 09000000
      08001e00 01000000
      08001f00 02000000
      08002000 03000000
      05002100 01000000
      06002200 01020000
      08002300 04000000
      05002400 03000000
      08002500 ffffffff
      07002600 70300000
      05002700 00000000
      08002800 ffff0000
      08002900 00000100
    `,
  },
  {
    name: 'the newer ones',
    value: {
      header: { index: 2 },
      attributes: {
        xdp: { fd: -1, attached: 2, flags: 1, progId: 3, drvProgId: 4, skbProgId: 5, hwProgId: 6, expectedFd: 7 },
        event: 2,
        newNetnsid: 5,
        targetNetnsid: 6,
        carrierUpCount: 7,
        carrierDownCount: 8,
        newIfindex: 9,
        minMtu: 68,
        maxMtu: 65535,
        propList: { altIfname: ['uplink', 'port-to-the-core'] },
        altIfname: 'uplink',
        permAddress: '02:00:00:00:00:02',
        protoDownReason: { mask: 8, value: 8 },
        parentDevName: '0000:01:00.0',
        parentDevBusName: 'pci',
        groMaxSize: 1,
        tsoMaxSize: 2,
        tsoMaxSegs: 3,
        allmulti: 4,
        devlinkPort: { busName: 'pci', devName: 'x', portIndex: 1 },
        gsoIpv4MaxSize: 5,
        groIpv4MaxSize: 6,
        dpllPin: { id: 7 },
        maxPacingOffloadHorizon: 8n,
        netnsImmutable: 1,
        headroom: 9,
        tailroom: 10,
      },
    },
    hex: `
      00000000 02000000 00000000 00000000
      44002b00
      08000100 ffffffff  05000200 02000000  08000300 01000000  08000400 03000000
      08000500 04000000  08000600 05000000  08000700 06000000  08000800 07000000
      08002c00 02000000
      08002d00 05000000
      08002e00 06000000
      08002f00 07000000
      08003000 08000000
      08003100 09000000
      08003200 44000000
      08003300 ffff0000
      28003480
      0b003500 75706c69 6e6b0000
      15003500 706f7274 2d746f2d 7468652d 636f7265 00000000
      0b003500 75706c69 6e6b0000
      0a003600 02000000 00020000
      14003780 08000100 08000000 08000200 08000000
      11003800 30303030 3a30313a 30302e30 00000000
      08003900 70636900
      08003a00 01000000
      08003b00 02000000
      08003c00 03000000
      08003d00 04000000
      1c003e80 08000100 70636900 06000200 78000000 08000300 01000000
      08003f00 05000000
      08004000 06000000
      0c004180 08000100 07000000
      0c004200 08000000 00000000
      05004300 01000000
      06004400 09000000
      06004500 0a000000
    `,
  },
  {
    name: 'statistics and map',
    value: {
      header: { index: 2 },
      attributes: {
        map: { memStart: 1n, memEnd: 2n, baseAddr: 3n, irq: 4, dma: 5, port: 6 },
        stats: { rxPackets: 1, txCompressed: 23, rxNohandler: 24 } as never,
        stats64: { rxPackets: 2n ** 64n - 1n, rxOtherhostDropped: 25n } as never,
      },
    },
    hex: `
      00000000 02000000 00000000 00000000
      24000e00 01000000 00000000 02000000 00000000 03000000 00000000 04000506 00000000
      64000700 01000000 ${zeros.repeat(5)} 00000000 17000000 18000000
      cc001700 ffffffff ffffffff ${zeros.repeat(11)} 00000000 00000000 19000000 00000000
    `,
  },
  {
    name: 'settings by family',
    value: {
      header: { index: 2 },
      attributes: {
        afSpec: {
          inet: { conf: [1, 0, -1] },
          inet6: {
            flags: 0x80000000,
            conf: [1, 64],
            stats: [2n, 7n],
            cacheinfo: { maxReasmLen: 65535, tstamp: 1, reachableTime: 2, retransTime: 1000 },
            icmp6stats: [1n],
            token: '::1',
            addrGenMode: 1,
            raMtu: 1400,
            mcast: new Uint8Array([1]),
          },
          mctp: { net: 1, physBinding: 2 },
          bridge: { flags: 1 },
        },
      },
    },
    hex: `
      00000000 02000000 00000000 00000000
      b0001a00
      14000200 10000100 01000000 00000000 ffffffff
      78000a00
      08000100 00000080
      0c000200 01000000 40000000
      14000300 02000000 00000000 07000000 00000000
      14000500 ffff0000 01000000 02000000 e8030000
      0c000600 01000000 00000000
      14000700 00000000 00000000 00000000 00000001
      05000800 01000000
      08000900 78050000
      05000400 01000000
      14002d00 08000100 01000000 05000200 02000000
      0c000700 06000000 01000000
    `,
  },
  {
    name: 'bridge vlan add dev p0 vid 100-103 tunnel_info id 5000-5003',
    value: {
      header: { family: 7, index: 6 },
      attributes: {
        afSpec: {
          flags: 2,
          mode: 1,
          vlanInfo: [
            { flags: 8, vid: 100 },
            { flags: 16, vid: 103 },
          ],
          vlanTunnelInfo: [
            { id: 5000, vid: 100, flags: 8 },
            { id: 5003, vid: 103, flags: 16 },
          ],
          mst: { entry: [{ msti: 1, state: 3 }] },
        },
        protinfo: { cost: 9 },
      },
    },
    hex: `
      07000000 06000000 00000000 00000000
      74001a00
      06000000 02000000
      06000100 01000000
      08000200 08006400
      08000200 10006700
      1c000300 08000100 88130000 06000200 64000000 06000300 08000000
      1c000300 08000100 8b130000 06000200 67000000 06000300 10000000
      18000680 14000100 06000100 01000000 05000200 03000000
      0c000c80 08000300 09000000
    `,
  },
  {
    name: 'IPv6 settings in a message of that family',
    value: { header: { family: 10, index: 6 }, attributes: { protinfo: { flags: 0x10 } } },
    hex: '0a000000 06000000 00000000 00000000 0c000c00 08000100 10000000',
  },
  {
    name: 'virtual functions',
    value: {
      header: { index: 2 },
      attributes: {
        vfinfoList: {
          info: [
            {
              vlan: { vf: 0, vlan: 5, qos: 2 },
              txRate: { vf: 0, rate: 100 },
              spoofchk: { vf: 0, setting: 1 },
              linkState: { vf: 0, linkState: 1 },
              rate: { vf: 0, minTxRate: 1, maxTxRate: 2 },
              rssQueryEn: { vf: 0, setting: 1 },
              stats: { rxPackets: 1n, txDropped: 2n },
              trust: { vf: 0, setting: 1 },
              ibNodeGuid: { vf: 0, guid: 5n },
              vlanList: { info: [{ vf: 0, vlan: 9, qos: 1, vlanProto: 0x88a8 }] },
            },
            { trust: { vf: 1, setting: 0 } },
          ],
        },
        portSelf: { vf: 0xffffffff, profile: 'p', request: 1, response: 2 },
        vfPorts: {
          port: [{ vf: 0, vsiType: { vsiMgrId: 1, vsiTypeId: new Uint8Array([1, 2, 3]), vsiTypeVersion: 4 } }],
        },
      },
    },
    hex: `
      00000000 02000000 00000000 00000000
      bc001600
      a8000100
      10000200 00000000 05000000 02000000
      0c000300 00000000 64000000
      0c000400 00000000 01000000
      0c000500 00000000 01000000
      10000600 00000000 01000000 02000000
      0c000700 00000000 01000000
      1c000800 0c000000 01000000 00000000 0c000800 02000000 00000000
      0c000900 00000000 01000000
      14000a00 00000000 00000000 05000000 00000000
      18000c00 14000100 00000000 09000000 01000000 88a80000
      10000100 0c000900 01000000 00000000
      24001900 08000100 ffffffff 06000200 70000000 05000600 01000000 06000700 02000000
      1c001800 18000100 08000100 00000000 0c000300 01010203 04000000
    `,
  },
]);

t.test('names that are not UTF-8 come back', async (t) => {
  const bytes = bytesOf(`${zeros} 08000300 fffe0100`);
  const decoded = linkMessage.decode(bytes);
  t.equal(decoded.attributes.ifname, '\udcff\udcfe\u0001');
  t.equal(hexOf(linkMessage.encode(decoded)), hexOf(bytes));
  t.equal(residueOf(decoded.attributes), undefined);
});

t.test('attributes of a newer kernel', async (t) => {
  const bytes = bytesOf(`${zeros} 08000400 dc050000 08000010 01020304 0c001280 06000900 61000000`);
  const decoded = linkMessage.decode(bytes);
  t.same(decoded.attributes, { mtu: 1500, linkinfo: {} });
  t.match(rawAttributes(decoded.attributes), [{ type: 0x1000 }]);
  t.equal(hexOf(linkMessage.encode(decoded)), hexOf(bytes));
});

t.test('statistics of another release', async (t) => {
  const longer = bytesOf(`${zeros} d4001700 ${'01000000 00000000'.repeat(26)}`);
  const shorter = bytesOf(`${zeros} c4001700 ${'01000000 00000000'.repeat(24)}`);
  t.equal(linkMessage.decode(longer).attributes.stats64?.rxOtherhostDropped, 1n);
  t.equal(linkMessage.decode(shorter).attributes.stats64?.rxOtherhostDropped, 0n);
  for (const bytes of [longer, shorter]) t.equal(hexOf(linkMessage.encode(linkMessage.decode(bytes))), hexOf(bytes));
});

t.test('problems', async (t) => {
  const wrong = {
    header: { index: 1.5 },
    attributes: {
      ifname: 'a-name-of-17-byte',
      address: 'x',
      netNsFd: -1,
      propList: { altIfname: ['ok', 5] },
      afSpec: { inet6: { addrGenMode: 256 }, inet9: {} },
    },
  } as never;
  t.same(
    problemsOf(() => linkMessage.encode(wrong)),
    [
      'header.index: is not an integer from -2147483648 to 2147483647',
      'ifname: is longer than 15 bytes',
      'address: is not a link-layer address (02:42:ac:11:00:02)',
      'netNsFd: is not an integer from 0 to 4294967295',
      'propList.altIfname[1]: is not a string',
      'afSpec.inet6.addrGenMode: is not an integer from 0 to 255',
      'afSpec.inet9: is not an attribute',
    ],
  );
});
