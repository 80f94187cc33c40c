import type { KoffiFunc } from 'koffi';
import { ERRNO } from './errno.ts';
import { call, find, lastErrno, native } from './native.ts';

type SendFunction = KoffiFunc<(fd: number, buffer: Uint8Array, length: number, flags: number) => number>;

const SEND = 'intptr_t send(int, const void *, size_t, int)';
const sendCall = native<[fd: number, buffer: Uint8Array, length: number, flags: number]>(SEND);
const recvCall = native<[fd: number, buffer: Uint8Array, length: number, flags: number]>(
  'intptr_t recv(int, void *, size_t, int)',
);
const sendtoCall = native<
  [fd: number, buffer: Uint8Array, length: number, flags: number, address: Uint8Array, addressLength: number]
>('intptr_t sendto(int, const void *, size_t, int, const void *, uint32_t)');
const recvfromCall = native<
  [fd: number, buffer: Uint8Array, length: number, flags: number, address: Uint8Array, addressLength: Uint32Array]
>('intptr_t recvfrom(int, void *, size_t, int, void *, void *)');

/** The part of a buffer that C may touch from its start. The check is what stands between a wrong length and the heap. */
function window(buffer: Uint8Array, offset: number, length: number): Uint8Array {
  if (!(offset >= 0 && length >= 0 && offset + length <= buffer.length)) {
    throw new RangeError(`Bytes ${offset} to ${offset + length} lie outside a buffer of ${buffer.length} bytes`);
  }
  return offset === 0 ? buffer : buffer.subarray(offset);
}

/**
 * `send(2)` that answers failure as a number: refused and full sockets are everyday events for netlink, and an
 * exception costs more than the call.
 *
 * @param length bytes to send, from `offset` on
 * @param flags bits of `MSG`
 * @returns bytes sent, or the negative errno; EINTR is retried
 * @throws RangeError if the range is not inside the buffer
 */
export function trySend(fd: number, buffer: Uint8Array, offset: number, length: number, flags: number): number {
  const bytes = window(buffer, offset, length);
  for (;;) {
    const sent = sendCall.invoke(fd, bytes, length, flags);
    if (sent >= 0) return sent;
    const errno = lastErrno();
    if (errno !== ERRNO.EINTR) return -errno;
  }
}

/**
 * `recv(2)` that answers failure as a number: EAGAIN ends every drain, ENOBUFS tells of lost events.
 *
 * @param length most bytes to write, from `offset` on
 * @param flags bits of `MSG`; with `MSG.TRUNC` the result is the real length of the datagram, which may be larger
 * @returns bytes received, or the negative errno; EINTR is retried
 * @throws RangeError if the range is not inside the buffer
 */
export function tryRecv(fd: number, buffer: Uint8Array, offset: number, length: number, flags: number): number {
  const bytes = window(buffer, offset, length);
  for (;;) {
    const received = recvCall.invoke(fd, bytes, length, flags);
    if (received >= 0) return received;
    const errno = lastErrno();
    if (errno !== ERRNO.EINTR) return -errno;
  }
}

const addressLength = new Uint32Array(1);

/**
 * `recvfrom(2)` like `tryRecv`, with the sender's address, and nothing allocated: for monitors, which must look at the
 * sender of every datagram.
 *
 * @param address receives the `sockaddr`; what the kernel does not write stays as it was, so the buffer should be as
 *   long as the family's address (12 bytes for netlink). For `AF.UNIX`, whose addresses vary in length, use `recvfrom`
 * @returns bytes received (see `tryRecv`), or the negative errno
 * @throws RangeError if the range is not inside the buffer
 */
export function tryRecvfrom(
  fd: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  flags: number,
  address: Uint8Array,
): number {
  const bytes = window(buffer, offset, length);
  for (;;) {
    addressLength[0] = address.length;
    const received = recvfromCall.invoke(fd, bytes, length, flags, address, addressLength);
    if (received >= 0) return received;
    const errno = lastErrno();
    if (errno !== ERRNO.EINTR) return -errno;
  }
}

/**
 * `sendto(2)`.
 *
 * @param flags bits of `MSG`
 * @param address a whole `sockaddr`
 * @returns bytes sent
 * @throws SystemError
 */
export function sendto(fd: number, bytes: Uint8Array, flags: number, address: Uint8Array): number {
  return call(sendtoCall, fd, bytes, bytes.length, flags, address, address.length);
}

/** One asynchronous send; it is also what keeps the bytes alive, which koffi does not. */
interface Job {
  readonly fd: number;
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly flags: number;
  resolve(result: number): void;
  reject(error: unknown): void;
}

/** koffi takes 256 asynchronous calls at once and throws at the next; more than the thread pool has threads only wait. */
const MAX_RUNNING = 64;
/** Strong references: the only thing between a buffer in flight and the garbage collector. */
const running = new Set<Job>();
const waiting: Job[] = [];
let asyncSend: SendFunction | undefined;

/**
 * `send(2)` on a thread of libuv's pool, for requests that make the kernel wait (deleting a link takes 20 ms).
 *
 * The bytes are kept alive, and must not be changed, until the promise settles; the descriptor must stay open as long,
 * because its number could be given to another file. Sends to one socket run in no certain order: await one first.
 *
 * errno belongs to a thread. koffi (since 3.2) takes it on the thread that made the call and puts it in place for the
 * duration of the callback, so it is read first thing there.
 *
 * @param length bytes to send, from `offset` on
 * @param flags bits of `MSG`
 * @returns bytes sent, or the negative errno; EINTR is retried
 * @throws RangeError (as a rejection) if the range is not inside the buffer
 */
export async function sendAsync(
  fd: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  flags: number,
): Promise<number> {
  const bytes = window(buffer, offset, length);
  return new Promise((resolve, reject) => {
    const job = { fd, bytes, length, flags, resolve, reject };
    if (running.size < MAX_RUNNING) start(job);
    else waiting.push(job);
  });
}

function start(job: Job): void {
  running.add(job);
  try {
    asyncSend ??= find(SEND) as SendFunction;
    asyncSend.async(job.fd, job.bytes, job.length, job.flags, (error: unknown, sent: number) => {
      const errno = sent < 0 ? lastErrno() : 0;
      running.delete(job);
      if (error) job.reject(error);
      else if (errno === ERRNO.EINTR) return start(job);
      else job.resolve(sent < 0 ? -errno : sent);
      next();
    });
  } catch (error) {
    running.delete(job);
    job.reject(error);
    next();
  }
}

function next(): void {
  const job = waiting.shift();
  if (job) start(job);
}
