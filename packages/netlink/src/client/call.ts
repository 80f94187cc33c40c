import { setMaxListeners } from 'node:events';
import { DumpInterruptedError, NetlinkError, type NetlinkFailure, TimeoutError } from '../errors.ts';
import type { ExtendedAck } from '../protocol/ack.ts';
import type { Ending, Transaction } from '../protocol/exchange.ts';
import { messageHeaderLength } from '../wire/align.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
import { adviceFor } from './advice.ts';
import type { LinkRef } from './link-ref.ts';
import type { CallOptions } from './options.ts';
import type { Verb } from './verb.ts';

/** How often a dump is tried before the caller hears that its subject keeps changing. */
const dumpAttempts = 10;
const none: readonly string[] = [];

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
  readonly verb: Verb<unknown, unknown>;
  readonly input: unknown;
  /** What ends it in its present batch; see {@link Transaction.ends}. */
  ends: Transaction['ends'];
  /** Sequence number while in flight. */
  sequence = 0;
  /** `performance.now()` at which the caller gives up; Infinity when never. */
  readonly limit: number;
  /** The same, or earlier when the kernel is silent. */
  deadline: number;
  /** Whether something of the answer has come since this was last set to false. */
  heard = false;
  settled = false;
  /** Sent, and not answered. */
  inFlight = false;
  /** Names whose ifindexes it needs, and those ifindexes once they have been looked up. */
  readonly names: readonly string[];
  readonly indexes: Map<string, number> | undefined;
  readonly #context: CallContext;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;
  #attempts = 1;
  /** What has been read: an object, or those of a dump. */
  #found: unknown;
  #broken: unknown;

  constructor(
    verb: Verb<never, unknown>,
    input: unknown,
    options: CallOptions | undefined,
    context: CallContext,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.verb = verb as Verb<unknown, unknown>;
    this.input = input;
    this.ends = verb.ends;
    this.names = verb.links === undefined ? none : namesAmong(verb.links(input as never));
    this.indexes = this.names.length === 0 ? undefined : new Map();
    this.#context = context;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = options?.signal;
    this.restart();
    this.limit = options?.timeout === undefined ? Number.POSITIVE_INFINITY : performance.now() + options.timeout;
    this.deadline = this.limit;
    if (this.#signal !== undefined) this.#listen(this.#signal);
  }

  #listen(signal: AbortSignal): void {
    // Listeners go with their calls: any number of them is no leak to be warned of.
    if (signal instanceof EventTarget) setMaxListeners(Number.POSITIVE_INFINITY, signal);
    this.#onAbort = () => {
      this.#context.abandon(this);
      this.fail(signal.reason);
    };
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Whether links it names are still to be looked up. */
  get needsIndexes(): boolean {
    return this.indexes !== undefined && this.indexes.size < this.names.length;
  }

  /** Whether it must be sent off the main thread. */
  get blocking(): boolean {
    return this.verb.blocking?.(this.input) ?? false;
  }

  /** Appends the request's payload. Throws EncodeError. */
  write(writer: Writer): void {
    const { indexes } = this;
    this.verb.write(writer, this.input, indexes === undefined ? indexOf : (link) => indexOf(link, indexes));
  }

  /** What has been read since the last time, for those who take a dump as it comes. */
  take(): unknown {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  /** Forgets the answer so far. */
  restart(): void {
    this.#broken = undefined;
    this.#found = this.verb.ends === 'dump' ? [] : undefined;
  }

  message(type: number, reader: Reader, start: number, end: number): void {
    this.heard = true;
    if (this.#broken !== undefined) return;
    try {
      const object = this.verb.read?.(reader, start, end, this.input, type);
      if (object === undefined) return;
      if (this.verb.ends === 'dump') (this.#found as unknown[]).push(object);
      else this.#found = object;
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
    else this.fail(new DumpInterruptedError(this.verb.name, this.#attempts));
  }

  /** Sends it once more, as if nothing had been received. */
  repeat(): void {
    this.#attempts++;
    this.restart();
    this.#context.again(this);
  }

  /** The answer was lost (ENOBUFS): a question is asked again, the outcome of a change is unknown. */
  lost(errno: number): void {
    if (this.settled) return;
    if (this.verb.repeatable && this.#attempts < dumpAttempts) this.repeat();
    else this.fail(this.error({ errno, outcome: this.verb.repeatable ? 'refused' : 'unknown' }));
  }

  timeOut(): void {
    const { name } = this.verb;
    this.fail(
      new TimeoutError(
        `${[name, this.#subject, this.#context.namespace && `in ${this.#context.namespace}`].filter(Boolean).join(' ')}: no answer in time`,
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
    const { name } = this.verb;
    const whole = { request: name, subject: this.#subject, namespace: this.#context.namespace, ...failure };
    return new NetlinkError({ ...whole, advice: adviceFor(whole) });
  }

  get #subject(): string | undefined {
    return this.verb.subject?.(this.input);
  }

  #succeed(): void {
    this.#settle();
    this.#resolve(this.#found);
  }

  #settle(): void {
    this.settled = true;
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #refusal(errno: number, extended: ExtendedAck | undefined): NetlinkError {
    const { schema } = this.verb;
    const at = (offset: number | undefined) => (offset === undefined ? undefined : this.#pathAt(offset));
    const missing = extended?.missType;
    const nest = at(extended?.missNest);
    const missingName = schema.attributes.entries.find((entry) => entry.number === missing)?.name ?? `#${missing}`;
    return this.error({
      errno,
      kernelMessage: extended?.msg,
      attribute: missing === undefined ? at(extended?.offs) : nest === undefined ? missingName : `${nest}.#${missing}`,
      expected: missing === undefined ? expectation(extended?.policy) : 'which is missing',
    });
  }

  /** Attribute path at `offset` bytes from the request's `nlmsghdr`: the request is encoded once more and walked. */
  #pathAt(offset: number): string | undefined {
    try {
      const writer = new Writer();
      writer.reserve(messageHeaderLength);
      this.write(writer);
      const reader = new Reader(writer.take());
      return this.verb.schema.locate?.(reader, messageHeaderLength, writer.length, offset, {});
    } catch {
      return undefined;
    }
  }
}

/** The ifindex of a link; that of a name is among those looked up. */
function indexOf(link: LinkRef, indexes?: ReadonlyMap<string, number>): number {
  if (typeof link === 'string') return indexes?.get(link) ?? 0;
  return typeof link === 'number' ? link : link.index;
}

function isName(link: unknown): link is string {
  return typeof link === 'string';
}

function namesAmong(links: readonly (LinkRef | null | undefined)[]): readonly string[] {
  if (!links.some(isName)) return none;
  return [...new Set(links.filter(isName))];
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
