import { constants } from 'node:os';
import { NetlinkLibraryError, OverrunError } from '../errors.ts';
import { MessageFlag } from '../protocol/header.ts';
import type { MonitorSocket } from '../socket/monitor-socket.ts';
import { align, littleEndian, messageHeaderLength } from '../wire/align.ts';
import { Reader } from '../wire/reader.ts';
import type { ChangeEvent, RtEvent, Subject } from './events.ts';
import { type Services, type Specs, Store } from './subjects.ts';

const { EAGAIN, ENOBUFS } = constants.errno;

/** Datagrams taken in one turn of the event loop. */
const turn = 64;
/** The kernel's event datagrams hold one object each; a link with hundreds of altnames takes 64 KiB. */
const bufferSize = 128 * 1024;

/** What a follower is made of. */
export interface FollowerOptions {
  readonly socket: MonitorSocket;
  readonly services: Services;
  /** What is followed; may be more than what is told. */
  readonly specs: Specs;
  /** What is told. */
  readonly subjects: readonly Subject[];
  /** Tell what is there at the beginning, as `new` events and `ready`. */
  readonly snapshot: boolean;
  /** Takes events, in order. */
  readonly emit: (event: RtEvent) => void;
  /** Following has failed for good. */
  readonly fail: (error: unknown) => void;
}

/**
 * Follows the state of a namespace without a gap: groups are joined before the state is listed, events that came
 * meanwhile are applied afterwards (what is known already makes no event), and when events were lost the socket is
 * read empty first (until then the kernel goes on losing), then the state is listed anew and the difference told.
 *
 * IPv4 routes that go because their link goes down or their source address goes are not announced by the kernel: then
 * the routes are listed anew.
 */
export class Follower {
  readonly stores: ReadonlyMap<Subject, Store<unknown>>;
  /** Events of other namespaces, which are not listed, make stores as they come. */
  readonly #elsewhere = new Map<number, ReadonlyMap<Subject, Store<unknown>>>();
  readonly options: FollowerOptions;
  readonly #reader = new Reader(new Uint8Array(bufferSize));
  readonly #stop = new AbortController();
  #routesUncertain = false;
  #paused = false;
  #busy = true;

  constructor(options: FollowerOptions) {
    this.options = options;
    this.stores = makeStores(options.specs);
  }

  /** The groups that a socket for these subjects must be in. */
  static groupsOf(specs: Specs): number[] {
    return [...specs.values()].flatMap((spec) => spec.groups);
  }

  /** Lists the present state, then follows. */
  async start(): Promise<void> {
    try {
      const events = await this.#list([...this.options.specs.keys()]);
      if (this.options.snapshot) {
        for (const event of events) this.#tell(event);
        this.options.emit({ type: 'ready' });
      } else {
        for (const store of this.stores.values()) store.announceKnown();
      }
      this.#resume();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Stops reading until {@link Follower.resume}: the kernel's buffer is the queue. */
  pause(): void {
    this.#paused = true;
    this.options.socket.watch(undefined);
  }

  /** Goes on reading. */
  resume(): void {
    if (!this.#paused || this.#stop.signal.aborted) return;
    this.#paused = false;
    if (!this.#busy) this.#resume();
  }

  /** Ends it and closes the socket. Idempotent. */
  close(): void {
    this.#stop.abort();
    this.options.socket.close();
  }

  #resume(): void {
    this.#busy = false;
    if (!this.#paused && !this.#stop.signal.aborted) this.#read();
  }

  #fail(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.close();
    this.options.fail(error);
  }

  async #list(which: readonly Subject[]): Promise<ChangeEvent[]> {
    const stores = which.flatMap((subject) => this.stores.get(subject) ?? []);
    const options = { signal: this.#stop.signal };
    const lists = await Promise.all(stores.map(({ spec }) => spec.list(this.options.services, options)));
    return stores.flatMap((store, index) => store.replaceAll(lists[index] ?? []));
  }

  #tell(event: ChangeEvent): void {
    if (this.options.subjects.includes(event.type)) this.options.emit(event);
  }

  readonly #read = (): void => {
    if (this.#paused || this.#busy || this.#stop.signal.aborted) return;
    const { socket } = this.options;
    for (let taken = 0; taken < turn && !this.#paused; taken++) {
      const { length, nsid } = socket.receive(this.#reader.bytes);
      if (length === -EAGAIN) {
        for (const store of this.stores.values()) store.announceNews();
        if (this.#routesUncertain) void this.#relist(['route'], false);
        else socket.watch(this.#read);
        return;
      }
      if (length === -ENOBUFS) {
        void this.#resync();
        return;
      }
      if (length < 0) {
        this.#fail(new OverrunError(`receiving events failed (errno ${-length})`));
        return;
      }
      this.#datagram(length, nsid);
    }
    setImmediate(this.#read);
  };

  /** Events were lost: read the socket empty, then list everything anew. */
  async #resync(): Promise<void> {
    const { socket } = this.options;
    let { length } = socket.receive(this.#reader.bytes);
    while (length >= 0 || length === -ENOBUFS) ({ length } = socket.receive(this.#reader.bytes));
    this.#elsewhere.clear();
    await this.#relist([...this.options.specs.keys()], true);
  }

  async #relist(which: readonly Subject[], lost: boolean): Promise<void> {
    this.#busy = true;
    this.#routesUncertain = false;
    this.options.socket.watch(undefined);
    try {
      const events = await this.#list(which);
      const wanted = events.filter((event) => this.options.subjects.includes(event.type));
      if (lost) this.options.emit({ type: 'resync', changes: wanted });
      else for (const event of wanted) this.options.emit(event);
      this.#resume();
    } catch (error) {
      this.#fail(error);
    }
  }

  #datagram(end: number, nsid: number | undefined): void {
    const { view } = this.#reader;
    for (let at = 0; end - at >= messageHeaderLength; ) {
      const length = view.getUint32(at, littleEndian);
      if (length < messageHeaderLength || length > end - at) return;
      const type = view.getUint16(at + 4, littleEndian);
      const flags = view.getUint16(at + 6, littleEndian);
      try {
        this.#message(type, flags, at + messageHeaderLength, at + length, nsid);
      } catch (error) {
        // A message that can't be decoded is as good as lost.
        if (!(error instanceof NetlinkLibraryError)) throw error;
        this.#routesUncertain = true;
      }
      at += align(length);
    }
  }

  #message(type: number, flags: number, start: number, end: number, nsid: number | undefined): void {
    const stores = nsid === undefined ? this.stores : this.#storesOf(nsid);
    for (const store of stores.values()) {
      const { spec } = store;
      if (type !== spec.added && type !== spec.removed) continue;
      const object = spec.read(this.#reader, start, end);
      if (object === undefined) return;
      const created = spec.created?.(this.#reader, start);
      const replaces = (flags & MessageFlag.replace) !== 0;
      const events = type === spec.added ? store.put(object, replaces, created) : store.remove(object);
      for (const event of events) {
        if (nsid === undefined) this.#doubtRoutes(event);
        this.#tell(nsid === undefined || event.type === 'nsid' ? event : { ...event, nsid });
      }
      return;
    }
  }

  #doubtRoutes(event: ChangeEvent): void {
    if (!this.stores.has('route')) return;
    const linkGone =
      event.type === 'link' && (event.action === 'delete' || (event.previous?.up === true && !event.link.up));
    const addressGone = event.type === 'address' && event.action === 'delete';
    if (linkGone || addressGone) this.#routesUncertain = true;
  }

  #storesOf(nsid: number): ReadonlyMap<Subject, Store<unknown>> {
    const known = this.#elsewhere.get(nsid);
    if (known !== undefined) return known;
    const stores = makeStores(this.options.specs);
    this.#elsewhere.set(nsid, stores);
    return stores;
  }
}

function makeStores(specs: Specs): ReadonlyMap<Subject, Store<unknown>> {
  return new Map([...specs].map(([subject, spec]) => [subject, new Store(spec)]));
}
