import { type LookupFunction, Socket } from 'node:net';
import { close, ERRNO, SOCK } from '@nsnet/sys';
import { type Address, bindToZone, domainOf, literal, parseLiteral } from './address.ts';
import { asNetworkError, networkError } from './node-error.ts';
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

/** What of libuv's TCP handle `new Socket({ fd })` uses, too. */
interface Handle {
  /** Takes a descriptor, which is the handle's from then on; 0, or a negative errno. */
  open?(fd: number): number;
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
  const local = localAddress === undefined ? undefined : parseLiteral(localAddress);
  const socket = new Socket(settings as object);
  const prepare = async (): Promise<Address> => {
    const address = await resolve();
    await giveDescriptor(place, socket, address, { port, zone: address.zone ?? local?.zone });
    return address;
  };
  const lookup: LookupFunction = (_name, _options, answer) => {
    // In a turn of its own, so that what a listener throws is an uncaught exception and no rejection.
    prepare().then(
      ({ address, family }) => process.nextTick(answer, null, address, family),
      (error) => process.nextTick(answer, error, ''),
    );
  };
  return socket.connect({
    // Numeric addresses would not be looked up.
    host: parseLiteral(host) === undefined ? host : `[${host}]`,
    // Node itself refuses what is no port, and nothing at all.
    port: port as number,
    localAddress: local?.address ?? localAddress,
    localPort,
    lookup,
    // With several addresses, Node would open the sockets for the second one and those that follow by itself.
    autoSelectFamily: false,
  });
}

/** @throws Error as `net.connect`, NamespaceError */
async function giveDescriptor(
  place: SocketPlace,
  socket: Socket,
  address: Address,
  { port, zone }: { port: number | undefined; zone: string | undefined },
): Promise<void> {
  const fd = await place.socket(domainOf(address), SOCK.STREAM | SOCK.NONBLOCK, 0);
  try {
    if (zone !== undefined) bindToZone(fd, zone);
    const result = handleOf(socket)?.open?.(fd) ?? -ERRNO.EBADF;
    if (result < 0) throw networkError(-result, 'open', { address: literal(address), port });
  } catch (error) {
    close(fd);
    throw asNetworkError(error, 'connect', { address: literal(address), port });
  }
}

/** The handle; null once the socket is destroyed. */
function handleOf(socket: Socket): Handle | null {
  return Reflect.get(socket, '_handle') ?? null;
}
