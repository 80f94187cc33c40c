import t from 'tap';
import { problemsOf, readFrom, written } from '../rows.test.helper.ts';
import { ip, ipv4, ipv6, mac } from './addresses.ts';
import { formatIpv6, parseIp } from './ip-text.ts';

const sixteen = (hex: string) => hex.replaceAll(' ', '').padEnd(32, '0');

const ipv6Texts: [text: string, hex: string][] = [
  ['::', sixteen('')],
  ['::1', sixteen('').replace(/0$/, '1')],
  ['fd00::1', `fd00${'0'.repeat(27)}1`],
  ['2001:db8::8:800:200c:417a', '20010db8 00000000 00080800 200c417a'],
  ['2001:0:0:1::1', '20010000 00000001 00000000 00000001'],
  ['2001:db8:0:1:1:1:1:1', '20010db8 00000001 00010001 00010001'],
  ['1::2:0:0:3', '00010000 00000000 00020000 00000003'],
  ['::ffff:192.0.2.1', '00000000 00000000 0000ffff c0000201'],
  ['::192.0.2.1', '00000000 00000000 00000000 c0000201'],
  ['fe80:1:2:3:4:5:6:7', 'fe800001 00020003 00040005 00060007'],
  ['1::', sixteen('0001')],
];

t.test('IPv6 text is that of RFC 5952', async (t) => {
  for (const [text, hex] of ipv6Texts) {
    t.equal(readFrom(ipv6, hex).value, text, text);
    t.equal(written(ipv6, text).replaceAll(' ', ''), hex.replaceAll(' ', ''), `${text}: back`);
  }
  t.equal(written(ipv6, '2001:DB8:0:0:0:0:0:1').slice(0, 8), '20010db8', 'other spellings are read');
  t.equal(written(ipv6, '::ffff:c000:201'), '00000000 00000000 0000ffff c0000201');
});

t.test('every pattern of zero groups comes back', async (t) => {
  for (let zeros = 0; zeros < 256; zeros++) {
    const bytes = Buffer.alloc(16);
    for (let group = 0; group < 8; group++)
      if (((zeros >> group) & 1) === 0) bytes.writeUInt16BE(0xa0 + group, 2 * group);
    t.same(Buffer.from(parseIp(formatIpv6(bytes, 0)) ?? []), bytes, formatIpv6(bytes, 0));
  }
});

t.test('what is no address is refused', async (t) => {
  const wrong = [
    '',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.01',
    '1.2.3.4.5',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
  ];
  wrong.push('1::2::3', 'fd00::1%eth0', 'fd00::g', '12345::', '1.2.3.4:1::', 'localhost', '10.0.0.1/24', ' 10.0.0.1');
  for (const text of wrong)
    t.same(
      problemsOf(() => written(ip, text)),
      [': is not an IP address'],
      text,
    );
  t.same(
    problemsOf(() => written(ipv4, 'fd00::1')),
    [': is not an IPv4 address'],
  );
  t.same(
    problemsOf(() => written(ipv6, '10.0.0.1')),
    [': is not an IPv6 address'],
  );
  t.same(
    problemsOf(() => written(ip, 5 as unknown as string)),
    [': is not an IP address'],
  );
});

t.test('ip goes by the length', async (t) => {
  t.equal(readFrom(ip, '0a000001').value, '10.0.0.1');
  t.equal(readFrom(ip, sixteen('fd00')).value, 'fd00::');
  t.equal(written(ip, '255.255.255.255'), 'ffffffff');
  t.same(readFrom(ip, '0a0000'), { value: '0a:00:00', irregular: true }, 'other lengths are kept');
});

t.test('mac', async (t) => {
  t.equal(readFrom(mac, '0242ac11 0002').value, '02:42:ac:11:00:02');
  t.equal(written(mac, '02:42:AC:11:00:02'), '0242ac11 0002');
  t.equal(readFrom(mac, '0a000001').value, '0a:00:00:01', 'tunnels have 4 bytes');
  for (const text of ['02:42', '']) t.equal(readFrom(mac, written(mac, text)).value, text);
  for (const text of ['02-42-ac-11-00-02', '0242.ac11.0002', '2:42', 'x'])
    t.same(
      problemsOf(() => written(mac, text)),
      [': is not a link-layer address (02:42:ac:11:00:02)'],
      text,
    );
});
