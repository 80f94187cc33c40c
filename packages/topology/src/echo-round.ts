import { ERRNO, SystemError, tryRecv, trySend, watchReadable } from '@nsnet/sys';
import type { EchoMessages } from './icmp.ts';

/** How many requests, and how they are paced. */
export interface EchoPace {
  readonly count: number;
  /** From one request to the next, milliseconds. */
  readonly interval: number;
  /** For each reply, milliseconds. */
  readonly timeout: number;
}

/** Larger than any reply to what we send; the rest of a larger one does not matter. */
const buffer = Buffer.alloc(2048);
/** Datagrams to take at a stretch, then the event loop gets its turn: as many as a socket holds by default. */
const atOnce = 256;
/** Errors of ours. All others are what happens to packets on a network that fails, or is configured so: those are lost. */
const mistakes = new Set<number>([ERRNO.EBADF, ERRNO.ENOTSOCK]);

/** Sends requests over a socket and takes the time of each reply. */
export class EchoRound {
  readonly #fd: number;
  readonly #messages: EchoMessages;
  readonly #pace: EchoPace;
  /** Milliseconds, by sequence number. */
  readonly #roundTrips: (number | undefined)[] = [];
  /** When those were sent that still wait for their reply. */
  readonly #waiting = new Map<number, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #started = 0;
  #sent = 0;
  #settle: { readonly done: () => void; readonly fail: (error: unknown) => void } | undefined;

  /** @param fd a connected socket; stays open while `run` is pending */
  constructor(fd: number, messages: EchoMessages, pace: EchoPace) {
    this.#fd = fd;
    this.#messages = messages;
    this.#pace = pace;
  }

  /** Requests sent so far. */
  get sent(): number {
    return this.#sent;
  }

  /** Of the replies so far, milliseconds, in the order of the requests. */
  get roundTripTimes(): number[] {
    return this.#roundTrips.filter((time) => time !== undefined);
  }

  /** Resolves when every request has its reply, or has waited long enough. */
  async run(signal: AbortSignal | undefined): Promise<void> {
    const onAbort = () => this.#settle?.fail(signal?.reason);
    const ended = new Promise<void>((done, fail) => {
      this.#settle = { done, fail };
    });
    using _watch = watchReadable(this.#fd, () => this.#guard(() => this.#receive()), {
      onError: (error) => this.#settle?.fail(error),
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      signal?.throwIfAborted();
      this.#started = performance.now();
      this.#guard(() => this.#sendNext());
      await ended;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      for (const timer of this.#timers) clearTimeout(timer);
    }
  }

  /** What goes wrong in a callback ends the round. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#settle?.fail(error);
    }
  }

  #after(delay: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#guard(action);
    }, delay);
    this.#timers.add(timer);
  }

  #sendNext(): void {
    const { count, interval, timeout } = this.#pace;
    const sequence = this.#sent;
    // An error that a router has answered an earlier request with would be taken for one of this.
    this.#receive();
    this.#waiting.set(sequence, performance.now());
    if (this.#send(this.#messages.request(sequence))) this.#after(timeout, () => this.#giveUp(sequence));
    else this.#waiting.delete(sequence);
    this.#sent++;
    if (this.#sent < count) {
      const due = this.#started + this.#sent * interval;
      this.#after(Math.max(0, due - performance.now()), () => this.#sendNext());
    }
    // From next door the reply is there when `send` returns.
    this.#receive();
  }

  /** False if the request was lost here already. */
  #send(bytes: Buffer): boolean {
    const result = trySend(this.#fd, bytes, 0, bytes.length, 0);
    if (result >= 0) return true;
    if (mistakes.has(-result)) throw new SystemError(-result, 'send');
    return false;
  }

  /** A late event loop is no late reply: what has come meanwhile counts. */
  #giveUp(sequence: number): void {
    this.#receive();
    this.#waiting.delete(sequence);
    this.#endIfDone();
  }

  #receive(): void {
    for (let taken = 0; taken < atOnce; taken++) {
      const length = tryRecv(this.#fd, buffer, 0, buffer.length, 0);
      if (length === -ERRNO.EAGAIN) break;
      if (length >= 0) this.#take(buffer.subarray(0, length));
      else if (mistakes.has(-length)) throw new SystemError(-length, 'recv');
    }
    this.#endIfDone();
  }

  #take(datagram: Buffer): void {
    const sequence = this.#messages.sequenceIn(datagram);
    const sentAt = sequence === undefined ? undefined : this.#waiting.get(sequence);
    if (sequence === undefined || sentAt === undefined) return;
    this.#waiting.delete(sequence);
    this.#roundTrips[sequence] = performance.now() - sentAt;
  }

  #endIfDone(): void {
    if (this.#sent === this.#pace.count && this.#waiting.size === 0) this.#settle?.done();
  }
}
