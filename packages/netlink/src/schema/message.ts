import { DecodeError, EncodeError, type Problem } from '../errors.ts';
import { align } from '../wire/align.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
import type { AttributeSet } from './attributes.ts';
import type { Struct } from './struct.ts';
import type { Type } from './type.ts';

/** A decoded message: fixed header and attributes, lossless. */
export interface MessageValue<H extends object, A extends object> {
  header: H;
  attributes: A;
}

/** A message to be encoded: header fields left out are zero. */
export interface MessageInput<H extends object, A extends object> {
  readonly header?: Partial<H>;
  readonly attributes?: A;
}

/** Payload of a netlink message behind `nlmsghdr`: a family header, then attributes. Itself a type, as in `VETH_INFO_PEER`. */
export interface Message<H extends object, A extends object> extends Type<MessageValue<H, A>> {
  readonly header: Struct<H>;
  readonly attributes: AttributeSet<A>;
  /** Bytes of the payload. Throws EncodeError with every problem. */
  encode(message: MessageInput<H, A>): Uint8Array;
  /** The message in `bytes`, nothing of which is retained. Throws DecodeError. */
  decode(bytes: Uint8Array): MessageValue<H, A>;
  /** Path of what holds byte `offset`: `header`, `linkinfo.data.peer.ifname`; `#99` where nothing is declared. */
  pathAt(bytes: Uint8Array, offset: number): string | undefined;
}

/** Declares a message: its header struct and its attribute set. */
export function message<H extends object, A extends object>(
  header: Struct<H>,
  attributes: AttributeSet<A>,
  options: { readonly flags?: number } = {},
): Message<H, A> {
  const headerLength = align(header.span);
  const type: Message<H, A> = {
    name: 'message',
    flags: options.flags ?? 0,
    parts: { header, attributes },
    header,
    attributes,
    read(reader, start, end) {
      if (end - start < header.span)
        throw new DecodeError(`message of ${end - start} bytes is shorter than its header (${header.span})`, start);
      const outer = reader.header;
      const fields = header.read(reader, start, start + header.span, {});
      reader.header = fields;
      const value = { header: fields, attributes: attributes.read(reader, start + headerLength, end, {}) };
      reader.header = outer;
      return value;
    },
    write(writer, value: MessageInput<H, A>) {
      if (typeof value !== 'object' || value === null)
        throw new EncodeError({ path: '', reason: 'is not an object', value });
      const { header: fields = {}, attributes: values = {} as A } = value;
      const outer = writer.header;
      writer.header = fields;
      const inHeader = problemsOf('header', header, writer, fields as H);
      writer.pad();
      const inAttributes = problemsOf('', attributes, writer, values);
      writer.header = outer;
      if (inHeader !== noProblems || inAttributes !== noProblems) throw new EncodeError([...inHeader, ...inAttributes]);
    },
    locate(reader, start, end, target) {
      if (target < start + headerLength || end - start < header.span) return 'header';
      const outer = reader.header;
      reader.header = header.read(reader, start, start + header.span, {});
      const path = attributes.locate?.(reader, start + headerLength, end, target, {});
      reader.header = outer;
      return path;
    },
    encode(value) {
      const writer = new Writer();
      type.write(writer, value as MessageValue<H, A>, {});
      return writer.take();
    },
    decode(bytes) {
      const reader = new Reader(bytes);
      try {
        return type.read(reader, 0, bytes.length, {});
      } catch (error) {
        throw withPath(error, type, reader, bytes.length);
      }
    },
    pathAt: (bytes, offset) => locate(type, new Reader(bytes), bytes.length, offset),
  };
  return type;
}

/** Path of byte `target` of a payload; undefined where the bytes make no sense. */
function locate(type: Type<unknown>, reader: Reader, length: number, target: number): string | undefined {
  try {
    return type.locate?.(reader, 0, length, target, {});
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

const noProblems: readonly Problem[] = [];

/** Writes a part; what is wrong with it, under `name`. */
function problemsOf<T>(name: string, type: Type<T>, writer: Writer, value: T): readonly Problem[] {
  try {
    type.write(writer, value, {});
    return noProblems;
  } catch (error) {
    return EncodeError.within(name, error);
  }
}

/** A DecodeError with the path of the attribute that its offset is in. */
function withPath(error: unknown, type: Type<unknown>, reader: Reader, length: number): unknown {
  if (!(error instanceof DecodeError)) return error;
  // What is missing begins where the bytes end.
  const path = locate(type, reader, length, error.offset) ?? locate(type, reader, length, error.offset - 1);
  return path === undefined ? error : new DecodeError(error.reason, error.offset, path);
}
