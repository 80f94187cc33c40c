import { readdirSync } from 'node:fs';
import { AF, CLONE, close, ERRNO, O, open, openat, read, SystemError, setns, socket, unshare, write } from '@nsnet/sys';
import { MAX_DATA, type Reply, type Request, type Step } from './protocol.ts';
import { isSysctlPath } from './sysctl-path.ts';

/** What an operation answers; `fd` goes to the client and is closed here. */
export interface Outcome extends Partial<Omit<Reply, 'id'>> {
  readonly fd?: number;
}

/** Exit status: the helper could not return to its own namespace, so that it must not go on. */
export const EXIT_LOST = 3;

/** A refusal of our own, in the words of the kernel. */
function refuse(errno: number, step: Step): Outcome {
  return { errno, step };
}

/** Runs one step; what the kernel says becomes the outcome. */
function attempt(step: Step, work: () => Outcome): Outcome {
  try {
    return work();
  } catch (error) {
    if (error instanceof SystemError) return refuse(error.errno, step);
    // node:fs has negative numbers.
    const errno = error instanceof Error && 'errno' in error ? Math.abs(Number(error.errno)) : 0;
    return refuse(errno || ERRNO.EIO, step);
  }
}

/** The namespace the helper comes from. */
export interface Home {
  readonly fd: number;
  /** Why there is no way back to it, or 0. It is found out before leaving: a lost helper must end. */
  readonly noReturn: number;
}

/** The present namespace as the home. */
export function findHome(): Home {
  const fd = open('/proc/thread-self/ns/net', O.RDONLY);
  const { errno = 0 } = attempt('enter', () => {
    setns(fd, CLONE.NEWNET);
    return {};
  });
  return { fd, noReturn: errno };
}

/**
 * Runs `work` inside the namespace. Nothing may fail to come back: a helper in a foreign namespace would answer every
 * later request from there.
 */
function inside(home: Home, namespace: number, work: () => Outcome): Outcome {
  if (home.noReturn !== 0) return refuse(home.noReturn, 'enter');
  return attempt('enter', () => {
    setns(namespace, CLONE.NEWNET);
    try {
      return work();
    } finally {
      comeBack(home);
    }
  });
}

function comeBack(home: Home): void {
  try {
    setns(home.fd, CLONE.NEWNET);
  } catch {
    process.exit(EXIT_LOST);
  }
}

/** `unshare(CLONE_NEWNET)`: the new namespace's only reference is the descriptor. */
export function create(home: Home): Outcome {
  if (home.noReturn !== 0) return refuse(home.noReturn, 'create');
  return attempt('create', () => {
    unshare(CLONE.NEWNET);
    try {
      return attempt('open', () => ({ fd: open('/proc/thread-self/ns/net', O.RDONLY) }));
    } finally {
      comeBack(home);
    }
  });
}

/** `socket(2)`. A socket stays in the namespace it was made in. */
export function openSocket(home: Home, namespace: number, { a, b, c }: Request): Outcome {
  if (a < AF.UNSPEC || b < 0 || c < 0) return refuse(ERRNO.EINVAL, 'request');
  return inside(home, namespace, () => attempt('socket', () => ({ fd: socket(a, b, c) })));
}

/**
 * What is done with a sysctl happens between `setns` and the way back: the kernel looks at the caller's namespace
 * when a file is found there, and at the caller's rights with every read and write.
 */
function withSysctl(home: Home, namespace: number, path: string, flags: number, use: (fd: number) => Outcome): Outcome {
  if (!isSysctlPath(path)) return refuse(ERRNO.EINVAL, 'request');
  return inside(home, namespace, () =>
    attempt('open', () => {
      const directory = open('/proc/sys/net', O.RDONLY | O.DIRECTORY);
      try {
        return use(path === '' ? openat(directory, '.', flags) : openat(directory, path, flags | O.NOFOLLOW));
      } finally {
        close(directory);
      }
    }),
  );
}

/** Runs the last step on a descriptor, and closes it. */
function finish(step: Step, fd: number, work: () => Outcome): Outcome {
  try {
    return attempt(step, work);
  } finally {
    close(fd);
  }
}

/** A file to be watched from outside: it can be read for as long as the namespace lives, and does not keep it alive. */
export function openSysctl(home: Home, namespace: number, { text }: Request): Outcome {
  return withSysctl(home, namespace, text, O.RDONLY, (fd) => ({ fd }));
}

/** Content of a sysctl. */
export function readSysctl(home: Home, namespace: number, { text }: Request): Outcome {
  return withSysctl(home, namespace, text, O.RDONLY, (fd) => finish('read', fd, () => readAll(fd)));
}

/**
 * Writes a sysctl in one piece, as the kernel wants it, and reads it back: `data` is what it says then, `value` is 1 if
 * it can't be read (write-only ones such as `ipv4/route/flush`).
 */
export function writeSysctl(home: Home, namespace: number, { text, data }: Request): Outcome {
  const written = withSysctl(home, namespace, text, O.WRONLY, (fd) =>
    finish('write', fd, () => (write(fd, data) === data.length ? {} : refuse(ERRNO.EINVAL, 'write'))),
  );
  if (written.errno) return written;
  const after = withSysctl(home, namespace, text, O.RDONLY, (fd) => finish('verify', fd, () => readAll(fd)));
  return after.errno ? { value: 1 } : after;
}

/**
 * Names in a directory of sysctls, NUL-separated, directories ending in `/`, from the `a`-th on. `value` is where to go
 * on, 0 at the end: a machine with many interfaces has more than fits into a frame.
 */
export function listSysctls(home: Home, namespace: number, { text, a }: Request): Outcome {
  return withSysctl(home, namespace, text, O.RDONLY | O.DIRECTORY, (fd) =>
    finish('list', fd, () => {
      const entries = readdirSync(`/proc/self/fd/${fd}`, { withFileTypes: true });
      const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
      const { page, next } = pageOf(names, Math.max(0, a), MAX_DATA);
      return { data: Buffer.from(page.join('\0')), value: next };
    }),
  );
}

/** As many names from one on as fit into `limit` bytes, and the index to go on from, 0 at the end. */
export function pageOf(names: readonly string[], from: number, limit: number): { page: string[]; next: number } {
  let length = 0;
  let end = from;
  for (; end < names.length; end++) {
    length += Buffer.byteLength(names[end] ?? '') + 1;
    if (length > limit) break;
  }
  return { page: names.slice(from, end), next: end < names.length ? end : 0 };
}

let buffer: Buffer | undefined;

/**
 * Reads a file from its start to its end.
 *
 * @returns bytes of a shared buffer, valid until the next call
 */
function readAll(fd: number): Outcome {
  buffer ??= Buffer.alloc(MAX_DATA + 1);
  let length = 0;
  while (length < buffer.length) {
    const count = read(fd, buffer.subarray(length));
    if (count === 0) return { data: buffer.subarray(0, length) };
    length += count;
  }
  return refuse(ERRNO.EMSGSIZE, 'read');
}
