import t from 'tap';
import { checkRows, problemsOf } from '../rows.test.helper.ts';
import { addressMessage } from './address.ts';

checkRows(t, addressMessage, [
  {
    name: 'ip address add 10.1.0.1 peer 10.1.0.2/32 dev v0',
    value: {
      header: { family: 2, prefixlen: 32, index: 3 },
      attributes: { local: '10.1.0.1', address: '10.1.0.2' },
    },
    hex: `
      02200000 03000000
      08000200 0a010001  # local
      08000100 0a010002  # address
    `,
  },
  {
    name: 'every attribute',
    value: {
      header: { family: 2, prefixlen: 24, flags: 0x81, scope: 253, index: 3 },
      attributes: {
        address: '10.0.0.2',
        local: '10.0.0.2',
        label: 'v0:two',
        broadcast: '10.0.0.255',
        anycast: '10.0.0.3',
        cacheinfo: { prefered: 0xffffffff, valid: 600, cstamp: 1, tstamp: 2 },
        multicast: '224.0.0.1',
        flags: 0x281,
        rtPriority: 77,
        targetNetnsid: -1,
        proto: 3,
      },
    },
    hex: `
      021881fd 03000000
      08000100 0a000002
      08000200 0a000002
      0b000300 76303a74 776f0000
      08000400 0a0000ff
      08000500 0a000003
      14000600 ffffffff 58020000 01000000 02000000
      08000700 e0000001
      08000800 81020000
      08000900 4d000000
      08000a00 ffffffff
      05000b00 03000000
    `,
  },
  {
    name: 'IPv6',
    value: { header: { family: 10, prefixlen: 64, index: 1 }, attributes: { address: 'fd00::1' } },
    hex: '0a400000 01000000 14000100 fd000000 00000000 00000000 00000001',
  },
]);

t.test('problems', async (t) => {
  const wrong = {
    header: { prefixlen: 300 },
    attributes: { local: '10.0.0.1/24', label: 'a label that is too long' },
  };
  t.same(
    problemsOf(() => addressMessage.encode(wrong)),
    [
      'header.prefixlen: is not an integer from 0 to 255',
      'local: is not an IP address',
      'label: is longer than 15 bytes',
    ],
  );
});
