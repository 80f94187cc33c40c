import { EncodeError } from '../errors.ts';
import { formatHex, parseHex } from '../wire/hex.ts';
import type { Writer } from '../wire/writer.ts';
import { formatIpv4, formatIpv6, parseIpv4Into, parseIpv6 } from './ip-text.ts';
import type { Type } from './type.ts';

/** Appends the 4 bytes of an address; false, and nothing, when `value` is none. */
function writeIpv4(writer: Writer, value: unknown): boolean {
  const at = writer.reserve(4);
  if (typeof value === 'string' && parseIpv4Into(writer.bytes, at, value)) return true;
  writer.truncate(at);
  return false;
}

/** The same for 16 bytes. */
function writeIpv6(writer: Writer, value: unknown): boolean {
  const bytes = typeof value === 'string' && value.includes(':') ? parseIpv6(value) : undefined;
  if (bytes !== undefined) writer.blob(bytes);
  return bytes !== undefined;
}

function isNot(what: string, value: unknown): EncodeError {
  return new EncodeError({ path: '', reason: `is not ${what}`, value });
}

/** `__be32` as dotted text: `10.0.0.1`. */
export const ipv4: Type<string> = {
  name: 'ipv4',
  size: 4,
  read: (reader, start) => formatIpv4(reader.bytes, start),
  write(writer, value) {
    if (!writeIpv4(writer, value)) throw isNot('an IPv4 address', value);
  },
};

/** `struct in6_addr` as RFC 5952 text: `fd00::1`. */
export const ipv6: Type<string> = {
  name: 'ipv6',
  size: 16,
  read: (reader, start) => formatIpv6(reader.bytes, start),
  write(writer, value) {
    if (!writeIpv6(writer, value)) throw isNot('an IPv6 address', value);
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
    if (!writeIpv4(writer, value) && !writeIpv6(writer, value)) throw isNot('an IP address', value);
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
