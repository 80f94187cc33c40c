import t from 'tap';
import { checkRows, problemsOf } from '../rows.test.helper.ts';
import { neighbourMessage } from './neighbour.ts';

checkRows(t, neighbourMessage, [
  {
    name: 'ip neighbour add 10.0.0.2 lladdr 02:00:00:00:00:02 dev v0',
    value: {
      header: { family: 2, ifindex: 3, state: 0x80 },
      attributes: { dst: '10.0.0.2', lladdr: '02:00:00:00:00:02' },
    },
    hex: '02000000 03000000 80000000 08000100 0a000002 0a000200 02000000 00020000',
  },
  {
    name: 'every attribute',
    value: {
      header: { family: 7, ifindex: 2, state: 0xc0, flags: 2, type: 1 },
      attributes: {
        dst: 'fd00::2',
        lladdr: '00:00:00:00:00:00',
        cacheinfo: { confirmed: 1, used: 2, updated: 3, refcnt: 4 },
        probes: 5,
        vlan: 100,
        port: 4790,
        vni: 55,
        ifindex: 3,
        master: 4,
        linkNetnsid: -1,
        srcVni: 56,
        protocol: 12,
        nhId: 7,
        fdbExtAttrs: { activityNotify: 2, dontRefresh: true },
        flagsExt: 1,
        ndmStateMask: 0x80,
        ndmFlagsMask: 0x40,
      },
    },
    hex: `
      07000000 02000000 c0000201
      14000100 fd000000 00000000 00000000 00000002
      0a000200 00000000 00000000
      14000300 01000000 02000000 03000000 04000000
      08000400 05000000
      06000500 64000000
      06000600 12b60000             # port, big-endian
      08000700 37000000
      08000800 03000000
      08000900 04000000
      08000a00 ffffffff
      08000b00 38000000
      05000c00 0c000000
      08000d00 07000000
      10000e80 05000100 02000000 04000200
      08000f00 01000000
      06001000 80000000
      05001100 40000000
    `,
  },
]);

t.test('problems', async (t) => {
  const wrong = { header: { ifindex: 2 ** 31 }, attributes: { dst: 'x', lladdr: '02:00', port: 65536 } };
  t.same(
    problemsOf(() => neighbourMessage.encode(wrong)),
    [
      'header.ifindex: is not an integer from -2147483648 to 2147483647',
      'dst: is not an IP address',
      'port: is not an integer from 0 to 65535',
    ],
  );
});
