import { isIP } from 'node:net';
import { AF, inet6Address, inetAddress, ioctl, SIOC, SO, SOL, setsockopt } from '@nsnet/sys';

/** `SIOCGIFINDEX`: index of an interface name, `struct ifreq { char ifr_name[16]; int ifr_ifindex; … }`. */
const SIOCGIFINDEX = 0x8933;
const IFREQ = 40;
const INDEX_AT = 16;
/** `IPV6_V6ONLY`. */
const V6ONLY = 26;

/** A numeric address. */
export interface Address {
  /** Without the zone. */
  readonly address: string;
  readonly family: 4 | 6;
  /** The part after `%`: name or index of a link of the namespace. */
  readonly zone?: string;
}

/** True for an address of `fe80::/10`. */
export function isLinkLocal({ address, family }: Address): boolean {
  return family === 6 && /^fe[89ab]/i.test(address);
}

/** Reads a numeric address, with or without a zone; undefined for anything else. */
export function parseLiteral(text: string): Address | undefined {
  const family = isIP(text);
  if (family === 4) return { address: text, family };
  if (family !== 6) return undefined;
  const [address = '', zone] = text.split('%');
  return zone === undefined ? { address, family } : { address, family, zone };
}

/** The inverse of `parseLiteral`. */
export function literal({ address, zone }: Address): string {
  return zone === undefined ? address : `${address}%${zone}`;
}

/** `AF_INET` or `AF_INET6`. */
export function domainOf({ family }: Address): number {
  return family === 6 ? AF.INET6 : AF.INET;
}

/**
 * `struct sockaddr_in` or `sockaddr_in6`.
 *
 * @param fd a socket of the namespace, which knows its links
 * @throws SystemError ENODEV: no link of that name there
 */
export function socketAddress(fd: number, { address, family, zone }: Address, port: number): Buffer {
  if (family === 4) return inetAddress({ address, port });
  return inet6Address({ address, port, scopeId: zone === undefined ? 0 : interfaceIndex(fd, zone) });
}

/** Lets an IPv6 socket take IPv4 too, or not, whatever `net.ipv6.bindv6only` says. */
export function setIpv6Only(fd: number, only: boolean): void {
  setsockopt(fd, SOL.IPV6, V6ONLY, only ? 1 : 0);
}

/** As libuv does before every bind of a stream socket: a server may take the place of one that has just closed. */
export function setReuse(fd: number, { address = true, port = false }: { address?: boolean; port?: boolean }): void {
  if (address) setsockopt(fd, SOL.SOCKET, SO.REUSEADDR, 1);
  if (port) setsockopt(fd, SOL.SOCKET, SO.REUSEPORT, 1);
}

/** `if_indextoname(3)`, in the namespace of the socket; the number, if it has no such link any more. */
export function interfaceName(fd: number, index: number): string {
  const request = Buffer.alloc(IFREQ);
  request.writeInt32LE(index, INDEX_AT);
  try {
    ioctl(fd, SIOC.GIFNAME, request);
  } catch {
    return String(index);
  }
  return request.toString('utf8', 0, request.indexOf(0));
}

/**
 * `if_nametoindex(3)`, in the namespace of the socket.
 *
 * @throws SystemError ENODEV
 */
export function interfaceIndex(fd: number, zone: string): number {
  if (/^\d+$/.test(zone)) return Number(zone);
  const request = Buffer.alloc(IFREQ);
  request.write(zone, 0, INDEX_AT - 1);
  ioctl(fd, SIOCGIFINDEX, request);
  return request.readInt32LE(INDEX_AT);
}
