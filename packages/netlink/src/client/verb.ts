import { MessageFlag } from '../protocol/header.ts';
import { messageTypeOf } from '../rtnetlink/families.ts';
import type { AnyMessage } from '../rtnetlink/family.ts';
import type { Message, MessageInput } from '../schema/message.ts';
import type { Reader } from '../wire/reader.ts';
import type { Writer } from '../wire/writer.ts';
import type { LinkRef } from './link-ref.ts';
import type { CallOptions } from './options.ts';
import { Problems } from './problems.ts';

/** Gives the ifindex of a link: that of a name has been looked up by then. */
export type IndexOf = (link: LinkRef) => number;

/**
 * One thing that can be asked of the kernel: what to send for an input, what ends it, what the answer gives. Verbs are
 * declared once; a call is a verb and an input, so that a request costs no closures.
 */
export interface Verb<I, T> {
  /** `RTM_GETLINK`. */
  readonly name: string;
  /** Message type number. */
  readonly type: number;
  /** `NLM_F_*` besides `NLM_F_REQUEST` and `NLM_F_ACK`. */
  readonly flags: number;
  readonly ends: 'reply' | 'ack' | 'dump';
  /** Schema of the message, for finding attributes by offset. */
  readonly schema: AnyMessage;
  /** Receive buffer the answer may take, bytes, as the kernel counts. */
  readonly answer: number;
  /** May be sent again when its answer was lost. */
  readonly repeatable: boolean;
  /** Notes what is wrong with the input, before anything is sent. */
  check?(input: I, problems: Problems): void;
  /** Appends the message behind `nlmsghdr`. Throws EncodeError. */
  write(writer: Writer, input: I, indexOf: IndexOf): void;
  /** Links whose ifindexes `write` needs; names among them are looked up first. */
  links?(input: I): readonly (LinkRef | null | undefined)[];
  /** Makes the kernel wait for milliseconds: sent off the main thread. */
  blocking?(input: I): boolean;
  /** What it is about, as a person would say it: `link 'eth0'`. */
  subject?(input: I): string;
  /** An object out of a message of the answer; undefined when it is not one of those asked for. May throw DecodeError. */
  read?(reader: Reader, start: number, end: number, input: I, type: number): unknown;
  /** @internal Type of the result: of `read`, an array of it for a dump, nothing for an ack without `read`. */
  readonly result?: T;
}

/** Refuses what is wrong with an input, or with how long it may take, before anything is sent: throws EncodeError. */
export function checkCall<I>(verb: Verb<I, unknown>, input: I, options: CallOptions | undefined): void {
  const timeout = options?.timeout;
  if (verb.check === undefined && timeout === undefined) return;
  const problems = new Problems();
  verb.check?.(input, problems);
  problems.check(timeout === undefined || timeout >= 0, 'timeout', 'is not a number of milliseconds', timeout);
  problems.throwIfAny();
}

/** Receive buffer, as the kernel counts it, of an ack or an error with its sentence. */
const ackSize = 1280;
/** Of one object; links with dozens of altnames take more, and are asked for again if need be. */
const objectSize = 8192;
/** Of a dump: its next part is put into the buffer when the one before is read. */
const dumpSize = 2 * 65536;

/** What the declaration of a verb says. */
export interface VerbSpec<I, H extends object, A extends object>
  extends Pick<Verb<I, unknown>, 'name' | 'check' | 'links' | 'subject' | 'blocking'> {
  readonly schema: Message<H, A>;
  /** The message for an input. */
  readonly message: (input: I, indexOf: IndexOf) => MessageInput<H, A>;
  /** `NLM_F_*` of the verb. */
  readonly flags?: number;
}

/** Reads an object; see {@link Verb.read}. */
export type Read<I, T> = (reader: Reader, start: number, end: number, input: I) => T | undefined;

const siblings = {};

function basis<I, H extends object, A extends object>({ message, flags = 0, ...spec }: VerbSpec<I, H, A>) {
  const type = messageTypeOf(spec.name)?.type;
  if (type === undefined) throw new RangeError(`${spec.name} is not a registered message`);
  const schema = spec.schema as unknown as AnyMessage;
  const write = (writer: Writer, input: I, indexOf: IndexOf) =>
    schema.write(writer, message(input, indexOf) as never, siblings);
  return { ...spec, type, flags, schema, write };
}

/** Declares a verb that changes something and is answered by an ack, or by an echo before it. */
export function change<I, H extends object, A extends object, T = void>(
  spec: VerbSpec<I, H, A> & { readonly read?: Read<I, T> },
): Verb<I, T> {
  const { read } = spec;
  return {
    ...basis(spec),
    ends: 'ack',
    answer: read === undefined ? ackSize : ackSize + objectSize,
    repeatable: false,
  };
}

/** Declares a verb that asks for one object. */
export function question<I, H extends object, A extends object, T>(
  spec: VerbSpec<I, H, A> & { readonly read: Read<I, T> },
): Verb<I, T> {
  return { ...basis(spec), ends: 'reply', answer: objectSize, repeatable: true };
}

/** Declares a dump: every object that `read` accepts, in the kernel's order. */
export function listing<I, H extends object, A extends object, T>(
  spec: VerbSpec<I, H, A> & { readonly read: Read<I, T> },
): Verb<I, T[]> {
  return { ...basis(spec), flags: MessageFlag.dump, ends: 'dump', answer: dumpSize, repeatable: true };
}
