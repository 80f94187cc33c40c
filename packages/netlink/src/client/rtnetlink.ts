import { MonitorSocket } from '../socket/monitor-socket.ts';
import { type OpenSocket, openNetlinkSocket } from '../socket/netlink-socket.ts';
import type { RawSocket } from '../socket/raw-socket.ts';
import { Addresses } from './addresses.ts';
import { Channel } from './channel.ts';
import type { RtEvent } from './events.ts';
import { type GenericReply, type GenericRequest, genericVerb } from './generic-request.ts';
import { inTime } from './in-time.ts';
import { Links } from './links.ts';
import { Mirror, type MirrorOptions } from './mirror.ts';
import { type MonitorOptions, type OpenMonitorSocket, startMonitor } from './monitor.ts';
import { Neighbours } from './neighbours.ts';
import { Nsids } from './nsids.ts';
import { type CallOptions, callWords, type RtnetlinkOptions } from './options.ts';
import { Problems } from './problems.ts';
import { Routes } from './routes.ts';
import { Rules } from './rules.ts';
import { tracerOf } from './trace.ts';

/** `NETLINK_ROUTE` */
const protocol = 0;
/** Room for some thousand answers. Memory is only used when filled. */
const defaultReceiveBuffer = 4 * 1024 * 1024;
/** Room for some ten thousand events. */
const defaultEventBuffer = 8 * 1024 * 1024;

/**
 * A client for the network of one namespace: its links, addresses, routes, neighbours and rules.
 *
 * All calls may be made at once: requests of one turn go to the kernel together, in order; lists wait for each other by
 * themselves. Every promise ends: done, refused by the kernel (NetlinkError), or outcome unknown (TimeoutError, abort).
 */
export class Rtnetlink implements AsyncDisposable {
  readonly links: Links;
  readonly addresses: Addresses;
  readonly routes: Routes;
  readonly neighbours: Neighbours;
  readonly rules: Rules;
  readonly nsids: Nsids;
  readonly #channel: Channel;
  readonly #open: OpenSocket | undefined;
  /** Monitors and mirrors, which end with the client. */
  readonly #watchers = new Set<{ close(): void }>();

  private constructor(channel: Channel, openSocket: () => Promise<RawSocket>, open: OpenSocket | undefined) {
    this.#channel = channel;
    this.#open = open;
    this.links = new Links(channel);
    this.addresses = new Addresses(channel);
    this.routes = new Routes(channel, openSocket);
    this.neighbours = new Neighbours(channel);
    this.rules = new Rules(channel);
    this.nsids = new Nsids(channel);
  }

  /**
   * Opens a client, in the process's own namespace or another. Listing needs no privileges; changes need CAP_NET_ADMIN
   * in the user namespace that owns the network namespace. An open client keeps its namespace alive. The signal and the
   * timeout are for the opening.
   */
  static async open(options: RtnetlinkOptions = {}): Promise<Rtnetlink> {
    checkOptions(options);
    const { namespace, signal, receiveBuffer = defaultReceiveBuffer } = options;
    signal?.throwIfAborted();
    const open = namespace?.socket.bind(namespace);
    const openSocket = () => openNetlinkSocket({ protocol, receiveBuffer, ...(open === undefined ? {} : { open }) });
    const socket = await inTime(openSocket(), options, 'opening a client', (late) => late.close());
    const name = namespace?.name;
    const channel = new Channel(socket, { namespace: name, trace: tracerOf(options.trace, name) });
    return new Rtnetlink(channel, openSocket, open);
  }

  /**
   * Sends any registered message, lossless: what the verbs are made of. Throws EncodeError for an unknown type, flag,
   * field or attribute; NetlinkError when the kernel refuses.
   */
  async request(message: GenericRequest, options: CallOptions = {}): Promise<GenericReply[]> {
    const found = await this.#channel.submit(genericVerb(message), undefined, options);
    return Array.isArray(found) ? found : found === undefined ? [] : [found];
  }

  /**
   * Watches the namespace: `ip monitor`. What this client is asked for after this call is among
   * the events, however soon; what is lost because they come faster
   * than they are taken is made up for by a `resync`. Watching begins at once and ends with the loop, the signal (its
   * reason is thrown) or the client. It keeps what it watches in memory.
   */
  monitor(options: MonitorOptions = {}): AsyncIterableIterator<RtEvent> {
    const { receiveBuffer, allNamespaces } = options;
    const open = this.#openMonitor(receiveBuffer, allNamespaces);
    const watcher = { close: () => {} };
    this.#watchers.add(watcher);
    const monitor = startMonitor(options, this, open, () => this.#watchers.delete(watcher));
    watcher.close = () => monitor.close();
    return monitor.events;
  }

  /**
   * A copy of the namespace's state that keeps itself up to date. Close it when it is not needed any more: it keeps the
   * namespace alive. Resolves when it shows the present state.
   */
  async mirror(options: MirrorOptions = {}): Promise<Mirror> {
    const watcher = { close: () => {} };
    const mirror = await Mirror.start(options, this, this.#openMonitor(), () => this.#watchers.delete(watcher));
    watcher.close = () => void mirror.close();
    this.#watchers.add(watcher);
    return mirror;
  }

  #openMonitor(receiveBuffer = defaultEventBuffer, allNamespaces = false): OpenMonitorSocket {
    const place = this.#open === undefined ? {} : { open: this.#open };
    return async (groups) => {
      const release = this.#channel.hold();
      try {
        return await MonitorSocket.open({ protocol, groups, receiveBuffer, allNamespaces, ...place });
      } finally {
        release();
      }
    };
  }

  /** Counters since the client was opened: requests, sends, replies, late answers, overruns, bytes; the receive buffer. */
  stats(): Record<string, number> {
    return this.#channel.stats();
  }

  /** Closes the client, its monitors and mirrors; what is under way rejects with ClosedError. Idempotent. */
  async close(): Promise<void> {
    for (const watcher of [...this.#watchers]) watcher.close();
    this.#channel.close();
  }

  /** {@link Rtnetlink.close} at the end of `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function checkOptions(options: RtnetlinkOptions): void {
  const { namespace, receiveBuffer, timeout } = options;
  const problems = new Problems();
  problems.keys(options, ['namespace', 'receiveBuffer', 'trace', ...callWords]);
  const opens = namespace === undefined || typeof namespace?.socket === 'function';
  problems.check(opens, 'namespace', 'is nothing that opens sockets (a Namespace of @nsnet/ns)', namespace);
  problems.integer(receiveBuffer, 'receiveBuffer', 1, 0x3fffffff);
  problems.check(timeout === undefined || timeout >= 0, 'timeout', 'is not a number of milliseconds', timeout);
  problems.throwIfAny();
}
