import { AF } from './constants.ts';
import { ipv4Bytes, ipv4Text, ipv6Bytes, ipv6Text } from './inet.ts';

/** An address, read by `parseAddress`. */
export type SocketAddress =
  | {
      readonly family: 'netlink';
      /** Port id; 0 is the kernel. */
      readonly port: number;
      /** Groups 1 to 32 as bits. */
      readonly groups: number;
    }
  | { readonly family: 'inet'; readonly address: string; readonly port: number }
  | {
      readonly family: 'inet6';
      readonly address: string;
      readonly port: number;
      /** Interface index for link-local addresses, else 0. */
      readonly scopeId: number;
    }
  | {
      readonly family: 'unix';
      /** Empty for a socket without a name; an abstract name begins with NUL. */
      readonly path: string;
    }
  | {
      readonly family: 'unknown';
      /** The `AF_*` number; 0 if there are too few bytes for one. */
      readonly number: number;
      readonly bytes: Uint8Array;
    };

function checkPort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new RangeError(`A port is 0 to 65535, not ${port}`);
}

/** Fields of `struct sockaddr_nl`. */
export interface NetlinkAddress {
  /** Port id. As a destination 0, the default, is the kernel; in `bind` it lets the kernel choose. */
  readonly port?: number;
  /** Groups 1 to 32 as bits; none by default. */
  readonly groups?: number;
}

/** Fields of `struct sockaddr_in`. */
export interface InetAddress {
  /** Dotted IPv4 address; `0.0.0.0` by default. */
  readonly address?: string;
  /** 0 to 65535; 0 by default. */
  readonly port?: number;
}

/** Fields of `struct sockaddr_in6`. */
export interface Inet6Address {
  /** IPv6 address without a zone; `::` by default. */
  readonly address?: string;
  /** 0 to 65535; 0 by default. */
  readonly port?: number;
  /** Interface index, for link-local addresses; 0 by default. */
  readonly scopeId?: number;
}

/** `struct sockaddr_nl`, 12 bytes. */
export function netlinkAddress(fields: NetlinkAddress = {}): Buffer {
  const { port = 0, groups = 0 } = fields;
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16LE(AF.NETLINK);
  bytes.writeUInt32LE(port >>> 0, 4);
  bytes.writeUInt32LE(groups >>> 0, 8);
  return bytes;
}

/**
 * `struct sockaddr_in`, 16 bytes.
 *
 * @throws TypeError for another kind of address
 * @throws RangeError for a port outside 0 to 65535
 */
export function inetAddress(fields: InetAddress = {}): Buffer {
  const { address = '0.0.0.0', port = 0 } = fields;
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF.INET);
  bytes.writeUInt16BE(checkPort(port), 2);
  bytes.set(ipv4Bytes(address), 4);
  return bytes;
}

/**
 * `struct sockaddr_in6`, 28 bytes.
 *
 * @throws TypeError for another kind of address
 * @throws RangeError for a port outside 0 to 65535
 */
export function inet6Address(fields: Inet6Address = {}): Buffer {
  const { address = '::', port = 0, scopeId = 0 } = fields;
  const bytes = Buffer.alloc(28);
  bytes.writeUInt16LE(AF.INET6);
  bytes.writeUInt16BE(checkPort(port), 2);
  bytes.set(ipv6Bytes(address), 8);
  bytes.writeUInt32LE(scopeId >>> 0, 24);
  return bytes;
}

/**
 * `struct sockaddr_un`, as long as the name needs.
 *
 * @param path file name of at most 107 bytes; NUL and up to 107 bytes for an abstract name; empty for no name (`bind`
 *   then chooses an abstract one)
 * @throws RangeError for a longer name
 * @throws TypeError for NUL inside a file name
 */
export function unixAddress(path: string): Buffer {
  const name = Buffer.from(path);
  const abstract = name[0] === 0;
  if (name.length > (abstract ? 108 : 107)) throw new RangeError(`Too long for a unix socket: '${path}'`);
  if (!abstract && name.includes(0)) throw new TypeError(`NUL in the name of a unix socket: '${path}'`);
  // A file name ends with NUL, which counts; in an abstract name every byte counts.
  const bytes = Buffer.alloc(2 + name.length + (abstract || name.length === 0 ? 0 : 1));
  bytes.writeUInt16LE(AF.UNIX);
  name.copy(bytes, 2);
  return bytes;
}

/**
 * Reads a `sockaddr`. Never throws: what is unknown or too short comes back as bytes.
 *
 * @param address as `getsockname` and `recvmsg` return it
 */
export function parseAddress(address: Uint8Array): SocketAddress {
  const bytes = Buffer.from(address.buffer, address.byteOffset, address.byteLength);
  const number = bytes.length >= 2 ? bytes.readUInt16LE() : 0;
  if (number === AF.NETLINK && bytes.length >= 12) {
    return { family: 'netlink', port: bytes.readUInt32LE(4), groups: bytes.readUInt32LE(8) };
  }
  if (number === AF.INET && bytes.length >= 8) {
    return { family: 'inet', address: ipv4Text(bytes.subarray(4)), port: bytes.readUInt16BE(2) };
  }
  if (number === AF.INET6 && bytes.length >= 28) {
    const port = bytes.readUInt16BE(2);
    return { family: 'inet6', address: ipv6Text(bytes.subarray(8)), port, scopeId: bytes.readUInt32LE(24) };
  }
  if (number === AF.UNIX) {
    const name = bytes.subarray(2);
    const end = name[0] === 0 ? name.length : name.indexOf(0);
    return { family: 'unix', path: name.toString('utf8', 0, end < 0 ? name.length : end) };
  }
  return { family: 'unknown', number, bytes: address };
}
