import { SCM, SOL } from './constants.ts';
import { UnsupportedPlatformError } from './errors.ts';
import { koffi } from './native.ts';
import { SOCKADDR_STORAGE } from './socket.ts';

const IOVEC = 16;
const INLINE_IOVECS = 8;
const IOVECS_AT = 64;
const NAME_AT = IOVECS_AT + INLINE_IOVECS * IOVEC;

/** Indexes into `words` (64 bits) of the fields of `struct msghdr`; the sizes are 32-bit fields at twice the index. */
const FIELD = { NAME: 0, NAMELEN: 1, IOV: 2, IOVLEN: 3, CONTROL: 4, CONTROLLEN: 5, FLAGS: 6 } as const;

/**
 * One `struct msghdr` with its iovec array, address and control buffer, used again by every call.
 *
 * 64-bit little-endian layout. glibc declares the lengths as `size_t`, musl as `int` with padding before or after:
 * on little-endian machines the bytes are the same. A call is synchronous and runs no JavaScript, so that one frame
 * serves all; whatever the frame points at is only borrowed for that call, and `hold` keeps it from the collector.
 */
export class MessageFrame {
  /** The `struct msghdr`, the argument for C. */
  readonly header: Uint8Array;
  /** Room for the peer's address. */
  readonly name: Buffer;
  /** Room for control messages. */
  control: Buffer;
  readonly #words: BigUint64Array;
  readonly #sizes: Uint32Array;
  readonly #base: bigint;
  #controlAddress: bigint;
  /** What the header points at: a root for the collector, read by nobody. */
  held: unknown;

  /** @throws UnsupportedPlatformError on 32-bit processors */
  constructor() {
    const { address, sizeof } = koffi();
    if (sizeof('void *') !== 8) {
      throw new UnsupportedPlatformError(`sendmsg and recvmsg need a 64-bit processor, not ${process.arch}.`);
    }
    const memory = new ArrayBuffer(NAME_AT + SOCKADDR_STORAGE);
    this.header = new Uint8Array(memory, 0, 56);
    this.name = Buffer.from(memory, NAME_AT, SOCKADDR_STORAGE);
    this.#words = new BigUint64Array(memory);
    this.#sizes = new Uint32Array(memory);
    this.#base = address(memory);
    this.control = Buffer.allocUnsafeSlow(2048);
    this.#controlAddress = address(this.control);
  }

  /**
   * Points the header at the data, and at nothing else yet.
   *
   * @param data borrowed until `release`
   */
  begin(data: readonly Uint8Array[]): void {
    this.held = data;
    const { address } = koffi();
    let iovecs = this.#words;
    let start = IOVECS_AT / 8;
    if (data.length > INLINE_IOVECS) {
      iovecs = new BigUint64Array(2 * data.length);
      start = 0;
      this.held = [data, iovecs];
    }
    data.forEach((bytes, index) => {
      iovecs[start + 2 * index] = bytes.length === 0 ? 0n : address(bytes);
      iovecs[start + 2 * index + 1] = BigInt(bytes.length);
    });
    this.#words.fill(0n, 0, 7);
    this.#words[FIELD.IOV] = start === 0 ? address(iovecs) : this.#base + BigInt(IOVECS_AT);
    this.#sizes[2 * FIELD.IOVLEN] = data.length;
  }

  /** Lets go of the data. */
  release(): void {
    this.held = undefined;
  }

  /** `msg_name`: the first bytes of `name`. */
  useName(length: number): void {
    this.#words[FIELD.NAME] = this.#base + BigInt(NAME_AT);
    this.#sizes[2 * FIELD.NAMELEN] = length;
  }

  /** `msg_control`: the first bytes of `control`, which must be reserved. */
  useControl(length: number): void {
    this.#words[FIELD.CONTROL] = this.#controlAddress;
    this.#sizes[2 * FIELD.CONTROLLEN] = length;
  }

  /** Makes `control` at least this long. */
  reserveControl(length: number): void {
    if (length <= this.control.length) return;
    this.control = Buffer.allocUnsafeSlow(length);
    this.#controlAddress = koffi().address(this.control);
  }

  /** `msg_namelen`, as the kernel left it. */
  get nameLength(): number {
    return Math.min(this.#sizes[2 * FIELD.NAMELEN] ?? 0, SOCKADDR_STORAGE);
  }

  /** `msg_controllen`, as the kernel left it. */
  get controlLength(): number {
    return Math.min(this.#sizes[2 * FIELD.CONTROLLEN] ?? 0, this.control.length);
  }

  /** `msg_flags`, as the kernel left it. */
  get flags(): number {
    return this.#sizes[2 * FIELD.FLAGS] ?? 0;
  }
}

/** One control message of `recvmsg(2)`, `struct cmsghdr` and what follows it. */
export interface ControlMessage {
  /** One of `SOL`. */
  readonly level: number;
  /** Meaning depends on the level. */
  readonly type: number;
  /** The payload, a buffer of its own. */
  readonly data: Buffer;
}

/** `struct cmsghdr { size_t cmsg_len; int cmsg_level; int cmsg_type; }` on 64-bit machines. */
const CMSG_HEADER = 16;

function align(length: number): number {
  return (length + 7) & ~7;
}

/** `CMSG_SPACE()`: bytes that a control message takes, with its header and padding. */
export function controlSpace(payload: number): number {
  return CMSG_HEADER + align(payload);
}

/**
 * Writes an SCM_RIGHTS message.
 *
 * @param target at least `controlSpace(4 * fds.length)` bytes
 * @returns bytes written
 */
export function writeRights(target: Buffer, fds: readonly number[]): number {
  const space = controlSpace(4 * fds.length);
  target.fill(0, 0, space);
  target.writeUInt32LE(CMSG_HEADER + 4 * fds.length, 0);
  target.writeInt32LE(SOL.SOCKET, 8);
  target.writeInt32LE(SCM.RIGHTS, 12);
  fds.forEach((fd, index) => {
    target.writeInt32LE(fd, CMSG_HEADER + 4 * index);
  });
  return space;
}

/**
 * Walks the control messages of one datagram.
 *
 * @param source what the kernel wrote
 * @returns the descriptors of every SCM_RIGHTS message, in order, and a copy of all other messages
 */
export function readControl(source: Buffer): { fds: number[]; messages: ControlMessage[] } {
  const fds: number[] = [];
  const messages: ControlMessage[] = [];
  for (let offset = 0; offset + CMSG_HEADER <= source.length; ) {
    const length = source.readUInt32LE(offset);
    if (length < CMSG_HEADER || offset + length > source.length) break;
    const level = source.readInt32LE(offset + 8);
    const type = source.readInt32LE(offset + 12);
    if (level === SOL.SOCKET && type === SCM.RIGHTS) {
      for (let at = offset + CMSG_HEADER; at + 4 <= offset + length; at += 4) fds.push(source.readInt32LE(at));
    } else {
      messages.push({ level, type, data: Buffer.from(source.subarray(offset + CMSG_HEADER, offset + length)) });
    }
    offset += align(length);
  }
  return { fds, messages };
}
