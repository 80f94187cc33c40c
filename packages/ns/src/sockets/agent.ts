import { Agent, type ClientRequest } from 'node:http';
import type * as Https from 'node:https';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { parseLiteral } from './address.ts';
import { connectInside } from './connect.ts';
import { type DialOptions, dial } from './dial.ts';
import type { SocketPlace } from './place.ts';
import { addressesOf, firstWithRoute } from './resolve.ts';

/** Marks the options of requests by `https`. */
const SECURE = Symbol('secure');

/** The options of a request, with what agents add to them on the way to `createConnection`. */
interface Options extends Https.RequestOptions {
  readonly [SECURE]?: boolean;
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelay?: number;
}

/** What `createConnection` calls if it has not returned a stream. */
type Created = (error: Error | null, stream: Duplex) => void;

/** What every agent has beyond its types: requests that are made call it. */
interface RequestTaker {
  addRequest(request: ClientRequest, options: Options): void;
}

/** The port of an agent that serves two protocols, as long as it doesn't know which: requests ask before they tell. */
const UNSAID = 0.5;

/** The settings of `http.globalAgent`. */
const DEFAULTS: Https.AgentOptions = { keepAlive: true, scheduling: 'lifo', timeout: 5000 };

const { addRequest } = Agent.prototype as unknown as RequestTaker;
const require = createRequire(import.meta.url);

/**
 * An agent for `http.request` and `https.request` whose connections leave from inside a namespace. Pool and limits are
 * those of `http.Agent`.
 */
export class NamespaceAgent extends Agent implements RequestTaker {
  readonly #place: SocketPlace;
  readonly #options: Https.AgentOptions;
  #secure: Https.Agent | undefined;

  constructor(place: SocketPlace, options: Https.AgentOptions = {}) {
    super({ ...DEFAULTS, ...options });
    this.#place = place;
    this.#options = options;
    // A request takes an agent without a protocol for one of its own.
    Object.assign(this, { protocol: undefined, defaultPort: UNSAID });
  }

  /** Called by every request with its options. */
  addRequest(request: ClientRequest, options: Options): void {
    const secure = request.protocol === 'https:';
    const standard = secure ? 443 : 80;
    const port = options.port === UNSAID ? standard : options.port;
    if (Number(options.port) === standard) leaveOutPort(request, options);
    addRequest.call(this, request, { ...options, port, [SECURE]: secure });
  }

  /** Connections with the same name can take each other's place. */
  override getName(options: Options = {}): string {
    return options[SECURE] ? this.#tls().getName(options) : super.getName(options);
  }

  /** A connection for a request. It is there at once and not connected yet, as with `http.Agent`, except for unix sockets. */
  override createConnection(options: Options, created?: Created): Duplex | null | undefined {
    const { socketPath: path, host, timeout } = options;
    const secured = (socket: Socket) =>
      options[SECURE] ? this.#tls().createConnection({ ...options, socket } as Options) : socket;
    const name = host ?? 'localhost';
    if (!path) {
      const socket = dial(this.#place, name, dialOptions(options), () => this.#resolve(name, options));
      if (timeout) socket.setTimeout(timeout);
      return secured(socket);
    }
    const failed = created as ((error: unknown) => void) | undefined;
    connectInside(this.#place, { path }).then((socket) => created?.(null, secured(socket) ?? socket), failed);
    return undefined;
  }

  async #resolve(host: string, options: Options) {
    const { family = parseLiteral(options.localAddress ?? '')?.family, lookup, hints } = options;
    return firstWithRoute(this.#place, await addressesOf(host, { family, lookup, hints }));
  }

  /** Makes TLS connections, and keeps their sessions; of its pool nothing is used. */
  #tls(): Https.Agent {
    if (this.#secure) return this.#secure;
    const { Agent: SecureAgent } = require('node:https') as typeof Https;
    this.#secure = new SecureAgent(this.#options);
    return this.#secure;
  }
}

function dialOptions({
  port,
  localAddress,
  localPort,
  noDelay,
  keepAlive,
  keepAliveInitialDelay,
}: Options): DialOptions {
  return { port: Number(port), localAddress, localPort, noDelay, keepAlive, keepAliveInitialDelay };
}

/**
 * The standard port isn't said in the header `Host`. A request that has not known the standard has put it there.
 */
function leaveOutPort(request: ClientRequest, { headers = {} }: Options): void {
  const host = request.getHeader('host');
  if (request.headersSent || typeof host !== 'string') return;
  if (Array.isArray(headers) || Object.keys(headers).some((name) => name.toLowerCase() === 'host')) return;
  request.setHeader('Host', host.replace(/:\d+$/, ''));
}
