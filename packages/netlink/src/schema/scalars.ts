import { EncodeError } from '../errors.ts';
import { decodeText, encodeText, isEncodable, terminator } from '../wire/text.ts';
import type { Type } from './type.ts';

/** Throws unless `value` is an integer in `[min, max]`. */
export function checkInteger(value: unknown, min: number, max: number): asserts value is number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return;
  throw new EncodeError({ path: '', reason: `is not an integer from ${min} to ${max}`, value });
}

/** Throws unless `value` is a bigint in `[min, max]`; a safe integer is taken for one. */
export function checkBigInteger(value: unknown, min: bigint, max: bigint): bigint {
  const integer = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof integer === 'bigint' && integer >= min && integer <= max) return integer;
  throw new EncodeError({ path: '', reason: `is not a bigint from ${min} to ${max}`, value });
}

/** `__u8`. */
export const u8: Type<number> = {
  name: 'u8',
  size: 1,
  read: (reader, start) => reader.view.getUint8(start),
  write(writer, value) {
    checkInteger(value, 0, 0xff);
    writer.u8(value);
  },
};

/** `__u16`, host byte order. */
export const u16: Type<number> = {
  name: 'u16',
  size: 2,
  read: (reader, start) => reader.u16At(start),
  write(writer, value) {
    checkInteger(value, 0, 0xffff);
    writer.u16(value);
  },
};

/** `__u32`, host byte order. */
export const u32: Type<number> = {
  name: 'u32',
  size: 4,
  read: (reader, start) => reader.u32At(start),
  write(writer, value) {
    checkInteger(value, 0, 0xffffffff);
    writer.u32(value);
  },
};

/** `__u64`, host byte order, as bigint. */
export const u64: Type<bigint> = {
  name: 'u64',
  size: 8,
  read: (reader, start) => reader.u64At(start),
  write(writer, value) {
    writer.u64(checkBigInteger(value, 0n, 0xffffffffffffffffn));
  },
};

/** `__s8`. */
export const s8: Type<number> = {
  name: 's8',
  size: 1,
  read: (reader, start) => reader.view.getInt8(start),
  write(writer, value) {
    checkInteger(value, -0x80, 0x7f);
    writer.u8(value & 0xff);
  },
};

/** `__s16`, host byte order. */
export const s16: Type<number> = {
  name: 's16',
  size: 2,
  read: (reader, start) => reader.s16At(start),
  write(writer, value) {
    checkInteger(value, -0x8000, 0x7fff);
    writer.u16(value & 0xffff);
  },
};

/** `__s32`, host byte order. */
export const s32: Type<number> = {
  name: 's32',
  size: 4,
  read: (reader, start) => reader.s32At(start),
  write(writer, value) {
    checkInteger(value, -0x80000000, 0x7fffffff);
    writer.u32(value >>> 0);
  },
};

/** `__s64`, host byte order, as bigint. */
export const s64: Type<bigint> = {
  name: 's64',
  size: 8,
  read: (reader, start) => reader.s64At(start),
  write(writer, value) {
    writer.u64(BigInt.asUintN(64, checkBigInteger(value, -(2n ** 63n), 2n ** 63n - 1n)));
  },
};

/** `__be16`. */
export const be16: Type<number> = {
  name: 'be16',
  size: 2,
  read: (reader, start) => reader.view.getUint16(start, false),
  write(writer, value) {
    checkInteger(value, 0, 0xffff);
    writer.be16(value);
  },
};

/** `__be32`. */
export const be32: Type<number> = {
  name: 'be32',
  size: 4,
  read: (reader, start) => reader.view.getUint32(start, false),
  write(writer, value) {
    checkInteger(value, 0, 0xffffffff);
    writer.be32(value);
  },
};

/** `__be64`, as bigint. */
export const be64: Type<bigint> = {
  name: 'be64',
  size: 8,
  read: (reader, start) => reader.view.getBigUint64(start, false),
  write(writer, value) {
    writer.be64(checkBigInteger(value, 0n, 0xffffffffffffffffn));
  },
};

/** `NLA_UINT` and its forerunners: a number where the kernel writes `__u32`, a bigint where it writes `__u64`. */
export const uint: Type<number | bigint> = {
  name: 'uint',
  fits: (length) => length === 4 || length === 8,
  read: (reader, start, end) => (end - start === 4 ? reader.u32At(start) : reader.u64At(start)),
  write(writer, value) {
    if (typeof value === 'bigint') u64.write(writer, value, {});
    else u32.write(writer, value, {});
  },
};

/** An attribute whose presence is its value (`NLA_FLAG`). */
export const flag: Type<true> = {
  name: 'flag',
  size: 0,
  read: () => true,
  write() {},
};

/** A flag that the kernel takes as {@link flag} (`true`) but dumps as `__u8` (a number). */
export const flagOrU8: Type<true | number> = {
  name: 'flag',
  fits: (length) => length <= 1,
  read: (reader, start, end) => (end === start ? true : reader.view.getUint8(start)),
  write(writer, value) {
    if (value !== true) u8.write(writer, value, {});
  },
};

/** Bytes as they are: copied in, copied out. */
export const bytes: Type<Uint8Array> = {
  name: 'bytes',
  read: (reader, start, end) => reader.bytes.slice(start, end),
  write(writer, value) {
    if (!(value instanceof Uint8Array)) throw new EncodeError({ path: '', reason: 'is not a Uint8Array', value });
    writer.blob(value);
  },
};

/** Text of at most `limit` bytes. The kernel's own text ends with a NUL, and so does what is written. */
export function string(limit: number): Type<string> {
  return {
    name: 'string',
    read(reader, start, end) {
      if (terminator(reader.bytes, start, end) !== end - 1 || end - start > limit + 1) reader.irregular = true;
      return decodeText(reader.bytes, start, end);
    },
    write(writer, value) {
      if (typeof value !== 'string') throw new EncodeError({ path: '', reason: 'is not a string', value });
      if (!isEncodable(value)) throw new EncodeError({ path: '', reason: 'contains half a surrogate pair', value });
      const encoded = encodeText(value);
      if (encoded.length > limit) throw new EncodeError({ path: '', reason: `is longer than ${limit} bytes`, value });
      if (encoded.includes(0)) throw new EncodeError({ path: '', reason: 'contains a NUL', value });
      writer.blob(encoded);
      writer.u8(0);
    },
  };
}

/** Text of no particular limit. */
export const text: Type<string> = string(0xffff - 5);
