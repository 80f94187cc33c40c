import { AddressFamily } from '../rtnetlink/constants.ts';
import { formatIpv4, formatIpv6, parseIp } from '../schema/ip-text.ts';
import type { Problems } from './problems.ts';

/** IPv4 or IPv6, as `ip -4` and `ip -6` tell them apart. */
export type InetFamily = 'inet' | 'inet6';

/** An address with the length of its network's prefix. */
export interface Prefix {
  readonly family: InetFamily;
  /** Text of the address, in canonical form. */
  readonly address: string;
  readonly bytes: Uint8Array;
  /** Bits. */
  readonly length: number;
  /** Whether the text said the length; without, it is that of a single address. */
  readonly explicit: boolean;
}

/** `AF_INET` or `AF_INET6`. */
export function familyNumber(family: InetFamily): number {
  return family === 'inet' ? AddressFamily.inet : AddressFamily.inet6;
}

/** The family of an `AF_*` number; undefined for others. */
export function familyName(number: number): InetFamily | undefined {
  return number === AddressFamily.inet ? 'inet' : number === AddressFamily.inet6 ? 'inet6' : undefined;
}

/** `10.0.0.1/24` or `10.0.0.1`; undefined, with a problem noted under `path`, when it is neither. */
export function parsePrefix(text: unknown, path: string, problems: Problems): Prefix | undefined {
  const [address, length] = typeof text === 'string' ? splitAt(text, '/') : ['', undefined];
  const bytes = parseIp(address);
  if (bytes === undefined || length?.includes('/')) {
    problems.add(path, 'is not an IP address or prefix (10.0.0.1/24, fd00::1/64)', text);
    return undefined;
  }
  const bits = bytes.length * 8;
  if (length !== undefined && (!/^\d{1,3}$/.test(length) || Number(length) > bits)) {
    problems.add(path, `has a prefix length that is not 0 to ${bits}`, text);
    return undefined;
  }
  const family = bits === 32 ? 'inet' : 'inet6';
  const canonical = family === 'inet' ? formatIpv4(bytes, 0) : formatIpv6(bytes, 0);
  return {
    family,
    address: canonical,
    bytes,
    length: length === undefined ? bits : Number(length),
    explicit: length !== undefined,
  };
}

/** What is before and behind the first `separator`; all of it when there is none. */
function splitAt(text: string, separator: string): [before: string, behind: string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** The same for an address alone. */
export function parseAddress(text: unknown, path: string, problems: Problems): Prefix | undefined {
  const prefix = parsePrefix(text, path, problems);
  if (prefix?.explicit) problems.add(path, 'is a prefix where an address is meant', text);
  return prefix?.explicit ? undefined : prefix;
}

/** First address of the prefix, as text: what a route's destination must be. */
export function networkOf({ address, bytes, length, family }: Prefix): string {
  if (length === bytes.length * 8) return address;
  const masked = bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, length - index * 8))) & 0xff);
  return family === 'inet' ? formatIpv4(masked, 0) : formatIpv6(masked, 0);
}

/** Last address of an IPv4 prefix, as text: its broadcast address. */
export function broadcastOf({ bytes, length }: Prefix): string {
  const filled = bytes.map((byte, index) => byte | (0xff >> Math.min(8, Math.max(0, length - index * 8))));
  return formatIpv4(filled, 0);
}

/** As `ip` shows it: a single address without its length. */
export function prefixText(address: string, length: number, family: InetFamily): string {
  return length === (family === 'inet' ? 32 : 128) ? address : `${address}/${length}`;
}
