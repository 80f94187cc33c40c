import t from 'tap';
import { problemsOf, readFrom, written } from '../rows.test.helper.ts';
import * as scalars from './scalars.ts';
import type { Type } from './type.ts';

const integers: [name: string, type: Type<number>, min: number, max: number, sample: number, hex: string][] = [
  ['u8', scalars.u8, 0, 255, 0x12, '12'],
  ['u16', scalars.u16, 0, 65535, 0x1234, '3412'],
  ['u32', scalars.u32, 0, 0xffffffff, 0x12345678, '78563412'],
  ['s8', scalars.s8, -128, 127, -2, 'fe'],
  ['s16', scalars.s16, -32768, 32767, -2, 'feff'],
  ['s32', scalars.s32, -0x80000000, 0x7fffffff, -2, 'feffffff'],
  ['be16', scalars.be16, 0, 65535, 0x1234, '1234'],
  ['be32', scalars.be32, 0, 0xffffffff, 0x12345678, '12345678'],
];

for (const [name, type, min, max, sample, hex] of integers) {
  t.test(name, async (t) => {
    t.equal(written(type, sample), hex);
    t.equal(readFrom(type, hex).value, sample);
    for (const edge of [min, max, 0]) t.equal(readFrom(type, written(type, edge)).value, edge, `${edge}`);
    for (const wrong of [min - 1, max + 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1', 1n, null, true])
      t.same(
        problemsOf(() => written(type, wrong as number)),
        [`: is not an integer from ${min} to ${max}`],
        `${String(wrong)}`,
      );
  });
}

const bigIntegers: [name: string, type: Type<bigint>, min: bigint, max: bigint, sample: bigint, hex: string][] = [
  ['u64', scalars.u64, 0n, 2n ** 64n - 1n, 0x0102030405060708n, '08070605 04030201'],
  ['s64', scalars.s64, -(2n ** 63n), 2n ** 63n - 1n, -2n, 'feffffff ffffffff'],
  ['be64', scalars.be64, 0n, 2n ** 64n - 1n, 0x0102030405060708n, '01020304 05060708'],
];

for (const [name, type, min, max, sample, hex] of bigIntegers) {
  t.test(name, async (t) => {
    t.equal(written(type, sample), hex);
    t.equal(readFrom(type, hex).value, sample);
    for (const edge of [min, max, 0n]) t.equal(readFrom(type, written(type, edge)).value, edge, `${edge}`);
    t.equal(written(type, 5 as unknown as bigint), written(type, 5n), 'a safe integer is taken for a bigint');
    for (const wrong of [min - 1n, max + 1n, 2 ** 60, 0.5, '1', undefined])
      t.same(
        problemsOf(() => written(type, wrong as bigint)),
        [`: is not a bigint from ${min} to ${max}`],
        `${wrong}`,
      );
  });
}

t.test('uint is as wide as it has to be', async (t) => {
  t.equal(written(scalars.uint, 5), '05000000');
  t.equal(written(scalars.uint, 5n), '05000000 00000000');
  t.equal(readFrom(scalars.uint, '05000000').value, 5);
  t.equal(readFrom(scalars.uint, '05000000 00000000').value, 5n);
  t.same(
    [0, 3, 4, 8, 9].map((length) => scalars.uint.fits?.(length)),
    [false, false, true, true, false],
  );
  t.same(
    problemsOf(() => written(scalars.uint, -1)),
    [': is not an integer from 0 to 4294967295'],
  );
});

t.test('flags', async (t) => {
  t.equal(written(scalars.flag, true), '');
  t.equal(readFrom(scalars.flag, '').value, true);
  t.equal(written(scalars.flagOrU8, true), '');
  t.equal(written(scalars.flagOrU8, 1), '01');
  t.equal(readFrom(scalars.flagOrU8, '').value, true);
  t.equal(readFrom(scalars.flagOrU8, '00').value, 0);
  t.same(
    [0, 1, 2].map((length) => scalars.flagOrU8.fits?.(length)),
    [true, true, false],
  );
});

t.test('bytes are copied both ways', async (t) => {
  t.equal(written(scalars.bytes, Buffer.of(1, 2)), '0102');
  t.same([...readFrom(scalars.bytes, '0102').value], [1, 2]);
  t.same(
    problemsOf(() => written(scalars.bytes, 'x' as unknown as Uint8Array)),
    [': is not a Uint8Array'],
  );
});

t.test('strings', async (t) => {
  const name = scalars.string(15);
  t.equal(written(name, 'eth0'), '65746830 00');
  t.same(readFrom(name, '65746830 00'), { value: 'eth0', irregular: false });
  t.same(readFrom(name, '65746830'), { value: 'eth0', irregular: true }, 'without its NUL');
  t.same(readFrom(name, '65746830 0000'), { value: 'eth0', irregular: true }, 'with two');
  t.same(readFrom(name, '6100 62 00'), { value: 'a', irregular: true }, 'ends at the first NUL');
  t.same(readFrom(name, '61626364 65666768 696a6b6c 6d6e6f70 00').irregular, true, 'longer than may be written');
  t.same(readFrom(name, ''), { value: '', irregular: true });
  t.equal(written(name, '\udcff\udcfe\u0001'), 'fffe0100', 'bytes that are not UTF-8 come back');
  t.equal(written(name, '__proto__'), '5f5f7072 6f746f5f 5f00');
  const wrong: [value: unknown, reason: string][] = [
    ['x'.repeat(16), 'is longer than 15 bytes'],
    ['öööööööö', 'is longer than 15 bytes'],
    ['a\0b', 'contains a NUL'],
    ['\ud800', 'contains half a surrogate pair'],
    [5, 'is not a string'],
  ];
  for (const [value, reason] of wrong)
    t.same(
      problemsOf(() => written(name, value as string)),
      [`: ${reason}`],
      String(value),
    );
});
