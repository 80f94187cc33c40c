import { type LookupFunction, Socket } from 'node:net';
import { close, ERRNO, SOCK } from '@nsnet/sys';
import { type Address, domainOf, isLinkLocal, literal, parseLiteral } from './address.ts';
import { handleOf } from './handle.ts';
import { useLinksOf } from './link-local.ts';
import { networkError } from './node-error.ts';
import type { SocketPlace } from './place.ts';

/** Settings of a connection; each means what it means to `net.connect`. */
export interface DialOptions {
  /** Port to connect to, 0 to 65535. */
  readonly port?: number | undefined;
  /** Address of the namespace to connect from. */
  readonly localAddress?: string | undefined;
  /** Port to connect from. */
  readonly localPort?: number | undefined;
  /** Send small packets at once (`TCP_NODELAY`). */
  readonly noDelay?: boolean | undefined;
  /** Probe a connection that is idle (`SO_KEEPALIVE`). */
  readonly keepAlive?: boolean | undefined;
  /** Milliseconds until the first probe. */
  readonly keepAliveInitialDelay?: number | undefined;
  /** Stay writable after the other side has ended. */
  readonly allowHalfOpen?: boolean | undefined;
}

/**
 * A socket that is connecting from inside the namespace: what `net.connect` returns, with the same events and errors.
 *
 * Node does the connecting, on a descriptor from the namespace. libuv opens a socket of its own only for a handle that
 * has none when it is connected, and that comes after the look-up: so the look-up is when the handle is given one.
 *
 * @param host for the event `lookup`
 * @param resolve finds the address
 */
export function dial(place: SocketPlace, host: string, options: DialOptions, resolve: () => Promise<Address>): Socket {
  const { port, localPort, localAddress, ...settings } = options;
  const socket = new Socket(settings as object);
  const lookup: LookupFunction = (_name, _options, answer) => {
    // In a turn of its own, so that what a listener throws is an uncaught exception and no rejection.
    prepare(place, socket, options, resolve).then(
      ({ text, family }) => process.nextTick(answer, null, text, family),
      (error) => process.nextTick(answer, error, ''),
    );
  };
  return socket.connect({
    // Numeric addresses would not be looked up.
    host: parseLiteral(host) === undefined ? host : `[${host}]`,
    // Node itself refuses what is no port, and nothing at all.
    port: port as number,
    localAddress,
    localPort,
    lookup,
    // With several addresses, Node would open the sockets for the second one and those that follow by itself.
    autoSelectFamily: false,
  });
}

/**
 * Finds the address, and gives the socket a descriptor for it.
 *
 * @returns the address as Node is to have it
 * @throws NamespaceError
 */
async function prepare(
  place: SocketPlace,
  socket: Socket,
  { localAddress = '' }: DialOptions,
  resolve: () => Promise<Address>,
): Promise<{ text: string; family: number }> {
  const address = await resolve();
  const { family } = address;
  const fd = await place.socket(domainOf(address), SOCK.STREAM | SOCK.NONBLOCK, 0);
  const handle = handleOf(socket);
  if (!handle || socket.destroyed || handle.open(fd) !== 0) {
    close(fd);
    throw networkError(ERRNO.EBADF, 'open', { address: literal(address) });
  }
  const local = parseLiteral(localAddress);
  if (!isLinkLocal(address) && !(local && isLinkLocal(local))) return { text: address.address, family };
  useLinksOf(handle, socket);
  return { text: literal(address), family };
}
