import { constants } from 'node:os';
// The global of that name is a getter, which costs more than the clock.
import { performance } from 'node:perf_hooks';
import { ClosedError, NetlinkLibraryError } from '../errors.ts';
import { Exchange } from '../protocol/exchange.ts';
import type { RawSocket } from '../socket/raw-socket.ts';
import { Reader } from '../wire/reader.ts';
import { Batch } from './batch.ts';
import { Call, type CallContext } from './call.ts';
import { CallQueue } from './call-queue.ts';
import type { StreamOptions } from './dump-stream.ts';
import type { HeldDescriptors } from './held-descriptors.ts';
import { longestDelay } from './in-time.ts';
import { lookUpLinks } from './link-lookup.ts';
import type { CallOptions } from './options.ts';
import { type Tracer, traceDatagram } from './trace.ts';
import { checkCall, type Verb } from './verb.ts';

const { EAGAIN, EIO, ENOBUFS } = constants.errno;
const settled = Promise.resolve();

/** How long the event loop is held at a stretch, ms; then it gets a turn. */
const slice = 2;
/** Default of {@link ChannelOptions.patience}. */
const usualPatience = 30_000;
/** First receive buffer, bytes: the kernel sizes dump datagrams (at most 32 KiB) by the largest one offered. */
const initialBuffer = 64 * 1024;

/** Between two looks at the clock: one full datagram of a dump, or what takes as long, some 8 short answers. */
const workBetweenLooks = 32 * 1024;
const workOfReceiving = 4 * 1024;

/** Settings of a channel. */
export interface ChannelOptions {
  /** Name of the namespace spoken to, for messages. */
  readonly namespace?: string | undefined;
  readonly trace?: Tracer | undefined;
  /** How long the kernel may keep silent, ms, where the caller set no timeout. Default: 30 seconds. */
  readonly patience?: number | undefined;
}

/**
 * Requests over one socket: a queue, a window, matching, and an end to every call.
 *
 * The kernel carries out a request inside `send` and has answered when it returns. So requests of one turn of the
 * event loop are packed into few sends, in order, and each send is followed by receiving at once; polling is for the
 * rare rest. Requests that make the kernel wait are sent off the main thread. Dumps have a queue of their own, because
 * a socket can only do one at a time; they may be overtaken by what was asked after them.
 */
export class Channel {
  readonly #counters = { requests: 0, sends: 0, overruns: 0, bytesSent: 0, bytesReceived: 0 };
  readonly #socket: RawSocket;
  readonly #exchange = new Exchange(Math.floor(Math.random() * 0x7fffffff));
  readonly #context: CallContext;
  readonly #trace: Tracer | undefined;
  readonly #patience: number;
  /** Receive buffer that answers in flight may take together, bytes: the other half is for estimates that were wrong. */
  readonly #window: number;
  readonly #queue = new CallQueue();
  readonly #dumps = new CallQueue();
  /** What a thread may still be sending. */
  readonly #held: HeldDescriptors[] = [];
  /** Dumps on sockets of their own: what ends them. */
  readonly #streams = new Set<(error: unknown) => void>();
  /** How many calls are in flight, and the receive buffer that their answers may take, bytes. */
  #inFlight = 0;
  #expected = 0;
  #batch: Batch;
  #reader = new Reader(new Uint8Array(initialBuffer));
  #scheduled = false;
  #sending = false;
  /** How many want nothing to be sent yet. */
  #holds = 0;
  #watching = false;
  /** The kernel has dropped answers; whose, is known when the rest has been read. */
  #losing = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  /** `performance.now()` when this turn of the event loop first used the channel; undefined when it is over. */
  #turn: number | undefined;

  constructor(socket: RawSocket, options: ChannelOptions = {}) {
    this.#socket = socket;
    this.#trace = options.trace;
    this.#patience = options.patience ?? usualPatience;
    this.#window = socket.receiveBuffer / 2;
    this.#batch = new Batch(this.#exchange, socket.sendLimit);
    this.#context = {
      namespace: options.namespace,
      again: (call) => this.#again(call),
      landed: (call) => this.#leave(call),
      abandon: (call) => this.#abandon(call),
    };
    this.streamOptions = {
      namespace: options.namespace,
      patience: this.#patience,
      onClose: (closed) => {
        this.#streams.add(closed);
        if (this.#closed) closed(new ClosedError('the client was closed'));
        return () => this.#streams.delete(closed);
      },
    };
  }

  /** What a dump on a socket of its own has in common with those on this one. */
  readonly streamOptions: Omit<StreamOptions, keyof CallOptions>;

  /** Keeps everything waiting until the function it returns is called: a monitor is to hear what is sent after it. */
  hold(): () => void {
    this.#holds++;
    return () => {
      this.#holds--;
      this.#schedule();
    };
  }

  /** Throws ClosedError when nothing can be asked any more. */
  throwIfClosed(verb: { readonly name: string }): void {
    if (this.#closed) throw new ClosedError(`${verb.name}: the client is closed`);
  }

  /** Counters since the beginning, and the receive buffer in bytes. */
  stats(): Record<string, number> {
    return {
      ...this.#counters,
      ...this.#exchange.counters,
      inFlight: this.#inFlight,
      receiveBuffer: this.#socket.receiveBuffer,
    };
  }

  /**
   * Carries out a verb; resolves to its result. What is wrong with the input is thrown before anything is sent.
   * Errors carry the stack of whoever awaits this.
   */
  submit<I, T>(verb: Verb<I, T>, input: I, options?: CallOptions): Promise<T> {
    // The caller awaits the promise that the answer resolves: an async function around it costs as much as all the
    // matching. Benchmark: `link get`.
    return new Promise<T>((resolve, reject) => {
      checkCall(verb, input, options);
      this.throwIfClosed(verb);
      options?.signal?.throwIfAborted();
      const fail = (error: unknown) =>
        error instanceof NetlinkLibraryError ? resolve(withStackOfCaller(error)) : reject(error);
      const call = new Call(verb, input, options, this.#context, resolve as (value: unknown) => void, fail);
      this.#queueOf(call).push(call);
      if (options?.timeout !== undefined) this.#wakeAt(call.deadline);
      this.#schedule();
    });
  }

  /** Rejects everything under way with ClosedError and closes the socket. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    const calls = [...this.#callsInFlight(), ...this.#dumps.clear(), ...this.#queue.clear()];
    for (const call of calls) this.#leave(call);
    this.#exchange.clear();
    this.#socket.close();
    for (const call of calls) call.fail(new ClosedError(`${call.verb.name}: the client was closed`));
    for (const closed of this.#streams) closed(new ClosedError('the client was closed'));
  }

  /** Lets go of the descriptors of a call that is settled. */
  release(held: HeldDescriptors): void {
    if (this.#sending) this.#held.push(held);
    else held.release();
  }

  #queueOf(call: Call): CallQueue {
    return call.verb.ends === 'dump' ? this.#dumps : this.#queue;
  }

  #again(call: Call): void {
    this.#leave(call);
    this.#queueOf(call).unshift([call]);
    this.#schedule();
  }

  #abandon(call: Call): void {
    if (call.inFlight) this.#exchange.abandon(call.sequence);
    this.#leave(call);
    this.#schedule();
  }

  #leave(call: Call): void {
    if (!call.inFlight) return;
    call.inFlight = false;
    this.#inFlight--;
    this.#expected -= call.verb.answer;
  }

  #callsInFlight(): Call[] {
    return this.#exchange.transactions().filter((transaction) => transaction instanceof Call);
  }

  /** Runs the pump when the caller's turn is over, so that what else it asks for goes along. */
  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    // A loop of awaits never leaves the microtask queue: past its slice, the event loop gets a turn first.
    if (this.#turn !== undefined && performance.now() - this.#turn > slice) setImmediate(this.#pump);
    else void settled.then(this.#pump);
  }

  readonly #pump = (): void => {
    this.#scheduled = false;
    if (this.#closed) return;
    const now = performance.now();
    if (this.#turn === undefined) {
      this.#turn = now;
      setImmediate(() => {
        this.#turn = undefined;
      });
    }
    const until = now + slice;
    let inTime = this.#receiveAll(until);
    while (inTime) {
      if (!this.#sendNext()) {
        this.#rest();
        return;
      }
      inTime = this.#receiveAll(until) && performance.now() < until;
    }
    this.#scheduled = true;
    setImmediate(this.#pump);
  };

  /** Nothing to do until the kernel, a thread or the caller moves. */
  #rest(): void {
    if (this.#closed) return;
    // With nothing in flight, what is queued waits for the end of a dump that was given up.
    const idle = this.#inFlight === 0;
    const waiting = !this.#sending && !(idle && this.#queue.peek() === undefined && this.#dumps.peek() === undefined);
    if (waiting !== this.#watching) {
      this.#watching = waiting;
      this.#socket.watch(waiting ? this.#pump : undefined);
    }
    if (!waiting) return;
    // From now on the kernel is silent; nearly always it has answered before, and nobody has looked at the clock.
    const deadline = performance.now() + this.#patience;
    for (const call of idle ? [...this.#queue, ...this.#dumps] : this.#callsInFlight()) {
      call.deadline = Math.min(call.deadline, deadline);
      this.#wakeAt(call.deadline);
    }
  }

  /** Receives what is there; false when the slice is over. */
  #receiveAll(until: number): boolean {
    let work = 0;
    while (this.#exchange.pending > 0) {
      const length = this.#socket.receive(this.#reader.bytes);
      if (length === -EAGAIN) break;
      if (length === -ENOBUFS) this.#overrun();
      else if (length < 0) this.#failAll(-length);
      else if (length > this.#reader.bytes.length) this.#grow(length);
      else this.#take(length);
      work += workOfReceiving + Math.max(length, 0);
      if (work < workBetweenLooks) continue;
      if (performance.now() > until) return false;
      work = 0;
    }
    if (this.#losing) this.#giveUpLost();
    return true;
  }

  #take(length: number): void {
    this.#counters.bytesReceived += length;
    if (this.#trace !== undefined) traceDatagram(this.#trace, 'in', this.#reader.bytes, length);
    this.#exchange.receive(this.#reader, length);
  }

  /** Sends what fits; false when there is nothing that can go now. */
  #sendNext(): boolean {
    if (this.#sending || this.#holds > 0) return false;
    const batch = this.#compose();
    if (batch.size === 0) return false;
    this.#counters.sends++;
    this.#counters.requests += batch.size;
    this.#counters.bytesSent += batch.writer.length;
    if (this.#trace !== undefined) traceDatagram(this.#trace, 'out', batch.writer.bytes, batch.writer.length);
    if (batch.blocking) {
      this.#sendAside(batch);
      return false;
    }
    this.#sent(batch, this.#socket.send(batch.writer.bytes, batch.writer.length));
    return true;
  }

  /** Sends off the main thread; until that is over, nothing else is sent. */
  #sendAside(batch: Batch): void {
    this.#sending = true;
    this.#batch = new Batch(this.#exchange, this.#socket.sendLimit);
    const ended = (sent: number) => {
      this.#sending = false;
      for (const held of this.#held.splice(0)) held.release();
      this.#sent(batch, sent);
      if (!this.#scheduled) this.#pump();
    };
    this.#socket.sendBlocking(batch.writer.bytes, batch.writer.length).then(ended, () => ended(-EIO));
  }

  /** What became of a send: the answers follow, or nothing of it reached the kernel. */
  #sent(batch: Batch, result: number): void {
    if (result >= 0) return;
    for (const call of this.#callsInFlight()) {
      if (!batch.holds(call)) continue;
      this.#exchange.withdraw(call.sequence);
      this.#leave(call);
      call.fail(call.error({ errno: -result }));
    }
  }

  #compose(): Batch {
    const batch = this.#batch.reset();
    this.#fill(batch);
    const dump = this.#dumps.peek();
    if (dump === undefined || this.#exchange.dumping || this.#queue.peek() !== undefined) {
      // Nothing to list, or not yet.
    } else if (dump.needsIndexes) {
      if (batch.size === 0 && this.#lookUp(this.#dumps)) this.#fill(batch);
    } else if (batch.takes(dump) && this.#fits(dump) && this.#launch(batch, dump)) {
      this.#dumps.shift();
    }
    batch.seal();
    return batch;
  }

  /** Moves calls from the queue into the batch, as many as may go together. */
  #fill(batch: Batch): void {
    for (let call = this.#queue.peek(); call !== undefined; call = this.#queue.peek()) {
      if (call.needsIndexes) {
        // Its links may be made or renamed by what goes before: they are looked up when that has been answered.
        if (batch.size > 0 || !this.#lookUp(this.#queue)) return;
        continue;
      }
      if (!batch.takes(call) || !this.#fits(call) || !this.#launch(batch, call)) return;
      this.#queue.shift();
    }
  }

  /** Asks for the indexes that the first calls of `queue` need, unless answers are still awaited. */
  #lookUp(queue: CallQueue): boolean {
    if (this.#awaitsAnswers()) return false;
    this.#queue.unshift(lookUpLinks(queue, this.#context));
    return true;
  }

  /** Whether anything but a dump is in flight. */
  #awaitsAnswers(): boolean {
    return this.#callsInFlight().some((call) => call.verb.ends !== 'dump');
  }

  /** Whether the receive buffer has room for the answer; something is always let through. */
  #fits(call: Call): boolean {
    return this.#expected === 0 || this.#expected + call.verb.answer <= this.#window;
  }

  #launch(batch: Batch, call: Call): boolean {
    if (!batch.add(call)) return false;
    if (call.settled) return true;
    call.inFlight = true;
    this.#inFlight++;
    this.#expected += call.verb.answer;
    return true;
  }

  /** Answers were lost. Those still in the buffer are read first: until it is empty, the kernel goes on losing. */
  #overrun(): void {
    this.#counters.overruns++;
    this.#losing = true;
  }

  /** What has no answer now will get none. Asked again, in the same order, is what only asks. */
  #giveUpLost(): void {
    this.#losing = false;
    // A dump is not affected: the kernel puts its next part into the buffer only when there is room.
    for (const call of this.#callsInFlight().reverse()) if (call.verb.ends !== 'dump') this.#lose(call);
  }

  /** The datagram was longer than the buffer, and its rest is gone: ask again with a buffer that is long enough. */
  #grow(length: number): void {
    const { bytes } = this.#reader;
    this.#counters.bytesReceived += bytes.length;
    const cut = this.#exchange.receive(this.#reader, bytes.length, length);
    this.#reader = new Reader(new Uint8Array(2 ** Math.ceil(Math.log2(length))));
    for (const call of this.#callsInFlight()) if (call.sequence === cut) this.#lose(call);
  }

  #lose(call: Call): void {
    this.#exchange.abandon(call.sequence);
    this.#leave(call);
    call.lost(ENOBUFS);
  }

  /** The socket itself failed. */
  #failAll(errno: number): void {
    const calls = this.#callsInFlight();
    this.#exchange.clear();
    for (const call of calls) {
      this.#leave(call);
      call.fail(call.error({ errno, outcome: 'unknown' }));
    }
  }

  /** Makes sure that overdue calls are looked for at `time`. */
  #wakeAt(time: number): void {
    if (time >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = time;
    this.#timer = setTimeout(() => this.#expire(), Math.min(longestDelay, Math.max(0, time - performance.now())));
    // What keeps the process alive is the socket being watched, or the thread that sends.
    this.#timer.unref();
  }

  #expire(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    for (const call of [...this.#callsInFlight(), ...this.#queue, ...this.#dumps]) {
      // A long dump is no silence.
      if (call.heard) call.deadline = Math.min(call.limit, now + this.#patience);
      call.heard = false;
      if (call.deadline > now) this.#wakeAt(call.deadline);
      else {
        this.#abandon(call);
        call.timeOut();
      }
    }
  }
}

/**
 * A rejection with `error`, which gets the stack of whoever awaits it. It was made while receiving, where nobody calls;
 * in a function that the caller's promise waits for, the engine knows the caller. Until it does, the microtask queue
 * takes two turns.
 */
async function withStackOfCaller(error: NetlinkLibraryError): Promise<never> {
  await settled;
  await settled;
  Error.captureStackTrace(error, withStackOfCaller);
  throw error;
}
