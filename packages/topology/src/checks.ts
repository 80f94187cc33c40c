import { isIPv4, isIPv6 } from 'node:net';
import { EncodeError, type Problem } from '@nsnet/netlink';

/** What is wrong with what a caller asks for: all of it is said at once, and before anything is done. */
export class Problems {
  readonly #found: Problem[] = [];

  /** Notes a problem unless `condition` holds. */
  check(condition: boolean, path: string, reason: string, value?: unknown): void {
    if (!condition) this.#found.push({ path, reason, value });
  }

  /** Throws EncodeError if there are any. */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new EncodeError(this.#found);
  }
}

/** Longest link name, bytes: `IFNAMSIZ` - 1. */
const nameLimit = 15;

/** Refuses what can't be the name of a new link. */
export function checkLinkName(name: unknown, path: string, problems: Problems): void {
  const reason = problemOfName(name);
  problems.check(reason === undefined, path, reason ?? '', name);
}

function problemOfName(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'is not a string';
  if (name === '') return 'is empty';
  if (Buffer.byteLength(name) > nameLimit) return `is longer than ${nameLimit} bytes`;
  if (name === '.' || name === '..') return 'is not allowed as a name';
  if (/[\s/:\0]/.test(name)) return "contains a space, '/', ':' or NUL";
  return name.includes('%') ? "contains '%', which the kernel takes for a template" : undefined;
}

/** Refuses what can't be the MAC address of a station. */
export function checkMac(address: unknown, path: string, problems: Problems): void {
  const valid = typeof address === 'string' && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(address);
  problems.check(valid, path, 'is not a MAC address (02:42:ac:11:00:02)', address);
  if (!valid) return;
  const multicast = (Number.parseInt(address.slice(0, 2), 16) & 1) === 1;
  problems.check(!multicast, path, 'is a multicast address: the lowest bit of the first byte is set', address);
  problems.check(!/^[0:]+$/.test(address), path, 'is zero', address);
}

/** Refuses what is not an integer of a range. */
export function checkInteger(value: unknown, range: readonly [number, number], path: string, problems: Problems): void {
  const [min, max] = range;
  const valid = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
  problems.check(valid, path, `is not an integer from ${min} to ${max}`, value);
}

/** Refuses what can't be an address of a link: `10.0.0.1/24`, `fd00::1/64`. */
export function checkAddress(text: unknown, path: string, problems: Problems): void {
  const [address = '', length, ...rest] = typeof text === 'string' ? text.split('/') : [];
  const family = rest.length > 0 ? 0 : familyOf(address);
  problems.check(family !== 0, path, 'is not an IP address or prefix (10.0.0.1/24, fd00::1/64)', text);
  if (family === 0) return;
  const bits = family === 4 ? 32 : 128;
  const fits = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits);
  problems.check(fits, path, `has a prefix length that is not 0 to ${bits}`, text);
  problems.check(!isMulticast(address), path, 'is a multicast address, which no link can have as its own', text);
  problems.check(!/^[0:.]+$/.test(address), path, 'is the unspecified address', text);
}

/** 4 or 6; 0 for what is no address, or has a zone (`%eth0`). */
export function familyOf(address: string): 0 | 4 | 6 {
  if (isIPv4(address)) return 4;
  return isIPv6(address) && !address.includes('%') ? 6 : 0;
}

/** True for an address of 224.0.0.0/4 or ff00::/8. */
export function isMulticast(address: string): boolean {
  return isIPv4(address) ? /^(22[4-9]|23\d)\./.test(address) : /^ff[0-9a-f]{2}:/i.test(address);
}

/** True for an IPv4 address written as an IPv6 one: `::ffff:10.0.0.1`. */
export function isMapped(address: string): boolean {
  return /^::ffff:[0-9a-f]{1,4}:[0-9a-f]{1,4}$/.test(canonical(address));
}

/** An address in the one spelling that can be compared. */
export function canonical(address: string): string {
  return familyOf(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
