/** ICMP (RFC 792) and ICMPv6 (RFC 4443) echo messages: bytes in, bytes out. */

/** 4 or 6: ICMP or ICMPv6. */
export type IcmpVersion = 4 | 6;

/** Message types. */
const echo = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const;
/** Type, code, checksum, identifier, sequence number. */
const headerLength = 8;
/** As much as `ping` sends: 56 bytes behind the header. */
const payloadLength = 56;
const tokenLength = 16;

/** The echo messages of one caller: a random token in each tells them from everybody else's. */
export class EchoMessages {
  readonly #version: IcmpVersion;
  readonly #token: Uint8Array;
  readonly #request = Buffer.alloc(headerLength + payloadLength);

  /** @param token 16 random bytes, of which the first two are the identifier as well */
  constructor(version: IcmpVersion, token: Uint8Array) {
    if (token.length !== tokenLength) throw new RangeError(`A token has ${tokenLength} bytes, not ${token.length}`);
    this.#version = version;
    this.#token = token;
    this.#request[0] = echo[version].request;
    this.#request.set(token.subarray(0, 2), 4);
    this.#request.set(token, headerLength);
  }

  /**
   * An echo request.
   *
   * @param sequence from 0 on; the header has its lower 16 bits, the payload all 32
   * @returns a buffer that the next call overwrites
   */
  request(sequence: number): Buffer {
    const bytes = this.#request;
    bytes.writeUInt16BE(0, 2);
    bytes.writeUInt16BE(sequence & 0xffff, 6);
    bytes.writeUInt32BE(sequence, headerLength + tokenLength);
    // That of ICMPv6 covers addresses which only the kernel knows: it fills it in.
    if (this.#version === 4) bytes.writeUInt16BE(checksum(bytes), 2);
    return bytes;
  }

  /**
   * What a raw socket has received: with the IPv4 header, without the IPv6 one.
   *
   * @returns the sequence number of the request that this is the reply to; undefined if it is anything else
   */
  sequenceIn(datagram: Uint8Array): number | undefined {
    const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
    const start = this.#version === 4 ? ((bytes[0] ?? 0) & 0x0f) * 4 : 0;
    const message = bytes.subarray(start);
    if (message.length < headerLength + tokenLength + 4) return undefined;
    if (message[0] !== echo[this.#version].reply || message[1] !== 0) return undefined;
    const token = message.subarray(headerLength, headerLength + tokenLength);
    if (!token.equals(this.#token)) return undefined;
    // The kernel has checked that of ICMPv6.
    if (this.#version === 4 && checksum(message) !== 0) return undefined;
    return message.readUInt32BE(headerLength + tokenLength);
  }
}

/** The Internet checksum (RFC 1071); of a message that contains its own, 0. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
