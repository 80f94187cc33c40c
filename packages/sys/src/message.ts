import { MSG } from './constants.ts';
import { ERRNO } from './errno.ts';
import { SystemError } from './errors.ts';
import { close } from './file.ts';
import { type ControlMessage, controlSpace, MessageFrame, readControl, writeRights } from './msghdr.ts';
import { lastErrno, native } from './native.ts';
import { SOCKADDR_STORAGE } from './socket.ts';

const sendmsgCall = native<[fd: number, header: Uint8Array, flags: number]>('intptr_t sendmsg(int, const void *, int)');
const recvmsgCall = native<[fd: number, header: Uint8Array, flags: number]>('intptr_t recvmsg(int, void *, int)');

/** Most descriptors that one message can carry, `SCM_MAX_FD` in the kernel. */
export const SCM_MAX_FD = 253;

/** What `sendmsg` sends. */
export interface OutgoingMessage {
  /** The bytes; several buffers are gathered into one message. */
  readonly data: Uint8Array | readonly Uint8Array[];
  /** Descriptors for the other side of a unix socket (SCM_RIGHTS), `SCM_MAX_FD` at most; they stay open here. */
  readonly fds?: readonly number[];
  /** The destination, a whole `sockaddr`. */
  readonly address?: Uint8Array;
}

/** How `recvmsg` receives. */
export interface ReceiveOptions {
  /** Bits of `MSG`; `MSG.CMSG_CLOEXEC` is always added. With `MSG.TRUNC` the length is the real one. */
  readonly flags?: number;
  /** Descriptors to accept; more are closed at once. Default 16. */
  readonly maxFds?: number;
  /** Bytes for control messages. Default: room for `maxFds` descriptors and 128 bytes. */
  readonly controlLength?: number;
}

/** One received message. */
export interface IncomingMessage {
  /** Bytes received, or with `MSG.TRUNC` in the flags the real length of the datagram. */
  readonly length: number;
  /** The sender, a `sockaddr` for `parseAddress`; absent if the socket has no notion of one. */
  readonly address: Buffer | undefined;
  /** Descriptors received, close-on-exec; the caller owns them. */
  readonly fds: number[];
  /** The datagram was longer than the buffer, and the rest is lost. */
  readonly truncated: boolean;
  /** Descriptors or control messages were lost: no room, no free descriptor here, or more than `maxFds`. */
  readonly controlTruncated: boolean;
  /** Control messages other than descriptors. */
  readonly control: ControlMessage[];
}

let shared: MessageFrame | undefined;

/** The frame, made by the first user. Made once: its addresses are stable and no call here can be entered twice. */
function frame(): MessageFrame {
  shared ??= new MessageFrame();
  return shared;
}

/**
 * `sendmsg(2)`.
 *
 * @param flags bits of `MSG`
 * @returns bytes sent
 * @throws SystemError EMSGSIZE, EAGAIN, EPIPE …
 * @throws RangeError for more descriptors or a longer address than a message can have
 */
export function sendmsg(fd: number, message: OutgoingMessage, flags: number): number {
  const { data, fds = [], address } = message;
  if (fds.length > SCM_MAX_FD) throw new RangeError(`A message carries ${SCM_MAX_FD} descriptors, not ${fds.length}`);
  if (address && address.length > SOCKADDR_STORAGE) {
    throw new RangeError(`An address has at most ${SOCKADDR_STORAGE} bytes, not ${address.length}`);
  }
  const header = frame();
  header.begin(data instanceof Uint8Array ? [data] : data);
  if (address) {
    header.name.set(address);
    header.useName(address.length);
  }
  if (fds.length > 0) header.useControl(writeRights(header.control, fds));
  try {
    for (;;) {
      const sent = sendmsgCall.invoke(fd, header.header, flags);
      if (sent >= 0) return sent;
      const errno = lastErrno();
      if (errno !== ERRNO.EINTR) throw new SystemError(errno, 'sendmsg');
    }
  } finally {
    header.release();
  }
}

/**
 * `recvmsg(2)` that answers failure as a number, for loops that read until EAGAIN.
 *
 * @param buffer receives the bytes
 * @returns the message, or the negative errno; EINTR is retried
 * @throws RangeError for a `controlLength` beyond 64 KiB
 */
export function tryRecvmsg(fd: number, buffer: Uint8Array, options: ReceiveOptions = {}): IncomingMessage | number {
  const { flags = 0, maxFds = 16 } = options;
  const { controlLength = controlSpace(4 * maxFds) + 128 } = options;
  if (!(controlLength >= 0 && controlLength <= 65536)) {
    throw new RangeError(`Control messages have 0 to 65536 bytes, not ${controlLength}`);
  }
  const header = frame();
  header.reserveControl(controlLength);
  for (;;) {
    header.begin([buffer]);
    header.useName(SOCKADDR_STORAGE);
    header.useControl(controlLength);
    const length = recvmsgCall.invoke(fd, header.header, flags | MSG.CMSG_CLOEXEC);
    header.release();
    if (length >= 0) return incoming(header, length, maxFds);
    const errno = lastErrno();
    if (errno !== ERRNO.EINTR) return -errno;
  }
}

function incoming(header: MessageFrame, length: number, maxFds: number): IncomingMessage {
  const { fds, messages } = readControl(header.control.subarray(0, header.controlLength));
  const surplus = fds.splice(maxFds);
  for (const fd of surplus) close(fd);
  const { nameLength, flags } = header;
  return {
    length,
    address: nameLength === 0 ? undefined : Buffer.from(header.name.subarray(0, nameLength)),
    fds,
    truncated: (flags & MSG.TRUNC) !== 0,
    controlTruncated: (flags & MSG.CTRUNC) !== 0 || surplus.length > 0,
    control: messages,
  };
}

/**
 * `recvmsg(2)`: bytes, sender, descriptors and control messages of one datagram.
 *
 * @param buffer receives the bytes
 * @throws SystemError EAGAIN, ENOBUFS, ECONNRESET …
 * @throws RangeError for a `controlLength` beyond 64 KiB
 */
export function recvmsg(fd: number, buffer: Uint8Array, options?: ReceiveOptions): IncomingMessage {
  const message = tryRecvmsg(fd, buffer, options);
  if (typeof message === 'number') throw new SystemError(-message, 'recvmsg');
  return message;
}

/**
 * `recvfrom(2)`, telling whether the datagram was cut (it is made of `recvmsg`, which alone knows).
 *
 * @param buffer receives the bytes
 * @param flags bits of `MSG`
 * @returns length (see `IncomingMessage`), the sender's `sockaddr` (empty if there is none), and whether the rest is lost
 * @throws SystemError EAGAIN, ENOBUFS …
 */
export function recvfrom(
  fd: number,
  buffer: Uint8Array,
  flags: number,
): { length: number; address: Buffer; truncated: boolean } {
  const { length, address, truncated } = recvmsg(fd, buffer, { flags, maxFds: 0, controlLength: 0 });
  return { length, address: address ?? Buffer.alloc(0), truncated };
}
