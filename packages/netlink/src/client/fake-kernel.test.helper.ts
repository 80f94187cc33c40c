import { constants } from 'node:os';
import { ack, done, message } from '../protocol/datagrams.test.helper.ts';
import { MessageFlag } from '../protocol/header.ts';
import { linkMessage } from '../rtnetlink/link/link.ts';
import type { RawSocket } from '../socket/raw-socket.ts';
import { align, littleEndian, messageHeaderLength } from '../wire/align.ts';

const { EAGAIN, EBADF, EBUSY, ENOBUFS, ENODEV } = constants.errno;

/** A request as the kernel sees it. */
export interface Heard {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** What is behind `nlmsghdr`. */
  readonly payload: Uint8Array;
  /** Whether `NLM_F_ACK` is set. */
  readonly wantsAck: boolean;
  /** Whether `NLM_F_DUMP` is set. */
  readonly isDump: boolean;
}

/**
 * What there is to receive: a datagram, a negative errno, or a function that is called when it is its turn and gives
 * what comes next, as a dump is continued by reading it.
 */
export type Incoming = Uint8Array | number | (() => readonly Incoming[]);

/** What the kernel answers to a request. */
export type Answer = (request: Heard) => readonly Incoming[];

/** How the kernel counts a datagram that waits to be received: `skb->truesize`, roughly. */
const overhead = 768;

/** A kernel that is a function, behind a socket with a receive buffer of limited size. */
export class FakeKernel implements RawSocket {
  readonly port = 4242;
  readonly receiveBuffer: number;
  readonly sendLimit: number;
  /** Every send, as the requests in it. */
  readonly sends: Heard[][] = [];
  /** How many of them were blocking. */
  blockingSends = 0;
  /** What a send is answered with instead of being carried out: a negative errno. */
  sendFailure = 0;
  /** What a blocking send waits for before it is carried out. */
  gate: Promise<unknown> = Promise.resolve();
  closed = false;
  /** Answers lost because the receive buffer was full. */
  dropped = 0;
  answer: Answer;
  readonly #inbox: Incoming[] = [];
  #held = 0;
  #congested = false;
  #callback: (() => void) | undefined;
  #awake: NodeJS.Timeout | undefined;

  constructor(answer: Answer, options: { receiveBuffer?: number; sendLimit?: number } = {}) {
    this.answer = answer;
    this.receiveBuffer = options.receiveBuffer ?? 4 * 1024 * 1024;
    this.sendLimit = options.sendLimit ?? 212_960;
  }

  /** Every request so far. */
  get requests(): Heard[] {
    return this.sends.flat();
  }

  /** Whether the client waits for something to receive. */
  get watched(): boolean {
    return this.#callback !== undefined;
  }

  send(bytes: Uint8Array, length: number): number {
    if (this.closed) return -EBADF;
    if (this.sendFailure < 0) return this.sendFailure;
    const requests = requestsIn(new Uint8Array(bytes.subarray(0, length)));
    this.sends.push(requests);
    for (const request of requests) this.#put(this.answer(request));
    return length;
  }

  async sendBlocking(bytes: Uint8Array, length: number): Promise<number> {
    this.blockingSends++;
    await this.gate;
    return this.send(bytes, length);
  }

  receive(into: Uint8Array): number {
    if (this.closed) return -EBADF;
    if (this.#congested) {
      this.#congested = false;
      return -ENOBUFS;
    }
    const next = this.#inbox.shift();
    if (next === undefined) return -EAGAIN;
    if (typeof next === 'number') return next;
    if (typeof next === 'function') {
      this.#inbox.unshift(...next());
      return this.receive(into);
    }
    this.#held -= next.length + overhead;
    into.set(next.subarray(0, into.length));
    return next.length;
  }

  /** Answers that come by themselves, some time after the request. */
  deliver(...incoming: readonly Incoming[]): void {
    this.#put(incoming);
    setImmediate(() => this.#callback?.());
  }

  watch(callback: (() => void) | undefined): void {
    this.#callback = callback;
    clearInterval(this.#awake);
    // As a watched descriptor does.
    if (callback !== undefined) this.#awake = setInterval(() => {}, 1000);
  }

  close(): void {
    this.closed = true;
    this.watch(undefined);
  }

  #put(incoming: readonly Incoming[]): void {
    for (const one of incoming) {
      const size = one instanceof Uint8Array ? one.length + overhead : 0;
      if (this.#held + size > this.receiveBuffer && this.#held > 0) {
        this.dropped++;
        this.#congested = true;
      } else {
        this.#held += size;
        this.#inbox.push(one);
      }
    }
  }
}

function requestsIn(bytes: Uint8Array): Heard[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const requests: Heard[] = [];
  for (let at = 0; bytes.length - at >= messageHeaderLength; ) {
    const length = view.getUint32(at, littleEndian);
    const flags = view.getUint16(at + 6, littleEndian);
    const type = view.getUint16(at + 4, littleEndian);
    requests.push({
      type,
      flags,
      sequence: view.getUint32(at + 8, littleEndian),
      payload: bytes.slice(at + messageHeaderLength, at + length),
      wantsAck: (flags & MessageFlag.ack) !== 0,
      // Only requests that get have these bits for it.
      isDump: type % 4 === 2 && (flags & MessageFlag.dump) === MessageFlag.dump,
    });
    at += align(length);
  }
  return requests;
}

/** `RTM_NEWLINK` about a link, as an answer. */
export function linkAnswer(sequence: number, index: number, name: string, flags = 0): Uint8Array {
  const payload = linkMessage.encode({ header: { index }, attributes: { ifname: name } });
  return message({ type: 16, flags, sequence, payload });
}

/** The link that a request is about: its index, or the name it is looked up by. */
export function linkOf(request: Heard): { readonly index: number; readonly name: string | undefined } {
  const { header, attributes } = linkMessage.decode(request.payload);
  return { index: header.index, name: attributes.ifname ?? attributes.altIfname };
}

/**
 * The answers of a kernel whose links are `links`, ifindexes by name: to RTM_GETLINK of one and of all, the latter in
 * datagrams that come only when the one before has been read, and not two at once. Of everything else there is
 * nothing, and every change just succeeds.
 */
export function linkKernel(links: ReadonlyMap<string, number>): Answer {
  let dumping = false;
  return (request) => {
    const { sequence } = request;
    if (request.type !== 18) return request.isDump ? [done(sequence)] : request.wantsAck ? [ack(sequence)] : [];
    if (request.isDump) {
      if (dumping) return [ack(sequence, EBUSY)];
      dumping = true;
      const parts = [...links].map(([name, index]) => linkAnswer(sequence, index, name, MessageFlag.multi));
      const next = (): readonly Incoming[] => {
        const part = parts.shift();
        if (part !== undefined) return [part, next];
        dumping = false;
        return [done(sequence)];
      };
      return [next];
    }
    const { index, name } = linkOf(request);
    const found = [...links].find(([key, value]) => (name === undefined ? value === index : key === name));
    return [found === undefined ? ack(sequence, ENODEV) : linkAnswer(sequence, found[1], found[0])];
  };
}
