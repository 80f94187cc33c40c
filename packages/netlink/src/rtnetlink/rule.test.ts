import t from 'tap';
import { checkRows, problemsOf } from '../rows.test.helper.ts';
import { ruleMessage } from './rule.ts';

checkRows(t, ruleMessage, [
  {
    name: 'ip rule add from 10.0.0.0/8 to 10.1.0.0/16 priority 100 table 1000 tos 8',
    value: {
      header: { family: 2, dstLen: 16, srcLen: 8, tos: 8, table: 0, action: 1 },
      attributes: { src: '10.0.0.0', dst: '10.1.0.0', priority: 100, table: 1000 },
    },
    hex: `
      02100808 00000001 00000000
      08000200 0a000000
      08000100 0a010000
      08000600 64000000
      08000f00 e8030000
    `,
  },
  {
    name: 'every attribute',
    value: {
      header: { family: 10, res1: 1, res2: 2, action: 2, flags: 0x10002 },
      attributes: {
        dst: 'fd00::',
        src: 'fd01::',
        iifname: 'lo',
        goto: 32000,
        priority: 103,
        fwmark: 0x10,
        flow: 0x50007,
        tunId: 77n,
        suppressIfgroup: 5,
        suppressPrefixlen: 0,
        table: 7,
        fwmask: 0xff,
        oifname: 'eth9',
        l3mdev: 1,
        uidRange: { start: 100, end: 0xffffffff },
        protocol: 12,
        ipProto: 6,
        sportRange: { start: 1000, end: 2000 },
        dportRange: { start: 80, end: 80 },
        dscp: 46,
        flowlabel: 0x12345,
        flowlabelMask: 0xfffff,
        sportMask: 0xff00,
        dportMask: 0xffff,
        dscpMask: 0x3f,
      },
    },
    hex: `
      0a000000 00010202 02000100
      14000100 fd000000 00000000 00000000 00000000
      14000200 fd010000 00000000 00000000 00000000
      07000300 6c6f0000
      08000400 007d0000
      08000600 67000000
      08000a00 10000000
      08000b00 07000500
      0c000c00 00000000 0000004d  # tunId, big-endian
      08000d00 05000000
      08000e00 00000000
      08000f00 07000000
      08001000 ff000000
      09001100 65746839 00000000
      05001300 01000000
      0c001400 64000000 ffffffff
      05001500 0c000000
      05001600 06000000
      08001700 e803d007           # sportRange, host byte order
      08001800 50005000
      05001900 2e000000
      08001a00 00012345           # flowlabel, big-endian
      08001b00 000fffff
      06001c00 00ff0000           # sportMask, host byte order
      06001d00 ffff0000
      05001e00 3f000000
    `,
  },
]);

t.test('problems', async (t) => {
  const wrong = { attributes: { uidRange: { start: -1, end: 5 }, iifname: 'a-name-of-17-byte', tunId: -1n } };
  t.same(
    problemsOf(() => ruleMessage.encode(wrong)),
    [
      'uidRange.start: is not an integer from 0 to 4294967295',
      'iifname: is longer than 15 bytes',
      'tunId: is not a bigint from 0 to 18446744073709551615',
    ],
  );
});
