import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { close, connect, SOCK } from '@nsnet/sys';
import { kernelAnswer } from '../errors.ts';
import { type Address, domainOf, parseLiteral, socketAddress } from './address.ts';
import type { SocketPlace } from './place.ts';

/** How names become addresses. */
export interface ResolveOptions {
  /** Only addresses of this family: 4 or 6; 0, the default, is both. */
  readonly family?: number | undefined;
  /**
   * Finds the addresses of a name, as the option of `net.connect` does. Default: `dns.lookup`, whose answers and queries
   * are those of this process, not of the namespace.
   */
  readonly lookup?: LookupFunction | undefined;
  /** Flags for `lookup`. */
  readonly hints?: number | undefined;
}

/** At least one. */
export type Addresses = readonly [Address, ...Address[]];

const LOOPBACK: readonly Address[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * Addresses of a host, in the order in which they should be tried: families by turns. A numeric address is its own
 * answer, and `localhost` is the loopback of the namespace.
 *
 * @throws what `lookup` answers: ENOTFOUND …
 */
export async function addressesOf(host: string, options: ResolveOptions): Promise<Addresses> {
  const itself = parseLiteral(host);
  if (itself) return [itself];
  const { family = 0, lookup } = options;
  const found =
    lookup === undefined && host.toLowerCase() === 'localhost'
      ? LOOPBACK
      : await ask(lookup ?? (await import('node:dns')).lookup, host, options);
  const wanted = family === 4 || family === 6 ? found.filter((address) => address.family === family) : found;
  const [first, ...others] = byTurns(wanted);
  if (first === undefined) throw notFound(host);
  return [first, ...others];
}

function ask(lookup: LookupFunction, host: string, { family = 0, hints = 0 }: ResolveOptions): Promise<Address[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true, family, hints }, (error, answer) => {
      if (error) reject(error);
      else {
        // Not every such function knows `all`.
        const list: (string | LookupAddress)[] = Array.isArray(answer) ? answer : [answer];
        const texts = list.map((entry) => (typeof entry === 'string' ? entry : entry.address));
        const addresses = texts.flatMap((text) => parseLiteral(text) ?? []);
        if (addresses.length < texts.length) reject(invalidAddress(texts));
        else resolve(addresses);
      }
    });
  });
}

/** Families by turns, beginning with the first one's: when one of them leads nowhere, the second attempt is the other. */
function byTurns(addresses: readonly Address[]): Address[] {
  const first = addresses[0]?.family;
  const ours = addresses.filter(({ family }) => family === first);
  const others = addresses.filter(({ family }) => family !== first);
  const length = Math.max(ours.length, others.length);
  return Array.from({ length }, (_, index) => [ours[index], others[index]])
    .flat()
    .filter((address) => address !== undefined);
}

/**
 * The first address that the namespace has a route to; the last one if it has none. Nothing is sent for it.
 *
 * @throws NamespaceError
 */
export async function firstWithRoute(place: SocketPlace, [first, ...others]: Addresses): Promise<Address> {
  let candidate = first;
  for (const next of others) {
    if (await hasRoute(place, candidate)) break;
    candidate = next;
  }
  return candidate;
}

/** A datagram socket that is connected has asked for a route, and sent nothing. */
async function hasRoute(place: SocketPlace, address: Address): Promise<boolean> {
  let fd = -1;
  try {
    fd = await place.socket(domainOf(address), SOCK.DGRAM, 0);
    connect(fd, socketAddress(fd, address, 9));
    return true;
  } catch (error) {
    const code = kernelAnswer(error)?.code ?? '';
    const none = ['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENODEV', 'EACCES', 'EINVAL'];
    if (none.includes(code)) return false;
    throw error;
  } finally {
    if (fd >= 0) close(fd);
  }
}

function notFound(hostname: string): Error {
  const error = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
  return Object.assign(error, { errno: -3008, code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname });
}

function invalidAddress(texts: readonly string[]): Error {
  const error = new TypeError(`Invalid IP address: ${texts.find((text) => !parseLiteral(text))}`);
  return Object.assign(error, { code: 'ERR_INVALID_IP_ADDRESS' });
}
