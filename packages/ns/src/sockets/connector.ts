import type { Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connectInside } from './connect.ts';
import { timedOut } from './node-error.ts';
import type { SocketPlace } from './place.ts';
import type { ResolveOptions } from './resolve.ts';

/** Options of `Namespace.connector`: those of `tls.connect` for `https:`, and these. */
export interface ConnectorOptions extends Omit<ConnectionOptions, keyof ConnectorTarget | 'lookup' | 'timeout'> {
  /** Milliseconds for a connection, TLS included; default 10 000, 0 for as long as it takes. */
  readonly timeout?: number;
  /** Offer HTTP/2 to the other side; the agent has to allow it, too. */
  readonly allowH2?: boolean;
  /** Finds the addresses of a name. Default: `dns.lookup`, outside the namespace. */
  readonly lookup?: ResolveOptions['lookup'];
}

/** What undici wants to be connected with. */
export interface ConnectorTarget {
  readonly hostname: string;
  readonly host?: string | undefined;
  /** `'http:'` or `'https:'`. */
  readonly protocol: string;
  /** Empty for the one of the protocol. */
  readonly port: string;
  /** Name to ask for in TLS; default the host name. */
  readonly servername?: string | undefined;
  readonly localAddress?: string | null | undefined;
  /** A unix socket, in place of host and port. */
  readonly socketPath?: string | null | undefined;
  /** A connection that is there already, through a proxy: only TLS is wanted. */
  readonly httpSocket?: Socket | undefined;
}

/** What undici calls for every connection it needs: `new Agent({ connect })`. */
export type Connector = (
  target: ConnectorTarget,
  callback: (...result: [error: null, socket: Socket | TLSSocket] | [error: Error, socket: null]) => void,
) => void;

/** Settings of undici's own connections. */
const TIMEOUT = 10_000;
const KEEP_ALIVE = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 } as const;

/** Makes the function that undici connects by, from inside the namespace. */
export function connectorInside(place: SocketPlace, options: ConnectorOptions = {}): Connector {
  return (target, callback) => {
    open(place, target, options).then(
      (socket) => callback(null, socket),
      (error) => callback(error, null),
    );
  };
}

async function open(place: SocketPlace, target: ConnectorTarget, options: ConnectorOptions): Promise<Socket> {
  const { timeout = TIMEOUT, lookup } = options;
  const { httpSocket, protocol, localAddress, socketPath } = target;
  const secure = protocol === 'https:';
  const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(target.port || (secure ? 443 : 80));
  const began = performance.now();
  const where = socketPath
    ? { path: socketPath }
    : { ...KEEP_ALIVE, host, port, lookup, localAddress: localAddress ?? undefined };
  const socket = httpSocket ?? (await connectInside(place, { ...where, timeout }));
  if (!secure) return socket;
  // 0 is no limit, and a limit that is used up is not 0.
  const left = timeout && Math.max(1, timeout - (performance.now() - began));
  return encrypt(socket, { servername: target.servername ?? host, host, port, left }, options);
}

interface Peer {
  readonly host: string;
  readonly port: number;
  readonly servername: string;
  /** Milliseconds; 0 is no limit. */
  readonly left: number;
}

/** TLS over a connection that is there. */
async function encrypt(socket: Socket, peer: Peer, options: ConnectorOptions): Promise<TLSSocket> {
  const { connect } = await import('node:tls');
  const { isIP } = await import('node:net');
  const { timeout: _timeout, lookup: _lookup, allowH2 = false, ...settings } = options;
  const { host, port, left } = peer;
  const ALPNProtocols = settings.ALPNProtocols ?? (allowH2 ? ['http/1.1', 'h2'] : ['http/1.1']);
  // An address is no name to ask for.
  const servername = isIP(peer.servername) ? '' : peer.servername;
  return new Promise((resolve, reject) => {
    const secure = connect({ ...settings, ALPNProtocols, host, servername, socket });
    const timer = left > 0 ? setTimeout(() => secure.destroy(timedOut({ address: host, port })), left) : undefined;
    const settle = (done: () => void) => {
      clearTimeout(timer);
      secure.off('secureConnect', ready).off('error', failed);
      done();
    };
    const ready = () => settle(() => resolve(secure));
    const failed = (error: Error) => settle(() => reject(error));
    secure.on('secureConnect', ready).on('error', failed);
  });
}
