import { EncodeError } from '../errors.ts';
import type { Exchange } from '../protocol/exchange.ts';
import { beginMessage, endMessage, MessageFlag } from '../protocol/header.ts';
import { littleEndian } from '../wire/align.ts';
import { Writer } from '../wire/writer.ts';
import type { Call } from './call.ts';

/** Messages in one send: the gain is flat from about a hundred on, and a send can't be interrupted. */
const cheapLimit = 128;
/** The same for requests that make the kernel wait: nothing else can be asked meanwhile. */
const blockingLimit = 32;
/** Bytes in one send. */
const byteLimit = 64 * 1024;

/**
 * Requests that go to the kernel in one send.
 *
 * It carries them out in order, goes on after an error, and always answers an error; so only the last asks for an ack,
 * and what comes before it ends as a `follower`.
 */
export class Batch {
  readonly writer = new Writer(4096);
  /** How many requests there are in it. */
  size = 0;
  /** Whether it must be sent off the main thread. */
  blocking = false;
  readonly #exchange: Exchange;
  readonly #byteLimit: number;
  #last: Call | undefined;
  #lastMark = 0;
  /** Sequence numbers of the first and the last request. */
  #from = 0;
  #to = 0;

  constructor(exchange: Exchange, sendLimit: number) {
    this.#exchange = exchange;
    this.#byteLimit = Math.min(sendLimit, byteLimit);
  }

  /** Makes it empty again. */
  reset(): this {
    this.writer.truncate(0);
    this.size = 0;
    this.#last = undefined;
    this.blocking = false;
    return this;
  }

  /** Whether `call` may join: blocking and cheap requests don't mix, and there are only so many. */
  takes(call: Call): boolean {
    if (this.size === 0) return true;
    const { blocking } = call;
    return blocking === this.blocking && this.size < (blocking ? blockingLimit : cheapLimit);
  }

  /** Appends a request and puts it in flight; false when it has to wait for the next batch. Encoding errors end it. */
  add(call: Call): boolean {
    const { writer } = this;
    const { type, flags, ends } = call.verb;
    call.ends = ends === 'ack' ? 'follower' : ends;
    call.sequence = this.#exchange.begin(call);
    const mark = beginMessage(writer, type, flags | MessageFlag.request, call.sequence);
    try {
      call.write(writer);
      endMessage(writer, mark);
      if (writer.length > this.#byteLimit) {
        if (this.size === 0) {
          throw new EncodeError({
            path: '',
            reason: `is ${writer.length} bytes long; one request can have ${this.#byteLimit}`,
          });
        }
        this.#takeBack(call, mark);
        return false;
      }
    } catch (error) {
      this.#takeBack(call, mark);
      call.fail(error);
      return true;
    }
    if (this.size === 0) {
      this.blocking = call.blocking;
      this.#from = call.sequence;
    }
    this.size++;
    this.#last = call;
    this.#lastMark = mark;
    this.#to = call.sequence;
    return true;
  }

  /** Makes the last request ask for the ack that speaks for all. */
  seal(): void {
    const last = this.#last;
    if (last?.ends !== 'follower') return;
    last.ends = 'ack';
    const { view } = this.writer;
    view.setUint16(
      this.#lastMark + 6,
      view.getUint16(this.#lastMark + 6, littleEndian) | MessageFlag.ack,
      littleEndian,
    );
  }

  /** Whether `call`, which is in flight, went with it. */
  holds(call: Call): boolean {
    // Sequence numbers go round, so distances are compared.
    return this.size > 0 && (call.sequence - this.#from) >>> 0 <= (this.#to - this.#from) >>> 0;
  }

  #takeBack(call: Call, mark: number): void {
    this.writer.truncate(mark);
    this.#exchange.withdraw(call.sequence);
  }
}
