import { encodeText, isEncodable } from '../wire/text.ts';
import type { Problems } from './problems.ts';

/** A link by ifindex, by name (or altname), or by any object that has its index. */
export type LinkRef = number | string | { readonly index: number };

/** Longest interface name, bytes: `IFNAMSIZ` - 1. */
export const nameLimit = 15;
/** Longest alternative name, bytes: `ALTIFNAMSIZ` - 1. */
export const altnameLimit = 127;

/** Refuses what can't be a reference. */
export function checkRef(ref: LinkRef, path: string, problems: Problems): void {
  if (typeof ref === 'string') {
    const length = encodeText(ref).length;
    problems.check(
      length > 0 && length <= altnameLimit && !ref.includes('\0') && isEncodable(ref),
      path,
      `is not a link name (1 to ${altnameLimit} bytes)`,
      ref,
    );
    return;
  }
  const index = typeof ref === 'object' && ref !== null ? ref.index : ref;
  const valid = Number.isInteger(index) && index > 0 && index <= 0x7fffffff;
  problems.check(valid, path, 'is not a link: a name, an index from 1 on, or an object with one', ref);
}

/** As a person would say it: `link 'eth0'`, `link 7`. */
export function describeRef(ref: LinkRef): string {
  return typeof ref === 'string' ? `link '${ref}'` : `link ${typeof ref === 'object' ? ref.index : ref}`;
}

/** Refuses what the kernel refuses without a sentence, and `%d`, which it silently replaces by a number. */
export function checkNewName(name: unknown, path: string, problems: Problems): void {
  const bytes = checkName(name, nameLimit, path, problems);
  if (bytes === undefined || typeof name !== 'string') return;
  problems.check(!bytes.includes(0x3a), path, "contains ':'", name);
  if (name === '.' || name === '..') problems.add(path, 'is not allowed as a name', name);
  else if (name.includes('%')) problems.add(path, "contains '%', which the kernel takes for a template", name);
}

/** Refuses what `ip link property add` refuses as an alternative name. */
export function checkAltname(name: unknown, path: string, problems: Problems): void {
  checkName(name, altnameLimit, path, problems);
}

/** The bytes of a name, unless something is wrong with them. */
function checkName(name: unknown, limit: number, path: string, problems: Problems): Uint8Array | undefined {
  const bytes = typeof name === 'string' ? encodeText(name) : undefined;
  if (bytes === undefined) problems.add(path, 'is not a string', name);
  else if (bytes.length === 0) problems.add(path, 'is empty', name);
  else if (bytes.length > limit) problems.add(path, `is longer than ${limit} bytes`, name);
  else if (!isEncodable(String(name))) problems.add(path, 'contains half a surrogate pair', name);
  else if (bytes.some(isForbidden)) problems.add(path, "contains a space, '/' or NUL", name);
  else return bytes;
  return undefined;
}

/** NUL, `/`, and what the kernel's `isspace()` takes for a space, byte A0 included. */
function isForbidden(byte: number): boolean {
  return byte === 0 || byte === 0x2f || byte === 0x20 || byte === 0xa0 || (byte >= 9 && byte <= 13);
}

/** Refuses what is not 6 bytes of Ethernet address, or can't be a station's own. */
export function checkMac(address: unknown, path: string, problems: Problems): void {
  const valid = typeof address === 'string' && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(address);
  problems.check(valid, path, 'is not a MAC address (02:42:ac:11:00:02)', address);
}

/** The same for the address a link is to have: neither multicast nor zero. */
export function checkOwnMac(address: unknown, path: string, problems: Problems): void {
  checkMac(address, path, problems);
  if (typeof address !== 'string') return;
  const multicast = (Number.parseInt(address.slice(0, 2), 16) & 1) === 1;
  problems.check(!multicast, path, 'is a multicast address: the lowest bit of the first byte is set', address);
  problems.check(!/^[0:]+$/.test(address), path, 'is zero', address);
}
