import type { Socket } from 'node:net';
import { type Address, literal, parseLiteral } from './address.ts';
import { type DialOptions, dial } from './dial.ts';
import { abortError, throwIfAborted, timedOut } from './node-error.ts';
import type { SocketPlace } from './place.ts';
import { race } from './race.ts';
import { addressesOf, type ResolveOptions } from './resolve.ts';
import { connectUnix } from './unix.ts';

/** Options of `Namespace.connect`; those of `net.connect` mean the same. */
export interface ConnectOptions extends DialOptions, ResolveOptions {
  /**
   * An address, also with a link of the namespace as its zone (`fe80::1%eth0`), or a name. Default: `localhost`, which is
   * the loopback of the namespace.
   */
  readonly host?: string | undefined;
  /**
   * In place of host and port: path of a unix socket, which belongs to the file system as ever; or an abstract name, which
   * begins with NUL and belongs to the namespace.
   */
  readonly path?: string | undefined;
  /** Milliseconds after which the attempt fails with ETIMEDOUT. Default: the kernel's patience, two minutes. */
  readonly timeout?: number | undefined;
  /** Ends the attempt; of no meaning for the connection. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects from inside the namespace. A name with several addresses is tried as Node does it: one after the other, the
 * next one also when 250 ms bring no answer, but without giving up the one before.
 *
 * @returns the socket, connected
 * @throws Error as `net.connect`: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH …; AbortError
 * @throws NamespaceError the socket can't be opened
 */
export async function connectInside(place: SocketPlace, options: ConnectOptions): Promise<Socket> {
  const { path, host = 'localhost', port, signal, timeout } = options;
  throwIfAborted(signal);
  if (path !== undefined) {
    const socket = await connectUnix(place, path, options.allowHalfOpen);
    if (signal?.aborted) socket.destroy();
    throwIfAborted(signal);
    return socket;
  }
  // What ends the attempt, whatever it is at.
  const end = new AbortController();
  const abort = () => signal && end.abort(abortError(signal));
  signal?.addEventListener('abort', abort, { once: true });
  const timer =
    timeout === undefined || timeout === 0
      ? undefined
      : setTimeout(() => end.abort(timedOut({ address: host, port })), timeout);
  try {
    const addresses = await unlessAborted(end.signal, addressesOf(host, forLocal(options)));
    return await race(addresses, end.signal, (address, lost) => attempt(place, address, options, lost));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** From an address of one family only others of it can be reached. */
function forLocal(options: ConnectOptions): ResolveOptions {
  const { localAddress = '', family = parseLiteral(localAddress)?.family } = options;
  return { ...options, family };
}

/** @throws the reason, as soon as the signal aborts */
function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** One attempt. @throws the signal's reason */
async function attempt(
  place: SocketPlace,
  address: Address,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const { noDelay, keepAlive, keepAliveInitialDelay, allowHalfOpen, port, localAddress, localPort } = options;
  const dialled = { noDelay, keepAlive, keepAliveInitialDelay, allowHalfOpen, port, localAddress, localPort };
  const socket = dial(place, literal(address), dialled, async () => address);
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(signal.reason);
    const settle = (done: () => void) => {
      signal.removeEventListener('abort', abort);
      socket.off('connect', connected).off('error', failed);
      done();
    };
    const connected = () => settle(() => resolve(socket));
    const failed = (error: Error) => settle(() => reject(error));
    socket.on('connect', connected).on('error', failed);
    signal.addEventListener('abort', abort, { once: true });
  });
}
