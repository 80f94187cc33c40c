import type { Test } from 'tap';
import { EncodeError } from './errors.ts';
import type { Message, MessageInput } from './schema/message.ts';
import { residueOf } from './schema/residue.ts';
import type { Type } from './schema/type.ts';
import { Reader } from './wire/reader.ts';
import { Writer } from './wire/writer.ts';

/** A message, and its bytes: hexadecimal digits, one attribute a line; what follows a `#` is for people. */
export interface Row<H extends object, A extends object> {
  readonly name: string;
  readonly value: MessageInput<H, A>;
  readonly hex: string;
}

/** The bytes that a row's text stands for. */
export function bytesOf(hex: string): Uint8Array {
  return Buffer.from(hex.replaceAll(/#.*|\s/g, ''), 'hex');
}

/** Digits in words of 4 bytes. */
export function hexOf(bytes: Uint8Array): string {
  return (
    Buffer.from(bytes)
      .toString('hex')
      .match(/.{1,8}/g) ?? []
  ).join(' ');
}

/** Each row encoded, decoded, decoded in the middle of other bytes, and encoded again. */
export function checkRows<H extends object, A extends object>(
  t: Test,
  message: Message<H, A>,
  rows: readonly Row<H, A>[],
): void {
  for (const { name, value, hex } of rows) {
    const bytes = bytesOf(hex);
    t.equal(hexOf(message.encode(value)), hexOf(bytes), `${name}: encode`);
    const decoded = message.decode(bytes);
    t.match(decoded, value, `${name}: decode`);
    t.equal(residueOf(decoded.attributes), undefined, `${name}: nothing left over`);
    const room = Buffer.alloc(bytes.length + 16, 0xee);
    room.set(bytes, 5);
    t.strictSame(message.decode(room.subarray(5, 5 + bytes.length)), decoded, `${name}: decode at an offset`);
    t.equal(hexOf(message.encode(decoded)), hexOf(bytes), `${name}: encode again`);
  }
}

/** The payload that a type makes of a value, as digits. */
export function written<T>(type: Type<T>, value: T): string {
  const writer = new Writer();
  type.write(writer, value, {});
  return hexOf(writer.take());
}

/** The value a type makes of a payload, and whether the payload was one that `write` would not make. */
export function readFrom<T>(type: Type<T>, hex: string): { value: T; irregular: boolean } {
  const payload = bytesOf(hex);
  const reader = new Reader(Buffer.concat([Buffer.of(0xaa), payload, Buffer.of(0xaa)]));
  const value = type.read(reader, 1, 1 + payload.length, {});
  return { value, irregular: reader.irregular };
}

/** What is wrong with a value: path and reason of each problem. */
export function problemsOf(encode: () => unknown): string[] {
  try {
    encode();
  } catch (error) {
    if (error instanceof EncodeError) return error.problems.map(({ path, reason }) => `${path}: ${reason}`);
    throw error;
  }
  return [];
}
