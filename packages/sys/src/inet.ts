/** Text and bytes of internet addresses, without loading `node:net`. */

const DECIMAL = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${DECIMAL}\\.${DECIMAL}\\.${DECIMAL}\\.${DECIMAL}$`);

/**
 * `inet_pton(AF_INET)`: four decimal numbers.
 *
 * @returns 4 bytes
 * @throws TypeError if the text is no IPv4 address
 */
export function ipv4Bytes(text: string): Uint8Array {
  const parts = IPV4.exec(text);
  if (!parts) throw new TypeError(`Not an IPv4 address: '${text}'`);
  return Uint8Array.from(parts.slice(1), Number);
}

/**
 * `inet_ntop(AF_INET)`.
 *
 * @param bytes at least 4
 */
export function ipv4Text(bytes: Uint8Array): string {
  return bytes.subarray(0, 4).join('.');
}

/**
 * `inet_pton(AF_INET6)`. A zone (`%eth0`) is not part of the address: it is the scope id.
 *
 * @returns 16 bytes
 * @throws TypeError if the text is no IPv6 address
 */
export function ipv6Bytes(text: string): Uint8Array {
  // The URL parser knows every spelling and answers the shortest one, in hexadecimal only.
  const url = /^[0-9a-f:.]+$/i.test(text) ? `http://[${text}]` : '';
  if (!URL.canParse(url)) throw new TypeError(`Not an IPv6 address: '${text}'`);
  const [head = '', tail] = new URL(url).hostname.slice(1, -1).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}

/**
 * `inet_ntop(AF_INET6)`: the shortest form (RFC 5952).
 *
 * @param bytes at least 16
 */
export function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0));
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return `::ffff:${ipv4Text(bytes.subarray(12))}`;
  return new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`).hostname.slice(1, -1);
}
