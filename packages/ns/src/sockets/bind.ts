import type { Socket, SocketOptions, SocketType } from 'node:dgram';
import { type LookupFunction, SocketAddress } from 'node:net';
import { bind, close, ERRNO, SO, SOCK, SOL, setsockopt } from '@nsnet/sys';
import { domainOf, literal, setIpv6Only, setReuse, socketAddress } from './address.ts';
import { useLinksOfDatagrams } from './datagrams.ts';
import { asNetworkError, networkError, throwIfAborted } from './node-error.ts';
import type { SocketPlace } from './place.ts';
import { addressesOf } from './resolve.ts';

/** Options of `Namespace.bind`; those of `dgram.createSocket` and `socket.bind` mean the same. */
export interface BindOptions
  extends Pick<SocketOptions, 'recvBufferSize' | 'sendBufferSize' | 'lookup' | 'signal' | 'ipv6Only'> {
  /** 0 to 65535; 0, the default, lets the kernel choose. */
  readonly port?: number;
  /**
   * Address of the namespace, or a name for one. Default: all. An IPv6 address with a zone (`fe80::1%eth0`) ties the
   * socket to that link.
   */
  readonly address?: string;
  /** Let others bind to the same address and port (`SO_REUSEADDR`), as for multicast. */
  readonly reuseAddr?: boolean;
  /** Share the port with others, datagrams being spread over all (`SO_REUSEPORT`). */
  readonly reusePort?: boolean;
}

/**
 * Opens a datagram socket in the namespace and binds it.
 *
 * @returns the socket, listening
 * @throws Error as `socket.bind`: EADDRINUSE, EACCES, EADDRNOTAVAIL …; AbortError
 * @throws NamespaceError the socket can't be opened
 */
export async function bindInside(place: SocketPlace, type: SocketType, options: BindOptions): Promise<Socket> {
  const { signal } = options;
  throwIfAborted(signal);
  const { createSocket } = await import('node:dgram');
  const fd = await openBound(place, type, options);
  let socket: Socket | undefined;
  try {
    throwIfAborted(signal);
    const { recvBufferSize, sendBufferSize, lookup } = options;
    socket = createSocket({ type, recvBufferSize, sendBufferSize, lookup, signal });
    if (type === 'udp6') useLinksOfDatagrams(socket);
    // `exclusive`: a worker of `node:cluster` would ask its primary for that one's descriptor of the same number.
    socket.bind({ fd, exclusive: true });
  } catch (error) {
    socket?.close();
    close(fd);
    throw error;
  }
  // libuv has set it on adoption, and others could bind to the same port.
  if (!options.reuseAddr) setsockopt(fd, SOL.SOCKET, SO.REUSEADDR, 0);
  return socket;
}

async function openBound(place: SocketPlace, type: SocketType, options: BindOptions): Promise<number> {
  const family = type === 'udp6' ? 6 : 4;
  const { reuseAddr = false, reusePort = false, ipv6Only = false, lookup: lookupOne } = options;
  const lookup: LookupFunction | undefined =
    lookupOne && ((name, asked, answer) => lookupOne(name, { ...asked, all: false }, answer));
  const { port } = new SocketAddress({ port: options.port ?? 0 });
  const [address] = await addressesOf(options.address || (family === 6 ? '::' : '0.0.0.0'), { family, lookup });
  if (address.family !== family) {
    throw networkError(ERRNO.EINVAL, 'bind', { address: literal(address), port });
  }
  const where = { address: literal(address), port };
  const fd = await place.socket(domainOf(address), SOCK.DGRAM | SOCK.NONBLOCK, 0);
  try {
    setReuse(fd, { address: reuseAddr, port: reusePort });
    if (family === 6) setIpv6Only(fd, ipv6Only);
    bind(fd, socketAddress(fd, address, port));
    return fd;
  } catch (error) {
    close(fd);
    throw asNetworkError(error, 'bind', where);
  }
}
