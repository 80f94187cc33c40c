import t from 'tap';
import { DecodeError } from '../errors.ts';
import { bytesOf, hexOf, problemsOf, readFrom, written } from '../rows.test.helper.ts';
import { ip } from './addresses.ts';
import { attributes } from './attributes.ts';
import { array, list, records, repeated } from './lists.ts';
import { message } from './message.ts';
import { u8, u16, u32 } from './scalars.ts';
import { struct } from './struct.ts';

const pair = struct((field) => ({ from: field.u16(), to: field.u16() }));

t.test('list: a nest of numbered elements', async (t) => {
  const numbers = list(u32);
  t.equal(written(numbers, [7, 8]), '08000100 07000000 08000200 08000000');
  t.same(readFrom(numbers, '08000100 07000000 08000200 08000000'), { value: [7, 8], irregular: false });
  t.same(readFrom(numbers, '08000200 07000000').irregular, true, 'other numbers');
  t.same(readFrom(numbers, '08000180 07000000').irregular, true, 'other flags');
  t.equal(written(list(u32, 0), [7]), '08000000 07000000', 'from 0 on');
  t.throws(() => readFrom(numbers, '05000100 07'), DecodeError);
  t.throws(() => readFrom(numbers, '09000100 07000000'), DecodeError);
  t.same(
    problemsOf(() => written(numbers, [1, -1])),
    ['[1]: is not an integer from 0 to 4294967295'],
  );
  t.same(
    problemsOf(() => written(numbers, 5 as never)),
    [': is not an array'],
  );
});

t.test('array: fixed sizes without headers', async (t) => {
  t.equal(
    written(array(pair), [
      { from: 1, to: 2 },
      { from: 3, to: 4 },
    ]),
    '01000200 03000400',
  );
  t.same(readFrom(array(u16), '0100 0200'), { value: [1, 2], irregular: false });
  t.same(readFrom(array(u16), '0100 02'), { value: [1], irregular: true }, 'a remainder');
  t.same(readFrom(array(u16), ''), { value: [], irregular: false });
  t.throws(() => array(ip), /fixed size/);
});

t.test('repeated stands for attributes, not for a payload', async (t) => {
  t.throws(() => written(repeated(u8), [1]), TypeError);
});

const hop = struct((field) => ({ len: field.u16(), flags: field.u8(), hops: field.u8(), ifindex: field.s32() }));
const hops = records(hop, attributes({ gateway: [5, ip], table: [15, u32] }), 'len');

t.test('records: structs with attributes behind them', async (t) => {
  const value = [
    { header: { flags: 0, hops: 2, ifindex: 3 }, attributes: { gateway: '10.0.0.1' } },
    { header: { flags: 4, hops: 0, ifindex: 4 }, attributes: {} },
  ];
  const hex = '10000002 03000000 08000500 0a000001 08000400 04000000';
  t.equal(written(hops, value), hex);
  t.match(readFrom(hops, hex).value, value);
  t.equal(written(hops, readFrom(hops, hex).value), hex, 'the length is filled in');
  t.same(readFrom(hops, '').value, []);
});

t.test('records: lengths that cannot be', async (t) => {
  for (const hex of ['00000000 03000000', '07000000 03000000', '0c000000 03000000', '08000000', '08'])
    t.throws(() => readFrom(hops, hex), DecodeError, hex);
});

t.test('records: a length that ends between words', async (t) => {
  const hex = '0d000002 03000000 05000f00 01';
  t.ok(readFrom(hops, hex).irregular, 'is kept');
});

t.test('records: problems are told by index', async (t) => {
  const route = message(hop, attributes({ multipath: [9, hops] }));
  const multipath = [
    { header: { ifindex: 1 }, attributes: {} },
    { header: { hops: 256 }, attributes: { gateway: 'x' } },
    null,
  ];
  t.same(
    problemsOf(() => route.encode({ attributes: { multipath } as never })),
    ['multipath[1].hops: is not an integer from 0 to 255', 'multipath[2]: is not an object'],
  );
  const bytes = bytesOf('00000000 00000000 14000980 10000002 03000000 08000500 0a000001');
  t.same(
    [8, 12, 24].map((at) => route.pathAt(bytes, at)),
    ['multipath', 'multipath[0]', 'multipath[0].gateway'],
  );
  t.equal(hexOf(route.encode(route.decode(bytes))), hexOf(bytes));
});
