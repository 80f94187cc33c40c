import { ERRNO } from './errno.ts';
import { SystemError } from './errors.ts';
import { lastErrno, native } from './native.ts';

const pollCall = native<[entries: Uint8Array, count: number, timeout: number]>('int poll(void *, unsigned long, int)');

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
