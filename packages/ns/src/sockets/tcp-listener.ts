import { bind, close, SOCK } from '@nsnet/sys';
import { kernelAnswer } from '../errors.ts';
import { type Address, domainOf, literal, setIpv6Only, setReuse, socketAddress } from './address.ts';
import type { Bound } from './bound.ts';
import { showLinksOfServer } from './link-local.ts';
import { asNetworkError } from './node-error.ts';
import type { SocketPlace } from './place.ts';
import { addressesOf, type ResolveOptions } from './resolve.ts';

/** Options of a TCP socket that listens. */
export interface TcpListenerOptions {
  readonly port: number;
  readonly host?: string | undefined;
  readonly ipv6Only?: boolean | undefined;
  readonly reusePort?: boolean | undefined;
  readonly lookup?: ResolveOptions['lookup'];
}

const ANY_IPV6: Address = { address: '::', family: 6 };
const ANY_IPV4: Address = { address: '0.0.0.0', family: 4 };

/**
 * Opens and binds a TCP socket as `server.listen` does: without a host on all addresses, of IPv4 only where there is no
 * IPv6.
 *
 * @throws Error as `server.listen`
 * @throws NamespaceError the socket can't be opened
 */
export async function bindTcp(place: SocketPlace, options: TcpListenerOptions): Promise<Bound> {
  if (options.host) {
    const [address] = await addressesOf(options.host, options);
    return bindTo(place, address, options);
  }
  try {
    return await bindTo(place, ANY_IPV6, options);
  } catch (error) {
    if (!meansNoIpv6(error)) throw error;
    return bindTo(place, ANY_IPV4, options);
  }
}

/** Anything but a port in use, and a helper or a process in trouble. */
function meansNoIpv6(error: unknown): boolean {
  const code = kernelAnswer(error)?.code ?? '';
  return ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EPROTONOSUPPORT', 'EINVAL', 'EACCES'].includes(code);
}

async function bindTo(place: SocketPlace, address: Address, options: TcpListenerOptions): Promise<Bound> {
  const { port, reusePort = false, ipv6Only = false } = options;
  const where = { address: literal(address), port };
  const fd = await place.socket(domainOf(address), SOCK.STREAM | SOCK.NONBLOCK, 0);
  try {
    setReuse(fd, { port: reusePort });
    if (address.family === 6) setIpv6Only(fd, ipv6Only);
    bind(fd, socketAddress(fd, address, port));
    return address.family === 6 ? { fd, where, introduce: showLinksOfServer } : { fd, where };
  } catch (error) {
    close(fd);
    throw asNetworkError(error, 'listen', where);
  }
}
