import * as layouts from 'buffer-layout';
import { EncodeError } from '../errors.ts';
import { littleEndian } from '../wire/align.ts';
import { parseHex } from '../wire/hex.ts';
import { encodeText, isEncodable } from '../wire/text.ts';
import type { Fields } from './fields.ts';
import { checkBigInteger, checkInteger } from './scalars.ts';

/** A field as it was recorded; padding has no name. */
export interface PlacedField {
  readonly name: string | undefined;
  /** Encodes a value or throws EncodeError. */
  readonly layout: layouts.Layout;
}

/** An integer of buffer-layout, which by itself takes fractions, text and NaN for numbers. */
class IntegerLayout extends layouts.Layout {
  readonly #inner: layouts.Layout;
  readonly #min: number;
  readonly #max: number;
  constructor(inner: layouts.Layout, signed: boolean) {
    super(inner.span);
    const values = 2 ** (8 * inner.span);
    this.#inner = inner;
    this.#min = signed ? -values / 2 : 0;
    this.#max = this.#min + values - 1;
  }
  override encode(value: unknown, bytes: Uint8Array, offset = 0): number {
    checkInteger(value, this.#min, this.#max);
    return this.#inner.encode(value, bytes, offset);
  }
}

class BigLayout extends layouts.Layout {
  readonly #signed: boolean;
  readonly #littleEndian: boolean;
  constructor(signed: boolean, little: boolean) {
    super(8);
    this.#signed = signed;
    this.#littleEndian = little;
  }
  override encode(value: unknown, bytes: Uint8Array, offset = 0): number {
    const integer = this.#signed
      ? checkBigInteger(value, -(2n ** 63n), 2n ** 63n - 1n)
      : checkBigInteger(value, 0n, 2n ** 64n - 1n);
    new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(offset, BigInt.asUintN(64, integer), this.#littleEndian);
    return 8;
  }
}

class BytesLayout extends layouts.Layout {
  readonly #convert: (value: unknown) => Uint8Array;
  constructor(span: number, convert: (value: unknown) => Uint8Array) {
    super(span);
    this.#convert = convert;
  }
  override encode(value: unknown, bytes: Uint8Array, offset = 0): number {
    const content = this.#convert(value);
    if (content.length > this.span)
      throw new EncodeError({ path: '', reason: `is longer than ${this.span} bytes`, value });
    bytes.set(content, offset);
    return this.span;
  }
}

function blobBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new EncodeError({ path: '', reason: 'is not a Uint8Array', value });
}

function textBytes(value: unknown): Uint8Array {
  if (typeof value === 'string' && isEncodable(value)) return encodeText(value);
  throw new EncodeError({ path: '', reason: 'is not text', value });
}

function macBytes(value: unknown): Uint8Array {
  const parsed = typeof value === 'string' ? parseHex(value) : undefined;
  if (parsed?.length === 6) return parsed;
  throw new EncodeError({ path: '', reason: 'is not a MAC address (02:42:ac:11:00:02)', value });
}

/** Stands in for the reader while a declaration is recorded: every "value" it returns is a token for its place. */
export class Recorder implements Fields {
  readonly #recorded: { token: object; layout: layouts.Layout; padding: boolean }[] = [];

  /** Names the recorded fields after the properties that hold their tokens. */
  place(declared: object): PlacedField[] {
    const names = new Map(Object.entries(declared).map(([name, token]) => [token as object, name]));
    const fields = this.#recorded.map(({ token, layout, padding }): PlacedField => {
      const name = names.get(token);
      names.delete(token);
      if (name === undefined && !padding) throw new TypeError('a struct declaration read a field that it did not name');
      if (name !== undefined) layout.property = name;
      return { name, layout };
    });
    for (const name of names.values()) throw new TypeError(`struct property ${name} is not a field`);
    return fields;
  }

  #add<T>(layout: layouts.Layout, padding = false): T {
    const token = {};
    this.#recorded.push({ token, layout, padding });
    return token as T;
  }

  #integer(little: layouts.Layout, big: layouts.Layout, signed = false): number {
    return this.#add(new IntegerLayout(littleEndian ? little : big, signed));
  }

  u8(): number {
    return this.#add(new IntegerLayout(layouts.u8(), false));
  }
  s8(): number {
    return this.#add(new IntegerLayout(layouts.s8(), true));
  }
  u16(): number {
    return this.#integer(layouts.u16(), layouts.u16be());
  }
  s16(): number {
    return this.#integer(layouts.s16(), layouts.s16be(), true);
  }
  u32(): number {
    return this.#integer(layouts.u32(), layouts.u32be());
  }
  s32(): number {
    return this.#integer(layouts.s32(), layouts.s32be(), true);
  }
  u64(): bigint {
    return this.#add(new BigLayout(false, littleEndian));
  }
  s64(): bigint {
    return this.#add(new BigLayout(true, littleEndian));
  }
  be16(): number {
    return this.#add(new IntegerLayout(layouts.u16be(), false));
  }
  be32(): number {
    return this.#add(new IntegerLayout(layouts.u32be(), false));
  }
  be64(): bigint {
    return this.#add(new BigLayout(false, false));
  }
  blob(length: number): Uint8Array {
    return this.#add(new BytesLayout(length, blobBytes));
  }
  text(length: number): string {
    return this.#add(new BytesLayout(length, textBytes));
  }
  mac(): string {
    return this.#add(new BytesLayout(6, macBytes));
  }
  pad(length: number): this {
    this.#add(layouts.blob(length), true);
    return this;
  }
}
