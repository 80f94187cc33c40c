import { AddressFamily } from '../rtnetlink/constants.ts';
import { type NameTable, valueName } from '../rtnetlink/names.ts';

const { unspec, mctp, ...known } = AddressFamily;
const names: NameTable = known;

/** The word for an `AF_*` number; undefined where `ip` has none. */
export function familyName(family: number): string | undefined {
  const name = valueName(names, family);
  return typeof name === 'number' ? undefined : name;
}

/** Length of the family's addresses, bits; 0 where `ip` doesn't know it. */
export function addressBits(family: number): number {
  if (family === AddressFamily.inet) return 32;
  return family === AddressFamily.inet6 ? 128 : family === AddressFamily.mpls ? 20 : 0;
}
