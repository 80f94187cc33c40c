import { align, alignment, messageHeaderLength } from '../wire/align.ts';
import type { Reader } from '../wire/reader.ts';
import { readDone, readError, type Verdict } from './ack.ts';
import { ControlType, firstProtocolType, MessageFlag } from './header.ts';
import { Pending } from './pending.ts';

/** How a request in flight ended, as far as messages tell. */
export interface Ending extends Verdict {
  /** A dump was flagged `NLM_F_DUMP_INTR`: what it listed changed meanwhile. */
  readonly interrupted: boolean;
}

/** One request in flight. Its functions are called while the receive buffer is valid, and must not throw. */
export interface Transaction {
  /**
   * What ends it: the first reply (a GET that asked for no ack), an ack, the end of a dump, or, for `follower`, an
   * answer to any request sent after it: requests of one send are carried out in order and errors are always answered,
   * so only the last of a batch needs to ask for an ack.
   */
  readonly ends: 'reply' | 'ack' | 'dump' | 'follower';
  /** A message of the answer: its payload is at `[start, end)`. */
  message(type: number, reader: Reader, start: number, end: number): void;
  /** Called once, last. */
  end(ending: Ending): void;
}

const success: Ending = { errno: 0, extended: undefined, interrupted: false };

/** Counters of an exchange. */
interface Counters {
  /** Messages received. */
  replies: number;
  /** Those of them that nobody waited for any more. */
  late: number;
  /** Datagrams, or ends of datagrams, that were no messages. */
  malformed: number;
}

/**
 * A request that nobody waits for any more. Its answer still says that what was sent before it has been carried out,
 * and a dump must be read to its end before the socket can start another.
 */
class Abandoned implements Transaction {
  readonly ends: Transaction['ends'];
  readonly #counters: Counters;

  constructor(ends: Transaction['ends'], counters: Counters) {
    this.ends = ends;
    this.#counters = counters;
  }

  message(): void {
    this.#counters.late++;
  }

  end(): void {
    if (this.ends !== 'follower') this.#counters.late++;
  }
}

/**
 * Matches answers to requests by sequence number. It does no I/O: datagrams go in, transactions end.
 *
 * The socket is connected to the kernel and in no multicast group, so every datagram is the kernel's answer.
 */
export class Exchange {
  /** Counters since the beginning. */
  readonly counters: Readonly<Counters>;
  readonly #counters: Counters = { replies: 0, late: 0, malformed: 0 };
  readonly #pending = new Pending();
  /** The number last given. */
  #sequence: number;
  /** What was sent before this one has been answered, if it ever will be; a dump apart. */
  #unanswered: number;
  #dump: number | undefined;
  /** Whether the dump under way has been flagged. */
  #interrupted = false;

  /** `sequence` is the number before the first. Starting anywhere but at 0 keeps strays of other sockets apart. */
  constructor(sequence = 0) {
    this.counters = this.#counters;
    this.#sequence = sequence >>> 0;
    this.#unanswered = after(this.#sequence);
  }

  /** Requests whose answers are not complete, those given up included. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Whether a dump is under way: the kernel allows one per socket (EBUSY). */
  get dumping(): boolean {
    return this.#dump !== undefined;
  }

  /** Takes a request in; returns its sequence number: 1…0xffffffff, never 0 (notifications) nor one in flight. */
  begin(transaction: Transaction): number {
    do this.#sequence = after(this.#sequence);
    while (!this.#pending.add(this.#sequence, transaction));
    if (transaction.ends === 'dump') {
      this.#dump = this.#sequence;
      this.#interrupted = false;
    }
    return this.#sequence;
  }

  /** Takes back a request whose sending failed. */
  withdraw(sequence: number): void {
    this.#finish(sequence);
  }

  /** Nobody waits for this any more: what is still answered is counted as late and dropped. */
  abandon(sequence: number): void {
    const transaction = this.#pending.get(sequence);
    if (transaction === undefined) return;
    if (transaction.ends === 'dump' || !isAfter(this.#unanswered, sequence))
      this.#pending.replace(sequence, new Abandoned(transaction.ends, this.#counters));
    else this.#finish(sequence);
  }

  /** What is in flight, in order. */
  transactions(): Transaction[] {
    return this.#pending.inOrder(this.#sequence);
  }

  /** Gives up everything in flight, in order, without calling `end`: the socket overran or was closed. */
  clear(): Transaction[] {
    const transactions = this.transactions();
    this.#pending.clear();
    this.#dump = undefined;
    return transactions;
  }

  /**
   * One datagram at `[0, end)`. What can't be a message makes the rest of it unreadable: counted and dropped.
   *
   * `whole` is its length where the receive buffer had no room for all of it; then the sequence number of the request
   * whose answer was cut off is returned, and that request stays in flight.
   */
  receive(reader: Reader, end: number, whole = end): number | undefined {
    let at = 0;
    while (end - at >= messageHeaderLength) {
      const length = reader.u32At(at);
      const sequence = reader.u32At(at + 8);
      if (length < messageHeaderLength || length > whole - at) break;
      if (length > end - at) return sequence;
      const type = reader.u16At(at + 4);
      const flags = reader.u16At(at + 6);
      this.#message(type, flags, sequence, reader, at + messageHeaderLength, at + length);
      at += align(length);
    }
    // Only a dump has several messages in a datagram.
    if (whole > end) return this.#dump;
    if (end - at >= alignment) this.#counters.malformed++;
    return undefined;
  }

  #message(type: number, flags: number, sequence: number, reader: Reader, start: number, end: number): void {
    this.#counters.replies++;
    const transaction = this.#pending.get(sequence);
    if (transaction === undefined) {
      this.#counters.late++;
      return;
    }
    this.#endEarlier(sequence);
    if (flags & MessageFlag.dumpInterrupted && sequence === this.#dump) this.#interrupted = true;
    if (type === ControlType.error) this.#end(sequence, transaction, readError(reader, flags, start, end));
    else if (type === ControlType.done) this.#end(sequence, transaction, readDone(reader, flags, start, end));
    else if (type >= firstProtocolType) {
      transaction.message(type, reader, start, end);
      if (transaction.ends === 'reply' && !(flags & MessageFlag.multi)) this.#end(sequence, transaction, success);
    }
  }

  /** An answer to `sequence` says that everything before it was carried out, and answered if it ever will be. */
  #endEarlier(sequence: number): void {
    // Each number is looked at once. Parts of a dump may come with an old one, when later requests have been answered.
    for (; isAfter(sequence, this.#unanswered); this.#unanswered = after(this.#unanswered)) {
      const earlier = this.#pending.get(this.#unanswered);
      if (earlier === undefined || earlier.ends === 'dump') continue;
      if (earlier.ends === 'follower' || earlier instanceof Abandoned) this.#finish(this.#unanswered);
      if (earlier.ends === 'follower') earlier.end(success);
    }
  }

  #end(sequence: number, transaction: Transaction, { errno, extended }: Verdict): void {
    const interrupted = this.#finish(sequence);
    const plain = errno === 0 && extended === undefined && !interrupted;
    transaction.end(plain ? success : { errno, extended, interrupted });
  }

  /** Takes a request out; whether it is a dump that was interrupted. */
  #finish(sequence: number): boolean {
    this.#pending.delete(sequence);
    if (this.#dump !== sequence) return false;
    this.#dump = undefined;
    return this.#interrupted;
  }
}

/** The sequence number behind `sequence`. */
function after(sequence: number): number {
  return sequence === 0xffffffff ? 1 : sequence + 1;
}

/** Whether `left` was given after `right`: numbers go round, so it is less than half the circle ahead. */
function isAfter(left: number, right: number): boolean {
  return ((left - right) | 0) > 0;
}
