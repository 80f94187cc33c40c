/**
 * IP addresses as text, both ways. Formatting goes through tables because a dump of 100,000 routes formats 200,000 of
 * them; parsing is strict: no leading zeros, no octal, no zone (a zone is an ifindex, which is an attribute of its own).
 */
const decimal: readonly string[] = Array.from({ length: 256 }, (_, byte) => String(byte));

/**
 * Addresses met before, by a hash of their first three bytes: the text of those, `192.0.2.`, and the last address that
 * began with them. The routes of a table come in order, so neighbours share the former, and most have one gateway: an
 * address costs one string instead of five, or none. Benchmark: `list 100k routes`.
 */
const places = 256;
const prefixes = new Int32Array(places).fill(-1);
const prefixTexts: string[] = new Array(places).fill('');
const lastBytes = new Int16Array(places).fill(-1);
const lastTexts: string[] = new Array(places).fill('');

/** The 4 bytes at `at` as `192.0.2.1`. */
export function formatIpv4(bytes: Uint8Array, at: number): string {
  const first = bytes[at] as number;
  const second = bytes[at + 1] as number;
  const third = bytes[at + 2] as number;
  const fourth = bytes[at + 3] as number;
  const prefix = (first << 16) | (second << 8) | third;
  const place = (first * 7 + second * 31 + third) & (places - 1);
  if (prefixes[place] !== prefix) {
    prefixes[place] = prefix;
    prefixTexts[place] = `${decimal[first]}.${decimal[second]}.${decimal[third]}.`;
  } else if (lastBytes[place] === fourth) return lastTexts[place] as string;
  lastBytes[place] = fourth;
  lastTexts[place] = `${prefixTexts[place]}${decimal[fourth]}`;
  return lastTexts[place] as string;
}

/** The 16 bytes at `at` as RFC 5952 text: lower case, longest run of zero groups as `::`, mapped IPv4 dotted. */
export function formatIpv6(bytes: Uint8Array, at: number): string {
  let bestStart = -1;
  let bestLength = 1;
  for (let group = 0; group < 8; ) {
    let end = group;
    while (end < 8 && bytes[at + 2 * end] === 0 && bytes[at + 2 * end + 1] === 0) end++;
    if (end - group > bestLength) {
      bestStart = group;
      bestLength = end - group;
    }
    group = end + 1;
  }
  if (bestStart === 0 && isDotted(bytes, at, bestLength)) {
    return `${bestLength === 6 ? '::' : '::ffff:'}${formatIpv4(bytes, at + 12)}`;
  }
  let text = '';
  for (let group = 0; group < 8; group++) {
    if (group === bestStart) {
      text += '::';
      group += bestLength - 1;
    } else {
      const value = ((bytes[at + 2 * group] as number) << 8) | (bytes[at + 2 * group + 1] as number);
      text += (text === '' || text.endsWith(':') ? '' : ':') + value.toString(16);
    }
  }
  return text;
}

/** Whether `inet_ntop` shows the last 4 bytes dotted: `::ffff:192.0.2.1`, `::192.0.2.1`. */
function isDotted(bytes: Uint8Array, at: number, zeroGroups: number): boolean {
  if (zeroGroups === 6) return true;
  return zeroGroups === 5 && bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}

/** The 4 or 16 bytes of an address, or undefined when `text` is not one. */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  return parseIpv4Into(bytes, 0, text) ? bytes : undefined;
}

/** The same, written to `bytes` at `at`; false when `text` is no IPv4 address. */
export function parseIpv4Into(bytes: Uint8Array, at: number, text: string): boolean {
  let part = 0;
  let value = -1;
  for (let position = 0; position < text.length; position++) {
    const digit = text.charCodeAt(position) - zero;
    if (digit >= 0 && digit <= 9) {
      // A leading zero may not go on.
      if (value === 0) return false;
      value = value === -1 ? digit : value * 10 + digit;
      if (value > 255) return false;
    } else {
      if (text[position] !== '.' || value === -1 || part === 3) return false;
      bytes[at + part++] = value;
      value = -1;
    }
  }
  if (part !== 3 || value === -1) return false;
  bytes[at + 3] = value;
  return true;
}

const zero = 0x30;

/** The 16 bytes of an IPv6 address, or undefined when `text` is not one. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = parseGroups(halves[1] ?? '', true);
  if (head === undefined || tail === undefined) return undefined;
  const length = head.length + tail.length;
  if (halves.length === 1 ? length !== 16 : length > 14) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** The bytes of `a:b:c`, whose last group may be dotted IPv4 when `mayEndDotted`. */
function parseGroups(text: string, mayEndDotted: boolean): readonly number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (group.includes('.')) {
      const dotted = mayEndDotted && index === groups.length - 1 ? parseIpv4(group) : undefined;
      if (dotted === undefined) return undefined;
      bytes.push(...dotted);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}
