import { messageTypeOf } from '../rtnetlink/families.ts';
import type { Message, MessageInput } from '../schema/message.ts';
import type { Reader } from '../wire/reader.ts';
import type { IndexOf, Request } from './call.ts';
import type { LinkRef } from './link-ref.ts';

/** Receive buffer, as the kernel counts it, of an ack or an error with its sentence. */
const ackSize = 1280;
/** Of one object; links with dozens of altnames take more, and are asked for again if need be. */
const objectSize = 8192;
/** Of a dump: its next part is put into the buffer when the one before is read. */
const dumpSize = 2 * 65536;

/** What every builder below needs. */
export interface RequestSpec<H extends object, A extends object> {
  /** `RTM_NEWLINK`. */
  readonly name: string;
  readonly schema: Message<H, A>;
  /** The message; made when it is sent, with the indexes of `links`. */
  readonly message: (indexOf: IndexOf) => MessageInput<H, A>;
  /** Links whose names have to be looked up first. */
  readonly links?: readonly (LinkRef | undefined | null)[];
  /** What it is about, for errors. */
  readonly subject?: string;
  /** `NLM_F_*` of the verb. */
  readonly flags?: number;
}

function basis<H extends object, A extends object>(spec: RequestSpec<H, A>) {
  const { name, schema, message, subject } = spec;
  const type = messageTypeOf(name)?.type;
  if (type === undefined) throw new RangeError(`${name} is not a registered message`);
  const names = new Set(spec.links?.filter((link) => typeof link === 'string'));
  return {
    name,
    type,
    flags: spec.flags ?? 0,
    schema: schema as unknown as Message<object, object>,
    write: (writer: Parameters<typeof schema.write>[0], indexOf: IndexOf) =>
      schema.write(writer, message(indexOf) as never, {}),
    ...(names.size === 0 ? {} : { links: [...names] }),
    ...(subject === undefined ? {} : { subject }),
  };
}

/** What a change may say besides. */
export interface ChangeSpec {
  /** Makes the kernel wait: to be sent off the main thread. */
  readonly blocking?: boolean;
  /** Takes the echo of a change that asks for one. */
  readonly reply?: (reader: Reader, start: number, end: number) => void;
}

/** A request that changes something and is answered by an ack. */
export function change<H extends object, A extends object>(spec: RequestSpec<H, A> & ChangeSpec): Request<void> {
  const { reply } = spec;
  return {
    ...basis(spec),
    ends: 'ack',
    answer: reply === undefined ? ackSize : ackSize + objectSize,
    blocking: spec.blocking === true,
    ...(reply === undefined
      ? {}
      : { reply: (_type: number, reader: Reader, start: number, end: number) => reply(reader, start, end) }),
    result: () => {},
  };
}

/** Reads an object out of a message; undefined when it is not one of those asked for. */
export type Read<T> = (reader: Reader, start: number, end: number) => T | undefined;

/** A request for one object. */
export function question<T, H extends object, A extends object>(
  spec: RequestSpec<H, A> & { readonly read: Read<T> },
): Request<T | undefined> {
  let found: T | undefined;
  return {
    ...basis(spec),
    ends: 'reply',
    answer: objectSize,
    repeatable: true,
    reply: (_type, reader, start, end) => {
      found = spec.read(reader, start, end);
    },
    result: () => found,
  };
}

/** A dump: every object that `read` accepts, in the kernel's order. */
export function listing<T, H extends object, A extends object>(
  spec: RequestSpec<H, A> & { readonly read: Read<T> },
): Request<T[]> {
  let found: T[] = [];
  return {
    ...basis(spec),
    flags: 0x300,
    ends: 'dump',
    answer: dumpSize,
    repeatable: true,
    reply: (_type, reader, start, end) => {
      const object = spec.read(reader, start, end);
      if (object !== undefined) found.push(object);
    },
    restart: () => {
      found = [];
    },
    result: () => found,
  };
}

/** The index that `ref` stands for in a message being written. */
export function indexFrom(ref: LinkRef, indexOf: IndexOf): number {
  return typeof ref === 'string' ? indexOf(ref) : typeof ref === 'number' ? ref : ref.index;
}
