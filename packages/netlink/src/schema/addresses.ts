import { EncodeError } from '../errors.ts';
import { formatHex, parseHex } from '../wire/hex.ts';
import { formatIpv4, formatIpv6, parseIp } from './ip-text.ts';
import type { Type } from './type.ts';

/** Refuses text that is not an address of `length` bytes (either family when 0). */
function addressBytes(value: unknown, length: 0 | 4 | 16, what: string): Uint8Array {
  const parsed = typeof value === 'string' ? parseIp(value) : undefined;
  if (parsed !== undefined && (length === 0 || parsed.length === length)) return parsed;
  throw new EncodeError({ path: '', reason: `is not ${what}`, value });
}

/** `__be32` as dotted text: `10.0.0.1`. */
export const ipv4: Type<string> = {
  name: 'ipv4',
  size: 4,
  read: (reader, start) => formatIpv4(reader.bytes, start),
  write(writer, value) {
    writer.blob(addressBytes(value, 4, 'an IPv4 address'));
  },
};

/** `struct in6_addr` as RFC 5952 text: `fd00::1`. */
export const ipv6: Type<string> = {
  name: 'ipv6',
  size: 16,
  read: (reader, start) => formatIpv6(reader.bytes, start),
  write(writer, value) {
    writer.blob(addressBytes(value, 16, 'an IPv6 address'));
  },
};

/** An address of either family; its length says which. Lengths that are neither are kept as bytes. */
export const ip: Type<string> = {
  name: 'ip',
  read(reader, start, end) {
    if (end - start === 4) return formatIpv4(reader.bytes, start);
    if (end - start === 16) return formatIpv6(reader.bytes, start);
    reader.irregular = true;
    return formatHex(reader.bytes, start, end);
  },
  write(writer, value) {
    writer.blob(addressBytes(value, 0, 'an IP address'));
  },
};

/** A link-layer address as hexadecimal pairs, `02:42:ac:11:00:02`: 6 bytes on Ethernet, 4, 8, 16 or 20 elsewhere. */
export const mac: Type<string> = {
  name: 'mac',
  read: (reader, start, end) => formatHex(reader.bytes, start, end),
  write(writer, value) {
    const parsed = typeof value === 'string' ? parseHex(value) : undefined;
    if (parsed === undefined)
      throw new EncodeError({ path: '', reason: 'is not a link-layer address (02:42:ac:11:00:02)', value });
    writer.blob(parsed);
  },
};
