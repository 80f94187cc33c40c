import t from 'tap';
import { problemsOf, readFrom, written } from '../rows.test.helper.ts';
import { ip } from './addresses.ts';
import { flexible } from './flexible.ts';
import { struct } from './struct.ts';

/** Every kind of field, with C's padding. */
const everything = struct(
  (field) => ({
    a: field.u8(),
    b: field.s8(),
    c: field.u16(),
    d: field.u32(),
    e: field.s16(),
    f: field.pad(2).s32(),
    g: field.pad(4).u64(),
    h: field.s64(),
    i: field.be16(),
    j: field.pad(2).be32(),
    k: field.be64(),
    l: field.blob(3),
    m: field.text(5),
    n: field.mac(),
  }),
  { size: 80 },
);

const value = {
  ...{ a: 1, b: -1, c: 2, d: 3, e: -3, f: -4, g: 5n, h: -6n, i: 7, j: 8, k: 9n },
  ...{ l: Buffer.of(1, 2, 3), m: 'abc', n: '02:00:00:00:00:01' },
};

const hex = `
  01 ff 0200        # a b c
  03000000          # d
  fdff 0000         # e, padding
  fcffffff          # f
  00000000          # padding
  05000000 00000000 # g
  faffffff ffffffff # h
  0007 0000         # i, padding
  00000008          # j
  00000000 00000009 # k
  010203            # l
  6162630000        # m
  020000000001      # n
  0000 00000000     # the end of the struct
  00000000 00000000
`;

t.test('every kind of field, at its offset', async (t) => {
  t.equal(everything.span, 80);
  t.same(
    everything.fields.map((field) => everything.offsetOf(field)),
    [0, 1, 2, 4, 8, 12, 20, 28, 36, 40, 44, 52, 55, 60],
  );
  t.throws(() => everything.offsetOf('z'), RangeError);
  t.equal(written(everything, value).replaceAll(' ', ''), hex.replaceAll(/#.*|\s/g, ''));
  t.match(readFrom(everything, hex).value, { ...value, l: new Uint8Array([1, 2, 3]) });
});

const small = struct((field) => ({ x: field.u16(), y: field.u32() }));

t.test('fields left out are zero', async (t) => {
  t.equal(written(small, { y: 1 } as never), '00000100 0000');
});

t.test('every problem is told, by field', async (t) => {
  const wrong = { x: 65536, y: 1.5, z: 1 } as never;
  t.same(
    problemsOf(() => written(small, wrong)),
    ['z: is not a field (x, y)', 'x: is not an integer from 0 to 65535', 'y: is not an integer from 0 to 4294967295'],
  );
  for (const none of [undefined, null, 5, 'x'])
    t.same(
      problemsOf(() => written(small, none as never)),
      [': is not an object'],
    );
  for (const bad of [Number.NaN, '5', true, null, 5n])
    t.same(
      problemsOf(() => written(small, { x: bad } as never)),
      ['x: is not an integer from 0 to 65535'],
      String(bad),
    );
  const blobs = { l: 'x', m: 'toolong', n: '02:00' } as never;
  t.same(
    problemsOf(() => written(everything, blobs)),
    ['l: is not a Uint8Array', 'm: is longer than 5 bytes', 'n: is not a MAC address (02:42:ac:11:00:02)'],
  );
});

t.test('structs grow: older ones are filled with zeros, of newer ones the beginning is read', async (t) => {
  t.same(readFrom(small, '0100 0200'), { value: { x: 1, y: 2 }, irregular: true });
  t.same(readFrom(small, ''), { value: { x: 0, y: 0 }, irregular: true });
  t.same(readFrom(small, '0100 02000000 99'), { value: { x: 1, y: 2 }, irregular: true });
  t.same(readFrom(small, '0100 02000000'), { value: { x: 1, y: 2 }, irregular: false });
});

t.test('a declaration only reads fields', async (t) => {
  t.throws(() => struct((field) => ({ x: field.u8(), y: 5 })), /struct property y is not a field/);
  const skipping = () => struct((field) => ({ x: [field.u8(), field.u8()][0] }));
  t.throws(skipping, /did not name/);
});

t.test('a struct with a flexible array member', async (t) => {
  const via = flexible(
    struct((field) => ({ family: field.u16() })),
    'addr',
    ip,
  );
  t.equal(written(via, { family: 2, addr: '10.0.0.1' }), '02000a00 0001');
  t.same(readFrom(via, '0200 0a000001').value, { family: 2, addr: '10.0.0.1' });
  t.equal(via.fits?.(1), false);
  t.same(
    problemsOf(() => written(via, { family: -1, addr: 'x' })),
    ['family: is not an integer from 0 to 65535', 'addr: is not an IP address'],
  );
  t.same(
    problemsOf(() => written(via, null as never)),
    [': is not an object'],
  );
});
