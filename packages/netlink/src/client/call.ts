import { DumpInterruptedError, NetlinkError, type NetlinkFailure, TimeoutError } from '../errors.ts';
import type { ExtendedAck } from '../protocol/ack.ts';
import type { Ending, Transaction } from '../protocol/exchange.ts';
import type { Message } from '../schema/message.ts';
import { messageHeaderLength } from '../wire/align.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
import { adviceFor } from './advice.ts';
import type { CallOptions } from './options.ts';

/** Gives the ifindex of a link name that a request said it needs. */
export type IndexOf = (name: string) => number;

/** A request as a verb puts it: what to send, what ends it, what it gives. */
export interface Request<T> {
  /** `RTM_GETLINK`. */
  readonly name: string;
  /** Message type number. */
  readonly type: number;
  /** `NLM_F_*` besides `NLM_F_REQUEST` and `NLM_F_ACK`. */
  readonly flags: number;
  readonly ends: 'reply' | 'ack' | 'dump';
  /** Schema of the message, for the trace and for finding attributes by offset. */
  readonly schema: Message<object, object>;
  /** Appends the message behind `nlmsghdr`. Throws EncodeError. */
  write(writer: Writer, indexOf: IndexOf): void;
  /** Names of links whose ifindex `write` needs. */
  readonly links?: readonly string[];
  /** Makes the kernel wait for milliseconds: sent off the main thread. */
  readonly blocking?: boolean;
  /** May be sent again when its answer was lost. */
  readonly repeatable?: boolean;
  /** What it is about: `link 'eth0'`. */
  readonly subject?: string;
  /** Receive buffer the answer may take, bytes, as the kernel counts. */
  readonly answer: number;
  /** Takes a message of the answer. May throw DecodeError. */
  reply?(type: number, reader: Reader, start: number, end: number): void;
  /** Forgets the answer so far: the request is sent again. */
  restart?(): void;
  /** What the caller gets. */
  result(): T;
}

/** How often a dump is tried before the caller hears that its subject keeps changing. */
const dumpAttempts = 10;

/** What a call needs of the channel it is on. */
export interface CallContext {
  /** For messages. */
  readonly namespace: string | undefined;
  /** The call is not in flight any more. */
  landed(call: Call): void;
  /** Puts the call into the queue again. */
  again(call: Call): void;
  /** The caller gave up. */
  abandon(call: Call): void;
}

/** A request on its way: in the queue, in flight, or settled (exactly once). */
export class Call implements Transaction {
  readonly request: Request<unknown>;
  readonly #context: CallContext;
  /** What ends it in its present batch; see {@link Transaction.ends}. */
  ends: Transaction['ends'];
  /** Sequence number while in flight. */
  sequence = 0;
  /** `performance.now()` at which the caller gives up; Infinity until that is known. */
  deadline: number;
  settled = false;
  /** ifindexes of the links the request names; set before it is sent. */
  readonly indexes = new Map<string, number>();
  #attempts = 1;
  #broken: unknown;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  constructor(
    request: Request<unknown>,
    options: CallOptions | undefined,
    context: CallContext,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.request = request;
    this.#context = context;
    this.ends = request.ends;
    this.deadline = options?.timeout === undefined ? Number.POSITIVE_INFINITY : performance.now() + options.timeout;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = options?.signal;
    if (this.#signal !== undefined) {
      this.#onAbort = () => {
        context.abandon(this);
        this.fail(this.#signal?.reason);
      };
      this.#signal.addEventListener('abort', this.#onAbort, { once: true });
    }
  }

  message(type: number, reader: Reader, start: number, end: number): void {
    if (this.#broken !== undefined) return;
    try {
      this.request.reply?.(type, reader, start, end);
    } catch (error) {
      this.#broken = error;
    }
  }

  end({ errno, extended, interrupted }: Ending): void {
    this.#context.landed(this);
    if (this.settled) return;
    if (errno !== 0) this.fail(this.#refusal(errno, extended));
    else if (this.#broken !== undefined) this.fail(this.#broken);
    else if (!interrupted) this.#succeed();
    else if (this.#attempts < dumpAttempts) this.repeat();
    else this.fail(new DumpInterruptedError(this.request.name, this.#attempts));
  }

  /** Whether links it names are still to be looked up. */
  get needsIndexes(): boolean {
    return this.request.links !== undefined && this.indexes.size < this.request.links.length;
  }

  /** Appends the request's payload. Throws EncodeError. */
  write(writer: Writer): void {
    this.request.write(writer, (name) => this.indexes.get(name) ?? 0);
  }

  /** Sends it once more, as if nothing had been received. */
  repeat(): void {
    this.#attempts++;
    this.#broken = undefined;
    this.request.restart?.();
    this.#context.again(this);
  }

  /** The answer was lost (ENOBUFS): a question is asked again, the outcome of a change is unknown. */
  lost(errno: number): void {
    if (this.settled) return;
    if (this.request.repeatable && this.#attempts < dumpAttempts) this.repeat();
    else this.fail(this.error({ errno, outcome: this.request.repeatable ? 'refused' : 'unknown' }));
  }

  timeOut(): void {
    const { name, subject } = this.request;
    this.fail(
      new TimeoutError(
        `${[name, subject, this.#context.namespace && `in ${this.#context.namespace}`].filter(Boolean).join(' ')}: no answer in time`,
      ),
    );
  }

  fail(error: unknown): void {
    if (this.settled) return;
    this.#settle();
    this.#reject(error);
  }

  /** A NetlinkError about this request. */
  error(failure: Omit<NetlinkFailure, 'request'>): NetlinkError {
    const { name, subject } = this.request;
    return new NetlinkError({ request: name, subject, namespace: this.#context.namespace, ...failure });
  }

  #succeed(): void {
    this.#settle();
    this.#resolve(this.request.result());
  }

  #settle(): void {
    this.settled = true;
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #refusal(errno: number, extended: ExtendedAck | undefined): NetlinkError {
    const { name, schema } = this.request;
    const at = (offset: number | undefined) => (offset === undefined ? undefined : this.#pathAt(offset));
    const missing = extended?.missType;
    const nest = at(extended?.missNest);
    const missingName = schema.attributes.entries.find((entry) => entry.number === missing)?.name ?? `#${missing}`;
    return this.error({
      errno,
      kernelMessage: extended?.msg,
      attribute: missing === undefined ? at(extended?.offs) : nest === undefined ? missingName : `${nest}.#${missing}`,
      expected: missing === undefined ? expectation(extended?.policy) : 'which is missing',
      advice: adviceFor(errno, name, extended?.msg),
    });
  }

  /** Attribute path at `offset` bytes from the request's `nlmsghdr`: the request is encoded once more and walked. */
  #pathAt(offset: number): string | undefined {
    try {
      const writer = new Writer();
      writer.reserve(messageHeaderLength);
      this.request.write(writer, () => 0);
      const reader = new Reader(writer.take());
      return this.request.schema.locate?.(reader, messageHeaderLength, writer.length, offset, {});
    } catch {
      return undefined;
    }
  }
}

/** What the kernel's policy would have accepted, as a clause. */
function expectation(policy: ExtendedAck['policy']): string | undefined {
  if (policy === undefined) return undefined;
  const { minValueU, maxValueU, minValueS, maxValueS, minLength, maxLength } = policy;
  const from = minValueU ?? minValueS;
  const to = maxValueU ?? maxValueS;
  if (from !== undefined || to !== undefined) return `expects ${from ?? 0} to ${to}`;
  if (maxLength !== undefined) return `expects ${minLength ?? 0} to ${maxLength} bytes`;
  return minLength === undefined ? undefined : `expects at least ${minLength} bytes`;
}
