import { ArpType } from '../rtnetlink/constants.ts';
import { type NameTable, valueName } from '../rtnetlink/names.ts';
import { formatIpv4, formatIpv6 } from '../schema/ip-text.ts';
import { parseHex } from '../wire/hex.ts';

/** Types that `ip` has no word for, or another. */
const { generic, mctp, rawip, vsockmon, ...known } = ArpType;
const linkTypes: NameTable = { netrom: generic, ...known };

/** Tunnels whose link-layer addresses are the IP addresses of their ends. */
const overIpv4: readonly (number | undefined)[] = [ArpType.ipip, ArpType.sit, ArpType.gre];
const overIpv6: readonly (number | undefined)[] = [ArpType.tunnel6, ArpType.gre6];

/** `ether`, `loopback` …; `[290]` where `ip` has no word. */
export function linkTypeName(type: number): string {
  const name = valueName(linkTypes, type);
  return typeof name === 'number' ? `[${name}]` : name;
}

/** A link-layer address as `ip` shows it on links of `type`. */
export function hardwareAddress(address: string, type: number | undefined): string {
  const bytes = parseHex(address);
  if (bytes?.length === 4 && overIpv4.includes(type)) return formatIpv4(bytes, 0);
  if (bytes?.length === 16 && overIpv6.includes(type)) return formatIpv6(bytes, 0);
  return address;
}
