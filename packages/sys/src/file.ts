import { F, O } from './constants.ts';
import { ERRNO } from './errno.ts';
import { SystemError } from './errors.ts';
import { call, callAt, lastErrno, native } from './native.ts';

const openatCall = native<[dirfd: number, path: string, flags: number, 'unsigned int', mode: number]>(
  'int openat(int, const char *, int, ...)',
);
const openCall = native<[path: string, flags: number, 'unsigned int', mode: number]>(
  'int open(const char *, int, ...)',
);
const closeCall = native<[fd: number]>('int close(int)');
const unlinkatCall = native<[dirfd: number, path: string, flags: number]>('int unlinkat(int, const char *, int)');
const fcntlCall = native<[fd: number, command: number, 'long', argument: number]>('int fcntl(int, int, ...)');
const flockCall = native<[fd: number, operation: number]>('int flock(int, int)');
const readCall = native<[fd: number, buffer: Uint8Array, length: number]>('intptr_t read(int, void *, size_t)');
const writeCall = native<[fd: number, bytes: Uint8Array, length: number]>('intptr_t write(int, const void *, size_t)');
const ioctlNumber = native<[fd: number, request: number, 'long', argument: number]>(
  'int ioctl(int, unsigned long, ...)',
);
const ioctlBytes = native<[fd: number, request: number, 'void *', argument: Uint8Array]>(
  'int ioctl(int, unsigned long, ...)',
);
const pollCall = native<[entries: Uint8Array, count: number, timeout: number]>('int poll(void *, unsigned long, int)');

const SYS_CLOSE_RANGE = 436;
const closeRangeCall = native<[number: number, 'unsigned int', number, 'unsigned int', number, 'unsigned int', number]>(
  'long syscall(long, ...)',
  'close_range',
);

/**
 * `open(2)`, close-on-exec.
 *
 * @param flags bits of `O`
 * @param mode permissions of a file it creates, before the umask
 * @returns a new descriptor, which the caller owns
 * @throws SystemError ENOENT, EACCES, ELOOP …; EINVAL for a path with a NUL character
 */
export function open(path: string, flags: number, mode = 0o666): number {
  return callAt(path, openCall, path, flags | O.CLOEXEC, 'unsigned int', mode);
}

/**
 * `openat(2)`, close-on-exec.
 *
 * @param dirfd directory that a relative path starts from, or `AT.FDCWD`
 * @param flags bits of `O`
 * @param mode permissions of a file it creates, before the umask
 * @returns a new descriptor, which the caller owns
 * @throws SystemError ENOENT, EACCES, ELOOP …; EINVAL for a path with a NUL character
 */
export function openat(dirfd: number, path: string, flags: number, mode = 0o666): number {
  return callAt(path, openatCall, dirfd, path, flags | O.CLOEXEC, 'unsigned int', mode);
}

/**
 * `close(2)`. Linux frees the number whatever it answers, so EINTR counts as done and nothing is ever tried twice.
 *
 * @throws SystemError EBADF, EIO …
 */
export function close(fd: number): void {
  if (closeCall.invoke(fd) === 0) return;
  const errno = lastErrno();
  if (errno !== ERRNO.EINTR) throw new SystemError(errno, 'close');
}

/**
 * `unlinkat(2)`.
 *
 * @param dirfd directory that a relative path starts from, or `AT.FDCWD`
 * @param flags 0, or `AT.REMOVEDIR`
 * @throws SystemError ENOENT, EBUSY (a mount point) …
 */
export function unlinkat(dirfd: number, path: string, flags: number): void {
  callAt(path, unlinkatCall, dirfd, path, flags);
}

/**
 * Another number for the same open file, close-on-exec: `fcntl(fd, F_DUPFD_CLOEXEC, 0)`.
 *
 * @returns a new descriptor, which the caller owns
 * @throws SystemError EBADF, EMFILE
 */
export function dup(fd: number): number {
  return fcntl(fd, F.DUPFD_CLOEXEC, 0);
}

/**
 * `fcntl(2)` of the commands that take a number.
 *
 * @param command one of `F`
 * @throws SystemError
 */
export function fcntl(fd: number, command: number, argument = 0): number {
  return call(fcntlCall, fd, command, 'long', argument);
}

/**
 * `flock(2)`. Without `LOCK.NB` it blocks the event loop until the lock is free.
 *
 * @param operation bits of `LOCK`
 * @throws SystemError EAGAIN: held by another, with `LOCK.NB`
 */
export function flock(fd: number, operation: number): void {
  call(flockCall, fd, operation);
}

/**
 * `ioctl(2)`.
 *
 * @param request the number, e.g. one of `NS` or `SIOC`
 * @param argument a number, or the bytes of the structure that the request reads and writes
 * @returns the result, for many requests 0 or a descriptor (these are close-on-exec by the kernel for `NS`, `PIDFD`
 *   and `SIOC.GSKNS`)
 * @throws SystemError ENOTTY: this file knows no such request
 */
export function ioctl(fd: number, request: number, argument: Uint8Array | number = 0): number {
  return typeof argument === 'number'
    ? call(ioctlNumber, fd, request, 'long', argument)
    : call(ioctlBytes, fd, request, 'void *', argument);
}

/**
 * `read(2)` of as many bytes as the buffer holds.
 *
 * @returns bytes read, 0 at the end
 * @throws SystemError
 */
export function read(fd: number, buffer: Uint8Array): number {
  return call(readCall, fd, buffer, buffer.length);
}

/**
 * `write(2)`.
 *
 * @returns bytes written, which may be fewer than given
 * @throws SystemError
 */
export function write(fd: number, bytes: Uint8Array): number {
  return call(writeCall, fd, bytes, bytes.length);
}

/**
 * `close_range(2)`: closes, or marks close-on-exec, every descriptor of a range; Linux 5.9.
 * Closing takes descriptors away from Node itself: keep to `CLOSE_RANGE.CLOEXEC`.
 *
 * @param first lowest descriptor
 * @param last highest descriptor; 0xffffffff for all
 * @param flags bits of `CLOSE_RANGE`
 * @throws SystemError
 */
export function closeRange(first: number, last: number, flags: number): void {
  const range = ['unsigned int', first, 'unsigned int', last] as const;
  call(closeRangeCall, SYS_CLOSE_RANGE, ...range, 'unsigned int', flags);
}

/**
 * `poll(2)` of one descriptor. It blocks the event loop while it waits: meant for looking (`timeoutMs` 0) and for tests.
 *
 * @param events bits of `POLL`; `ERR`, `HUP` and `NVAL` are reported without asking
 * @param timeoutMs milliseconds to wait at most; 0 not at all, negative without end
 * @returns bits of `POLL`, 0 after the time; a closed descriptor answers `POLL.NVAL`
 * @throws SystemError
 */
export function poll(fd: number, events: number, timeoutMs: number): number {
  const deadline = timeoutMs > 0 ? performance.now() + timeoutMs : 0;
  let remaining = timeoutMs;
  for (;;) {
    const entry = Buffer.alloc(8); // struct pollfd { int fd; short events; short revents; }
    entry.writeInt32LE(fd);
    entry.writeInt16LE(events, 4);
    if (pollCall.invoke(entry, 1, remaining) >= 0) return entry.readUInt16LE(6);
    const errno = lastErrno();
    if (errno !== ERRNO.EINTR) throw new SystemError(errno, 'poll');
    if (timeoutMs > 0) remaining = Math.max(0, Math.ceil(deadline - performance.now()));
  }
}
