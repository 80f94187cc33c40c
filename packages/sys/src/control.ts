import { SCM, SOL } from './constants/socket.ts';

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
const HEADER = 16;

function align(length: number): number {
  return (length + 7) & ~7;
}

/** `CMSG_SPACE()`: bytes that a control message takes, with its header and padding. */
export function controlSpace(payload: number): number {
  return HEADER + align(payload);
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
  target.writeUInt32LE(HEADER + 4 * fds.length, 0);
  target.writeInt32LE(SOL.SOCKET, 8);
  target.writeInt32LE(SCM.RIGHTS, 12);
  fds.forEach((fd, index) => {
    target.writeInt32LE(fd, HEADER + 4 * index);
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
  for (let offset = 0; offset + HEADER <= source.length; ) {
    const length = source.readUInt32LE(offset);
    if (length < HEADER || offset + length > source.length) break;
    const level = source.readInt32LE(offset + 8);
    const type = source.readInt32LE(offset + 12);
    if (level === SOL.SOCKET && type === SCM.RIGHTS) {
      for (let at = offset + HEADER; at + 4 <= offset + length; at += 4) fds.push(source.readInt32LE(at));
    } else {
      messages.push({ level, type, data: Buffer.from(source.subarray(offset + HEADER, offset + length)) });
    }
    offset += align(length);
  }
  return { fds, messages };
}
