import { once } from 'node:events';
import { type Server, Socket, SocketAddress } from 'node:net';
import { close, listen } from '@nsnet/sys';
import type { Bound } from './bound.ts';
import { abortError, asNetworkError, throwIfAborted } from './node-error.ts';
import type { SocketPlace } from './place.ts';
import { bindTcp, type TcpListenerOptions } from './tcp-listener.ts';
import { bindUnix } from './unix.ts';

/** Options of `Namespace.listen`; those of `server.listen` mean the same. */
export interface ListenOptions extends Partial<TcpListenerOptions> {
  /** 0 to 65535; 0 lets the kernel choose. */
  readonly port?: number;
  /** Address of the namespace to listen on, or a name for one. Default: all, IPv6 and IPv4 (`::`). */
  readonly host?: string;
  /** With an IPv6 address: don't take IPv4. */
  readonly ipv6Only?: boolean;
  /** Let several servers, also of other processes, share the port (`SO_REUSEPORT`). */
  readonly reusePort?: boolean;
  /**
   * In place of a port: path of a unix socket, which belongs to the file system as ever; or an abstract name, which
   * begins with NUL and belongs to the namespace.
   */
  readonly path?: string;
  /** Connections that may wait to be accepted; default 511. */
  readonly backlog?: number;
  /** Closes the server, whenever it aborts. */
  readonly signal?: AbortSignal;
}

/** What Node takes when nothing is said. */
const BACKLOG = 511;

/**
 * Lets a server listen on a socket that was opened in the namespace. From then on the socket is the server's.
 *
 * @throws Error as `server.listen`: EADDRINUSE, EACCES, EADDRNOTAVAIL …; AbortError
 * @throws NamespaceError the socket can't be opened
 */
export async function listenInside<T extends Server>(
  place: SocketPlace,
  server: T,
  options: ListenOptions,
): Promise<T> {
  const { signal, backlog = BACKLOG } = options;
  throwIfAborted(signal);
  // Loaded by Node, too, when a server listens.
  const { default: cluster } = await import('node:cluster');
  const bound = await bindSocket(place, options);
  try {
    throwIfAborted(signal);
    startListening(bound, backlog);
    adopt(server, bound, backlog, cluster.isWorker);
  } catch (error) {
    bound.undo?.();
    close(bound.fd);
    throw error;
  }
  // Node tells in the next tick.
  await once(server, 'listening');
  if (signal) await closeOnAbort(server, signal);
  return server;
}

function bindSocket(place: SocketPlace, options: ListenOptions): Promise<Bound> {
  const { path, port } = options;
  if (path !== undefined) return bindUnix(place, path);
  // Node's own check, and its error: ERR_SOCKET_BAD_PORT.
  const { port: checked } = new SocketAddress({ port: port ?? 0 });
  return bindTcp(place, { ...options, port: checked });
}

/** Node listens once more on what it adopts, without a word about the address if that fails. */
function startListening({ fd, where }: Bound, backlog: number): void {
  try {
    listen(fd, backlog);
  } catch (error) {
    throw asNetworkError(error, 'listen', where);
  }
}

/**
 * Gives the server the descriptor.
 *
 * @throws Error ERR_SERVER_ALREADY_LISTEN: then the descriptor stays ours
 */
function adopt(server: Server, { fd, introduce }: Bound, backlog: number, isWorker: boolean): void {
  if (isWorker) {
    // A worker of `node:cluster` asks its primary for descriptors, and would get that one's own of the same number.
    // A socket object it takes as it is.
    const socket = new Socket({ fd, readable: false, writable: false });
    server.listen(socket, backlog);
  } else {
    server.listen({ fd }, backlog);
  }
  introduce?.(server);
}

async function closeOnAbort(server: Server, signal: AbortSignal): Promise<void> {
  const stop = () => void server.close();
  if (signal.aborted) {
    stop();
    throw abortError(signal);
  }
  signal.addEventListener('abort', stop, { once: true });
  server.once('close', () => signal.removeEventListener('abort', stop));
}
