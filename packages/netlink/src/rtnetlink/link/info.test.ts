import t from 'tap';
import { bytesOf, checkRows, hexOf, problemsOf } from '../../rows.test.helper.ts';
import { linkMessage } from './link.ts';

const header = { index: 0 };
const zeros = '00000000 00000000 00000000 00000000';

checkRows(t, linkMessage, [
  {
    name: 'ip link add d0 type dummy',
    value: { header, attributes: { ifname: 'd0', linkinfo: { kind: 'dummy' } } },
    hex: `${zeros} 07000300 64300000 10001200 0a000100 64756d6d 79000000`,
  },
  {
    name: 'ip link add ifb7 type ifb',
    value: { header, attributes: { linkinfo: { kind: 'ifb', data: {} } } },
    hex: `${zeros} 10001200 08000100 69666200 04000200`,
  },
  {
    name: 'ip link add v4 type veth peer name eth0 netns red',
    value: {
      header,
      attributes: {
        ifname: 'v4',
        linkinfo: {
          kind: 'veth',
          data: { peer: { header: { index: 9 } as never, attributes: { netNsFd: 4, ifname: 'eth0', mtu: 1400 } } },
        },
      },
    },
    hex: `
      ${zeros}
      07000300 76340000
      44001200
      09000100 76657468 00000000
      34000200
      30000100 00000000 09000000 00000000 00000000
      08001c00 04000000
      09000300 65746830 00000000
      08000400 78050000
    `,
  },
  {
    name: 'ip link add link ifb7 name ifb7.9 type vlan protocol 802.1ad id 9 …',
    value: {
      header,
      attributes: {
        link: 2,
        linkinfo: {
          kind: 'vlan',
          data: {
            protocol: 0x88a8,
            id: 9,
            ingressQos: { mapping: [{ from: 1, to: 2 }] },
            egressQos: {
              mapping: [
                { from: 5, to: 6 },
                { from: 7, to: 0 },
              ],
            },
            flags: { flags: 0x1e, mask: 0x1f },
          },
        },
      },
    },
    hex: `
      ${zeros}
      08000500 02000000
      5c001200
      09000100 766c616e 00000000
      4c000200
      06000500 88a80000             # protocol, big-endian
      06000100 09000000
      10000400 0c000100 01000000 02000000
      1c000300 0c000100 05000000 06000000 0c000100 07000000 00000000
      0c000200 1e000000 1f000000
    `,
  },
  {
    name: 'ip link add link ifb7 name mv0 type macvlan mode source …',
    value: {
      header,
      attributes: {
        linkinfo: {
          kind: 'macvlan',
          data: {
            mode: 16,
            flags: 1,
            macaddrMode: 3,
            macaddr: '02:00:00:00:00:03',
            macaddrData: { macaddr: ['02:00:00:00:00:01', '02:00:00:00:00:02'] },
            macaddrCount: 2,
            bcQueueLen: 500,
            bcQueueLenUsed: 1000,
            bcCutoff: -1,
          },
        },
      },
    },
    hex: `
      ${zeros}
      74001200
      0c000100 6d616376 6c616e00
      64000200
      08000100 10000000
      06000200 01000000
      08000300 03000000
      0a000400 02000000 00030000
      1c000500 0a000400 02000000 00010000 0a000400 02000000 00020000
      08000600 02000000
      08000700 f4010000
      08000800 e8030000
      08000900 ffffffff
    `,
  },
  {
    name: 'macvtap has the same data',
    value: { header, attributes: { linkinfo: { kind: 'macvtap', data: { mode: 1 } } } },
    hex: `${zeros} 1c001200 0c000100 6d616376 74617000 0c000200 08000100 01000000`,
  },
  {
    name: 'ip link add link ifb7 name ipvl0 type ipvlan mode l2 private',
    value: { header, attributes: { linkinfo: { kind: 'ipvlan', data: { mode: 0, flags: 1 } } } },
    hex: `${zeros} 24001200 0b000100 6970766c 616e0000 14000200 06000100 00000000 06000200 01000000`,
  },
  {
    name: 'vxlan: every attribute',
    value: {
      header,
      attributes: {
        linkinfo: {
          kind: 'vxlan',
          data: {
            id: 43,
            group: '239.1.1.1',
            link: 2,
            local: '10.0.0.1',
            ttl: 9,
            tos: 8,
            learning: 0,
            ageing: 100,
            limit: 50,
            portRange: { low: 1000, high: 2000 },
            proxy: 1,
            rsc: 1,
            l2miss: 1,
            l3miss: 1,
            port: 4789,
            group6: 'ff05::1',
            local6: 'fd00::1',
            udpCsum: 1,
            udpZeroCsum6Tx: 1,
            udpZeroCsum6Rx: 1,
            remcsumTx: 1,
            remcsumRx: 1,
            gbp: true,
            remcsumNopartial: true,
            collectMetadata: 1,
            label: 77,
            gpe: true,
            ttlInherit: true,
            df: 1,
            vnifilter: 1,
            localbypass: 1,
            labelPolicy: 1,
            reservedBits: { flags: 0x08000000, vni: 0xff },
            mcRoute: 1,
          },
        },
      },
    },
    hex: `
      ${zeros}
      30011200
      0a000100 76786c61 6e000000
      20010200
      08000100 2b000000
      08000200 ef010101
      08000300 02000000
      08000400 0a000001
      05000500 09000000
      05000600 08000000
      05000700 00000000
      08000800 64000000
      08000900 32000000
      08000a00 03e807d0             # port range, big-endian
      05000b00 01000000
      05000c00 01000000
      05000d00 01000000
      05000e00 01000000
      06000f00 12b50000             # port, big-endian
      14001000 ff050000 00000000 00000000 00000001
      14001100 fd000000 00000000 00000000 00000001
      05001200 01000000
      05001300 01000000
      05001400 01000000
      05001500 01000000
      05001600 01000000
      04001700
      04001800
      05001900 01000000
      08001a00 0000004d             # label, big-endian
      04001b00
      04001c00
      05001d00 01000000
      05001e00 01000000
      05001f00 01000000
      08002000 01000000
      0c002100 08000000 000000ff
      05002200 01000000
    `,
  },
  {
    name: 'vxlan: the kernel dumps ttlInherit as a number',
    value: { header, attributes: { linkinfo: { kind: 'vxlan', data: { ttlInherit: 0 } } } },
    hex: `${zeros} 1c001200 0a000100 76786c61 6e000000 0c000200 05001c00 00000000`,
  },
  {
    name: 'bridge and bridge port',
    value: {
      header,
      attributes: {
        linkinfo: {
          kind: 'bridge',
          data: {
            forwardDelay: 400,
            vlanProtocol: 0x88a8,
            rootId: { prio: 0x8000, addr: '02:00:00:00:00:01' },
            gcTimer: 5n,
            groupAddr: '01:80:c2:00:00:00',
            fdbFlush: true,
            multiBoolopt: { optval: 1, optmask: 1 },
            mcastQuerierState: { ipAddress: '10.0.0.1', ipPort: 3, ipOtherTimer: 7n, ipv6Address: 'fe80::1' },
            fdbMaxLearned: 9,
          },
          slaveKind: 'bridge',
          slaveData: { state: 3, isolated: 1, flush: true, holdTimer: 5n, backupNhid: 6 },
          xstats: new Uint8Array([1]),
        },
      },
    },
    hex: `
      ${zeros}
      d4001200
      0b000100 62726964 67650000
      84000200
      08000100 90010000
      06000800 88a80000
      0c000a00 80000200 00000001    # prio, big-endian
      0c001300 05000000 00000000
      0a001400 0180c200 00000000
      04001500
      0c002e00 01000000 01000000
      34002f80
      08000100 0a000001
      08000200 03000000
      0c000300 07000000 00000000
      14000500 fe800000 00000000 00000000 00000001
      08003100 09000000
      0b000400 62726964 67650000
      2c000500
      05000100 03000000
      05002100 01000000
      04001800
      0c001700 05000000 00000000
      08002c00 06000000
      05000300 01000000
    `,
  },
  {
    name: 'a kind that is not declared keeps its bytes',
    value: {
      header,
      attributes: { linkinfo: { kind: 'gretap', data: new Uint8Array([8, 0, 1, 0, 1, 0, 0, 0]) as never } },
    },
    hex: `${zeros} 1c001200 0b000100 67726574 61700000 0c000200 08000100 01000000`,
  },
]);

t.test('ip writes the kind without a NUL', async (t) => {
  const bytes = bytesOf(`${zeros} 1c001200 08000100 766c616e 0c000200 06000100 05000000 `.replace('1c00', '1800'));
  const { linkinfo } = linkMessage.decode(bytes).attributes;
  t.same(linkinfo, { kind: 'vlan', data: { id: 5 } });
  t.equal(hexOf(linkMessage.encode(linkMessage.decode(bytes))), hexOf(bytes));
});

t.test('problems', async (t) => {
  const linkinfo = {
    kind: 'veth',
    data: { peer: { header: { index: -(2 ** 40) }, attributes: { ifname: 'x\0y', linkinfo: {} } } },
  };
  t.same(
    problemsOf(() => linkMessage.encode({ attributes: { linkinfo } } as never)),
    [
      'linkinfo.data.peer.header.index: is not an integer from -2147483648 to 2147483647',
      'linkinfo.data.peer.ifname: contains a NUL',
      'linkinfo.data.peer.linkinfo: is not an attribute',
    ],
  );
  const vlan = { kind: 'vlan', data: { vni: 5, egressQos: { mapping: [{ from: 1 }, { from: -1, to: 0 }] } } };
  t.same(
    problemsOf(() => linkMessage.encode({ attributes: { linkinfo: vlan } } as never)),
    [
      'linkinfo.data.vni: is not an attribute',
      'linkinfo.data.egressQos.mapping[1].from: is not an integer from 0 to 4294967295',
    ],
  );
});
