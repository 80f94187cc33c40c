import type { Reader } from '../wire/reader.ts';
import type { Writer } from '../wire/writer.ts';

/** The values of the attributes beside one, decoded so far. */
export type Siblings = Readonly<Record<string, unknown>>;

/**
 * How one kind of payload is read and written. Everything the kernel defines is described by these; what they describe
 * is data, and {@link Infer} gives its TypeScript type.
 */
export interface Type<T> {
  /** Short name for messages: `u32`, `ip`, `attributes`. */
  readonly name: string;
  /** Exact payload length, bytes, where there is one: checked before `read`. */
  readonly size?: number;
  /** For payloads of several lengths: whether one of `length` bytes can be read. Checked before `read`. */
  fits?(length: number): boolean;
  /** Flags written with `nla_type`: `NLA_F_NESTED` for most nests. */
  readonly flags?: number;
  /** The same where it depends on the header or on attributes beside it; takes the place of `flags`. */
  flagsFor?(siblings: Siblings, header: object | undefined): number;
  /** The types it is made of, by what they are in it: for whoever walks the declarations. */
  readonly parts?: Readonly<Record<string, Type<never> | Type<unknown>>>;
  /** Reads the payload in `[start, end)`. Throws DecodeError; sets `reader.irregular` where `write` would differ. */
  read(reader: Reader, start: number, end: number, siblings: Siblings): T;
  /** Appends the payload. Throws EncodeError, with paths relative to this value. */
  write(writer: Writer, value: T, siblings: Siblings): void;
  /**
   * For error messages: the path, relative to this value, of the attribute that holds byte `target` of a payload at
   * `[start, end)`; undefined when the payload has no attributes inside.
   */
  locate?(reader: Reader, start: number, end: number, target: number, siblings: Siblings): string | undefined;
}

/** Whether `type` can read a payload of `length` bytes. */
export function fits(type: Type<unknown>, length: number): boolean {
  if (type.size !== undefined) return type.size === length;
  return type.fits === undefined || type.fits(length);
}

/** The TypeScript type of what a {@link Type} describes. */
export type Infer<S> = S extends Type<infer T> ? T : never;
