import t from 'tap';
import { hexOf } from '../rows.test.helper.ts';
import { align } from './align.ts';
import { formatHex, parseHex } from './hex.ts';
import { Reader } from './reader.ts';
import { decodeText, encodeText, isEncodable, terminator } from './text.ts';
import { Writer } from './writer.ts';

t.test('align goes up to the next multiple of 4', async (t) => {
  t.same([0, 1, 3, 4, 5, 65535].map(align), [0, 4, 4, 4, 8, 65536]);
});

t.test('text: every byte sequence comes back', async (t) => {
  const texts: [name: string, bytes: number[], text: string][] = [
    ['ASCII', [0x65, 0x74, 0x68, 0x30], 'eth0'],
    ['UTF-8', [0xc3, 0xb6, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80], 'ö€😀'],
    ['not UTF-8', [0xff, 0xfe, 0x01], '\udcff\udcfe\u0001'],
    ['UTF-8 cut short', [0x61, 0xe2, 0x82], 'a\udce2\udc82'],
    ['a surrogate as UTF-8', [0xed, 0xb2, 0x80], '\udced\udcb2\udc80'],
    ['overlong', [0xc0, 0xaf], '\udcc0\udcaf'],
    ['byte order mark', [0xef, 0xbb, 0xbf, 0x61], '\ufeffa'],
    ['longer than 32', Array.from({ length: 40 }, () => 0x78), 'x'.repeat(40)],
  ];
  for (const [name, bytes, text] of texts) {
    t.equal(decodeText(Buffer.from(bytes), 0, bytes.length), text, name);
    t.same([...encodeText(text)], bytes, `${name}: back`);
  }
  t.equal(decodeText(Buffer.from('a\0b'), 0, 3), 'a', 'ends at the first NUL');
  t.equal(decodeText(new Uint8Array(new SharedArrayBuffer(2)).fill(0xc3), 0, 2), '\udcc3\udcc3', 'shared memory');
  t.equal(terminator(Buffer.from('ab\0'), 0, 3), 2);
  t.equal(terminator(Buffer.from('ab'), 0, 2), 2);
});

t.test('text: all two-byte sequences come back', async (t) => {
  const wrong: number[] = [];
  for (let pair = 0; pair < 0x10000; pair++) {
    const bytes = Buffer.of(pair >> 8, pair & 0xff);
    const end = terminator(bytes, 0, 2);
    if (!Buffer.from(encodeText(decodeText(bytes, 0, 2))).equals(bytes.subarray(0, end))) wrong.push(pair);
  }
  t.same(wrong, []);
});

t.test('half a surrogate pair is no byte', async (t) => {
  t.same(['\ud800', 'a\udfff', '\ud83d\ude00', '\udc80', 'eth0'].map(isEncodable), [false, false, true, true, true]);
});

t.test('hexadecimal text', async (t) => {
  t.equal(formatHex(Buffer.of(0xff, 2, 0x42, 0xff), 1, 3), '02:42');
  t.equal(formatHex(Buffer.of(1), 0, 0), '');
  t.same(parseHex('02:Ac'), Buffer.of(2, 0xac));
  t.same(parseHex(''), Buffer.of());
  for (const text of ['2', '02:', ':02', '02-03', '0203', 'g0', '02:03:']) t.equal(parseHex(text), undefined, text);
});

t.test('the writer nests, pads and back-patches', async (t) => {
  const writer = new Writer(1);
  const outer = writer.begin(0x8001);
  const inner = writer.begin(2);
  writer.u8(7);
  writer.end(inner);
  writer.be16(0x0102);
  writer.end(outer);
  t.equal(hexOf(writer.take()), '0e000180 05000200 07000000 01020000');
  writer.truncate(outer);
  t.equal(writer.length, 0);
  writer.u64(2n ** 64n - 1n);
  writer.be64(1n);
  writer.be32(5);
  t.equal(hexOf(writer.take()), 'ffffffff ffffffff 00000000 00000001 00000005', 'nothing is left of what was there');
});

t.test('the reader copies blobs', async (t) => {
  const bytes = Buffer.of(1, 2, 3, 4);
  const blob = new Reader(bytes).blob(2);
  bytes.fill(9);
  t.same([...blob], [1, 2]);
});
