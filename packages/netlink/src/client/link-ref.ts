import { encodeText } from '../wire/text.ts';
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
      length > 0 && length <= altnameLimit && !ref.includes('\0'),
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
  const length = typeof name === 'string' ? encodeText(name).length : 0;
  if (typeof name !== 'string') problems.add(path, 'is not a string', name);
  else if (length === 0) problems.add(path, 'is empty', name);
  else if (length > nameLimit) problems.add(path, `is longer than ${nameLimit} bytes`, name);
  else if (name === '.' || name === '..') problems.add(path, 'is not allowed as a name', name);
  else if (/[\s/:\0]/.test(name)) problems.add(path, "contains a space, '/', ':' or NUL", name);
  else if (name.includes('%')) problems.add(path, "contains '%', which the kernel takes for a template", name);
}

/** Refuses what is not 6 bytes of Ethernet address, or can't be a station's own. */
export function checkMac(address: unknown, path: string, problems: Problems): void {
  const valid = typeof address === 'string' && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(address);
  problems.check(valid, path, 'is not a MAC address (02:42:ac:11:00:02)', address);
}

/** The same for the address a link is to have: neither multicast nor zero. */
export function checkOwnMac(address: string, path: string, problems: Problems): void {
  checkMac(address, path, problems);
  const multicast = (Number.parseInt(address.slice(0, 2), 16) & 1) === 1;
  problems.check(!multicast, path, 'is a multicast address: the lowest bit of the first byte is set', address);
  problems.check(!/^[0:]+$/.test(address), path, 'is zero', address);
}
