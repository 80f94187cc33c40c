import { ClosedError, OverrunError, TimeoutError } from '../errors.ts';
import type { Address } from './addresses.ts';
import { EventQueue } from './event-queue.ts';
import type { RtEvent, Subject } from './events.ts';
import { Follower } from './follower.ts';
import type { Link } from './link-object.ts';
import type { OpenMonitorSocket } from './monitor.ts';
import type { Neighbour } from './neighbours.ts';
import type { CallOptions } from './options.ts';
import type { Route } from './route-object.ts';
import { type Services, specsOf } from './subjects.ts';

/** What to mirror. */
export interface MirrorOptions {
  /** Default: yes. */
  readonly links?: boolean | undefined;
  /** Default: yes. */
  readonly addresses?: boolean | undefined;
  /** All tables, or one. Default: no. */
  readonly routes?: boolean | { readonly table?: number | undefined } | undefined;
  /** Default: no. */
  readonly neighbours?: boolean | undefined;
  /** Closes the mirror. */
  readonly signal?: AbortSignal | undefined;
}

/** Events that a consumer of {@link Mirror.changes} may be behind. */
const queueLimit = 65_536;

/**
 * The state of a namespace, kept up to date in memory: look at it without asking the kernel, or wait until it is as it
 * should be. After a loss of events it is repaired by itself.
 */
export class Mirror implements AsyncDisposable {
  readonly #follower: Follower;
  readonly #queues = new Set<EventQueue<RtEvent>>();
  readonly #waiting = new Set<() => void>();
  readonly #lists = new Map<Subject, readonly unknown[]>();
  readonly #whenClosed: () => void;
  #failure: unknown;
  #checking = false;

  private constructor(follower: (options: Pick<Follower['options'], 'emit' | 'fail'>) => Follower, closed: () => void) {
    this.#whenClosed = closed;
    this.#follower = follower({ emit: (event) => this.#changed(event), fail: (error) => this.#fail(error) });
  }

  /** @internal Use `Rtnetlink.mirror`. Resolves when the mirror shows the present state. */
  static async start(
    options: MirrorOptions,
    services: Services,
    open: OpenMonitorSocket,
    closed: () => void,
  ): Promise<Mirror> {
    const { links = true, addresses = true, routes = false, neighbours = false, signal } = options;
    const wanted: [Subject, boolean][] = [
      ['link', links],
      ['address', addresses],
      ['route', routes !== false],
      ['neighbour', neighbours],
    ];
    const subjects = wanted.flatMap(([subject, yes]) => (yes ? [subject] : []));
    signal?.throwIfAborted();
    const specs = specsOf(subjects, typeof routes === 'object' ? routes.table : undefined);
    const socket = await open(Follower.groupsOf(specs));
    const mirror = new Mirror(
      (rest) => new Follower({ socket, services, specs, subjects, snapshot: false, ...rest }),
      closed,
    );
    signal?.addEventListener('abort', () => mirror.#fail(signal.reason), { once: true });
    await mirror.#follower.start();
    if (mirror.#failure !== undefined) throw mirror.#failure;
    return mirror;
  }

  /** Links by ifindex. */
  get links(): ReadonlyMap<number, Link> {
    return (this.#follower.stores.get('link')?.objects ?? new Map()) as ReadonlyMap<number, Link>;
  }

  /** Addresses, in the order they came. */
  get addresses(): readonly Address[] {
    return this.#list('address');
  }

  /** Routes, in the order they came. */
  get routes(): readonly Route[] {
    return this.#list('route');
  }

  /** Neighbours, in the order they came. */
  get neighbours(): readonly Neighbour[] {
    return this.#list('neighbour');
  }

  /** The link of that name or altname. */
  link(name: string): Link | undefined {
    for (const link of this.links.values()) if (link.name === name || link.altnames.includes(name)) return link;
    return undefined;
  }

  /**
   * Waits until `predicate` gives something (not undefined, null or false); resolves to that. Rejects with TimeoutError,
   * the signal's reason, or what `predicate` throws.
   */
  until<T>(predicate: (mirror: this) => T, options: CallOptions = {}): Promise<NonNullable<T>> {
    const { signal, timeout } = options;
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        this.#waiting.delete(check);
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        finish();
      };
      const abort = () => settle(() => reject(signal?.reason));
      const check = () => {
        try {
          if (this.#failure !== undefined) throw this.#failure;
          const value = predicate(this);
          if (value !== undefined && value !== null && (value as unknown) !== false) settle(() => resolve(value));
        } catch (error) {
          settle(() => reject(error));
        }
      };
      const late = () =>
        settle(() => reject(new TimeoutError(`what was waited for did not come within ${timeout} ms`)));
      const timer = timeout === undefined ? undefined : setTimeout(late, timeout);
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(check);
      if (signal?.aborted) abort();
      else check();
    });
  }

  /** Events from now on. A consumer that falls 65,536 events behind gets an OverrunError. */
  changes(): AsyncIterableIterator<RtEvent> {
    const queue: EventQueue<RtEvent> = new EventQueue({ ended: () => this.#queues.delete(queue) });
    if (this.#failure === undefined) this.#queues.add(queue);
    else queue.fail(this.#failure);
    return queue;
  }

  /** Ends it. What waits rejects with ClosedError. Idempotent. */
  async close(): Promise<void> {
    this.#fail(new ClosedError('the mirror was closed'));
  }

  /** {@link Mirror.close} at the end of `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #list<T>(subject: Subject): readonly T[] {
    const known = this.#lists.get(subject);
    if (known !== undefined) return known as readonly T[];
    const list = Object.freeze([...(this.#follower.stores.get(subject)?.objects.values() ?? [])]);
    this.#lists.set(subject, list);
    return list as readonly T[];
  }

  #changed(event: RtEvent): void {
    this.#lists.clear();
    for (const queue of this.#queues) {
      if (queue.push(event) > queueLimit) queue.fail(new OverrunError(`the consumer is ${queueLimit} events behind`));
    }
    if (this.#checking || this.#waiting.size === 0) return;
    // Events of one turn are looked at together.
    this.#checking = true;
    queueMicrotask(() => {
      this.#checking = false;
      for (const check of [...this.#waiting]) check();
    });
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#follower.close();
    for (const queue of [...this.#queues]) queue.fail(error);
    for (const check of [...this.#waiting]) check();
    this.#whenClosed();
  }
}
