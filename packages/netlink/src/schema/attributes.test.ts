import t from 'tap';
import { DecodeError } from '../errors.ts';
import { bytesOf, checkRows, hexOf, problemsOf } from '../rows.test.helper.ts';
import { attributes } from './attributes.ts';
import { repeated } from './lists.ts';
import { message } from './message.ts';
import { rawAttributes, residueOf } from './residue.ts';
import { flag, string, u8, u32, u64 } from './scalars.ts';
import { struct } from './struct.ts';

const header = struct((field) => ({ family: field.u8() }));
const inner = attributes({ mtu: [2, u32], name: [3, string(15)] });
const quiet = attributes({ on: [1, flag] }, { nestedFlag: false });
const set = attributes({
  id: [1, u32],
  name: [2, string(15)],
  inner: [3, inner],
  quiet: [4, quiet],
  many: [5, repeated(u8)],
  counter: [6, u64],
});
const sample = message(header, set);

/** The attributes in `hex`, behind a header. */
function decode(hex: string) {
  return sample.decode(bytesOf(`00000000 ${hex}`)).attributes;
}

/** What comes out of decoding and encoding: the same bytes, unless something is wrong. */
function again(hex: string): string {
  return hexOf(sample.encode({ attributes: decode(hex) }).subarray(4));
}

checkRows(t, sample, [
  { name: 'nothing', value: { header: { family: 2 }, attributes: {} }, hex: '02000000' },
  {
    name: 'every attribute',
    value: {
      header: { family: 10 },
      attributes: {
        id: 7,
        name: 'eth0',
        inner: { mtu: 1500, name: 'x' },
        quiet: { on: true },
        many: [1, 2],
        counter: 2n ** 64n - 1n,
      },
    },
    hex: `
      0a000000
      08000100 07000000           # id
      09000200 65746830 00000000  # name, padded
      14000380                    # inner, with NLA_F_NESTED
      08000200 dc050000           #   mtu
      06000300 78000000           #   name
      08000400 04000100           # quiet, without
      05000500 01000000           # many, twice
      05000500 02000000
      0c000600 ffffffff ffffffff  # counter
    `,
  },
]);

t.test('attributes are written in the order of the keys', async (t) => {
  t.equal(hexOf(sample.encode({ attributes: { name: '', id: 1 } })), '00000000 05000200 00000000 08000100 01000000');
  t.same(Object.keys(decode('05000200 00000000 08000100 01000000')), ['name', 'id']);
});

t.test('absent is a missing key; undefined is absent', async (t) => {
  t.same(Object.keys(decode('')), []);
  t.equal(hexOf(sample.encode({ attributes: { id: undefined, many: [] } as never })), '00000000');
});

t.test('unknown attributes are kept, in their places', async (t) => {
  const hex = '08006300 01020304 08000100 07000000 05006480 ff000000';
  const value = decode(hex);
  t.same(value, { id: 7 });
  t.same(
    rawAttributes(value).map(({ type, flags, payload }) => [type, flags, hexOf(payload)]),
    [
      [0x63, 0, '01020304'],
      [0x64, 0x8000, 'ff'],
    ],
  );
  t.equal(again(hex), hex);
  t.same(Object.keys(value), ['id'], 'nobody sees them');
  t.equal(JSON.stringify(value), '{"id":7}');
  t.equal(residueOf({ ...value }), undefined, 'a copy does not have them');
});

t.test('a changed value is written as it is now, the rest as it was', async (t) => {
  const value = decode('08006300 01020304 08000100 07000000 06000200 61006200');
  value.id = 8;
  value.name = 'b';
  value.counter = 1n;
  t.equal(
    hexOf(sample.encode({ attributes: value }).subarray(4)),
    '08006300 01020304 08000100 08000000 06000200 62000000 0c000600 01000000 00000000',
  );
  delete value.id;
  t.equal(
    hexOf(sample.encode({ attributes: value }).subarray(4)),
    '08006300 01020304 06000200 62000000 0c000600 01000000 00000000',
  );
});

t.test('a payload of a length that its type does not have is kept as bytes', async (t) => {
  const hex = '07000100 01020300 05000200 00000000';
  t.same(decode(hex), { name: '' });
  t.match(rawAttributes(decode(hex)), [{ type: 1, reason: 'should be 4 bytes' }]);
  t.equal(again(hex), hex);
});

t.test('of duplicates the last counts, none is lost', async (t) => {
  const hex = '08000100 01000000 05000200 00000000 08000100 02000000 08000100 03000000';
  t.same(decode(hex), { id: 3, name: '' });
  t.same(
    rawAttributes(decode(hex)).map(({ payload }) => hexOf(payload)),
    ['01000000', '02000000'],
  );
  t.equal(again(hex), hex);
});

t.test('of duplicates only the flags and the payload of the last go with the value', async (t) => {
  for (const hex of [
    '08000140 07000000 08000100 08000000',
    '08000200 65746830 09000200 65746830 00000000',
    '08000100 01000000 07000100 01020300 08000100 02000000',
    '09000200 65746830 00000000 08000200 65746830',
  ])
    t.equal(again(hex), hex, hex);
});

t.test('repeated attributes may be scattered', async (t) => {
  const hex = '05000500 01000000 05000500 02000000 08000100 07000000 05000500 03000000';
  t.same(decode(hex), { many: [1, 2, 3], id: 7 });
  t.equal(again(hex), hex);
  const value = decode(hex);
  value.many = [9];
  t.equal(hexOf(sample.encode({ attributes: value }).subarray(4)), '05000500 09000000 08000100 07000000');
  value.many = [1, 2, 3, 4, 5];
  t.same(sample.decode(sample.encode({ attributes: value })).attributes.many, [1, 2, 3, 4, 5], 'none is dropped');
});

t.test('unusual flags survive', async (t) => {
  for (const hex of [
    '0c000300 08000200 dc050000',
    '04000480',
    '08000140 07000000',
    '05000580 01000000 05000540 02000000',
  ])
    t.equal(again(hex), hex, hex);
  t.equal(residueOf(decode('04000380')), undefined, 'the declared ones leave nothing');
  t.equal(residueOf(decode('04000400')), undefined);
});

t.test('an unusual payload survives as long as its value stays', async (t) => {
  const hex = '08000200 65746830'; // no NUL
  const value = decode(hex);
  t.equal(value.name, 'eth0');
  t.equal(again(hex), hex);
  value.name = 'eth1';
  t.equal(hexOf(sample.encode({ attributes: value }).subarray(4)), '09000200 65746831 00000000');
});

t.test('padding behind the last attribute may be missing', async (t) => {
  t.same(decode('05000200 00'), { name: '' });
  t.same(decode('08000100 07000000 00'), { id: 7 }, 'up to 3 bytes are no attribute');
});

t.test('lengths that cannot be are refused, with the path', async (t) => {
  const refused: [hex: string, offset: number, path: string][] = [
    ['00000100', 4, 'id'],
    ['03000100', 4, 'id'],
    ['09000100 07000000', 4, 'id'],
    ['ffff6300', 4, '#99'],
    ['0c000380 09000200 dc050000', 8, 'inner.mtu'],
  ];
  for (const [hex, offset, path] of refused) {
    try {
      decode(hex);
      t.fail(`${hex} was decoded`);
    } catch (error) {
      t.ok(error instanceof DecodeError, hex);
      t.match(error, { code: 'ERR_NETLINK_DECODE', offset, path }, hex);
    }
  }
});

t.test('every byte has a path', async (t) => {
  const bytes = bytesOf('02000000 08000100 07000000 14000380 08000200 dc050000 06000300 78000000 04006300');
  const paths = Array.from({ length: bytes.length }, (_, at) => sample.pathAt(bytes, at));
  t.same(paths, [
    ...Array(4).fill('header'),
    ...Array(8).fill('id'),
    ...Array(4).fill('inner'),
    ...Array(8).fill('inner.mtu'),
    ...Array(6).fill('inner.name'),
    ...Array(2).fill('inner'),
    ...Array(4).fill('#99'),
  ]);
  t.equal(sample.pathAt(bytes, bytes.length), undefined);
});

t.test('every problem of a message is told at once', async (t) => {
  const wrong = {
    header: { family: 256, type: 1 },
    attributes: {
      id: -1,
      name: 'much too long a name',
      inner: { mtu: 'x', nonsense: 1, name: 'ok' },
      quiet: null,
      many: [1, 256, 'x'],
      counter: 1.5,
      unknown: 5,
    },
  } as never;
  t.same(
    problemsOf(() => sample.encode(wrong)),
    [
      'header.type: is not a field (family)',
      'header.family: is not an integer from 0 to 255',
      'id: is not an integer from 0 to 4294967295',
      'name: is longer than 15 bytes',
      'inner.mtu: is not an integer from 0 to 4294967295',
      'inner.nonsense: is not an attribute',
      'quiet: is not an object',
      'many[1]: is not an integer from 0 to 255',
      'many[2]: is not an integer from 0 to 255',
      'counter: is not a bigint from 0 to 18446744073709551615',
      'unknown: is not an attribute',
    ],
  );
  t.same(
    problemsOf(() => sample.encode({ attributes: { many: 5 } } as never)),
    ['many: is not an array'],
  );
  for (const none of [null, 5, 'x', undefined])
    t.same(
      problemsOf(() => sample.encode(none as never)),
      [': is not an object'],
    );
});

t.test('names of Object.prototype are ordinary', async (t) => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    t.equal(decode(hexOf(sample.encode({ attributes: { name } }).subarray(4))).name, name);
    t.match(
      problemsOf(() => sample.encode({ attributes: JSON.parse(`{"${name}": 1}`) })),
      [`${name}: is not an attribute`],
    );
  }
  t.equal(({} as { polluted?: unknown }).polluted, undefined);
});

t.test('an attribute longer than 16 bits can say is refused', async (t) => {
  const long = attributes({ long: [1, string(0x20000)] });
  t.same(
    problemsOf(() => message(header, long).encode({ attributes: { long: 'x'.repeat(0x10000) } })),
    ['long: is longer than 65531 bytes'],
  );
  const longest = message(header, long).encode({ attributes: { long: 'x'.repeat(65530) } });
  t.equal(message(header, long).decode(longest).attributes.long?.length, 65530);
});

t.test('a number is declared once', async (t) => {
  t.throws(() => attributes({ a: [1, u8], b: [1, u8] }), /attribute 1 is declared twice/);
});

t.test('thousands of duplicates take no longer than as many others', async (t) => {
  const time = (hex: string) => {
    const bytes = Buffer.concat([Buffer.alloc(4), ...Array(16000).fill(bytesOf(hex))]);
    const start = process.hrtime.bigint();
    t.same(hexOf(sample.encode(sample.decode(bytes))), hexOf(bytes));
    return Number(process.hrtime.bigint() - start) / 1e6;
  };
  time('04006300');
  t.ok(time('08000100 07000000') < 20 * time('04006300') + 50);
});
