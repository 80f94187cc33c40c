import { ClosedError } from '../errors.ts';
import type { MonitorSocket } from '../socket/monitor-socket.ts';
import type { RtEvent, Subject } from './events.ts';
import { Follower } from './follower.ts';
import type { Services } from './subjects.ts';

/** What to watch. */
export interface MonitorOptions {
  /** Default: links, addresses, routes and rules. */
  readonly groups?: readonly Subject[] | undefined;
  /** Begin with what is there, as `new` events, then `ready`. Default: no. */
  readonly snapshot?: boolean | undefined;
  /** Watch every namespace that has a number in this one; their events carry it, and begin without a snapshot. */
  readonly allNamespaces?: boolean | undefined;
  /** Ends the iteration with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Receive buffer to ask for, bytes: default 8 MiB, some ten thousand events. */
  readonly receiveBuffer?: number | undefined;
}

/** Events waiting for the consumer; beyond, they wait in the kernel. */
const queueLimit = 1024;

/** A monitor's events, one at a time. What a slow consumer misses comes as one `resync`. */
export class Monitor implements AsyncIterableIterator<RtEvent> {
  readonly #queue: RtEvent[] = [];
  readonly #waiting: { resolve: (result: IteratorResult<RtEvent>) => void; reject: (error: unknown) => void }[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #whenEnded: (monitor: Monitor) => void;
  #follower: Follower | undefined;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;

  /** `open` opens a socket in the given groups; `ended` is told when the monitor is done with. */
  constructor(
    options: MonitorOptions,
    services: Services,
    open: (groups: readonly number[]) => Promise<MonitorSocket>,
    ended: (monitor: Monitor) => void,
  ) {
    this.#whenEnded = ended;
    this.#signal = options.signal;
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#signal?.aborted) this.#onAbort();
    else void this.#start(options, services, open);
  }

  async #start(
    options: MonitorOptions,
    services: Services,
    open: (groups: readonly number[]) => Promise<MonitorSocket>,
  ): Promise<void> {
    const following = options.groups ?? ['link', 'address', 'route', 'rule'];
    try {
      const socket = await open(Follower.groupsOf(following));
      if (this.#ended || this.#failure !== undefined) return socket.close();
      this.#follower = new Follower({
        socket,
        services,
        subjects: following,
        snapshot: options.snapshot ?? false,
        emit: (event) => this.#push(event),
        fail: (error) => this.#fail(error),
      });
      await this.#follower.start();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The next event, as soon as there is one. */
  next(): Promise<IteratorResult<RtEvent>> {
    const event = this.#queue.shift();
    if (event !== undefined) {
      if (this.#queue.length < queueLimit / 2) this.#follower?.resume();
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      this.#end();
      this.#failure = undefined;
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Ends the monitor: what `break` in a `for await` does. */
  return(): Promise<IteratorResult<RtEvent>> {
    this.#end();
    this.#queue.length = 0;
    for (const { resolve } of this.#waiting.splice(0)) resolve({ done: true, value: undefined });
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The client is closed. */
  close(): void {
    this.#fail(new ClosedError('the client was closed'));
  }

  readonly #onAbort = (): void => this.#fail(this.#signal?.reason);

  #push(event: RtEvent): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting.resolve({ done: false, value: event });
    else if (this.#queue.push(event) >= queueLimit) this.#follower?.pause();
  }

  #fail(error: unknown): void {
    if (this.#ended || this.#failure !== undefined) return;
    const waiting = this.#waiting.splice(0);
    if (waiting.length === 0) this.#failure = { error };
    else this.#ended = true;
    this.#release();
    for (const { reject } of waiting) reject(error);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#release();
  }

  #release(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#follower?.close();
    this.#whenEnded(this);
  }
}
