import { constants } from 'node:fs';

/**
 * Flags of `open(2)`, `O_*`. Those that differ between architectures come from Node.
 * `CLOEXEC` is added by every function here that makes a descriptor.
 */
export const O = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  CREAT: constants.O_CREAT,
  EXCL: constants.O_EXCL,
  TRUNC: constants.O_TRUNC,
  APPEND: constants.O_APPEND,
  NONBLOCK: constants.O_NONBLOCK,
  DIRECTORY: constants.O_DIRECTORY,
  NOFOLLOW: constants.O_NOFOLLOW,
  CLOEXEC: 0o2000000,
  /** The descriptor only names the file; it cannot be read or written. */
  PATH: 0o10000000,
} as const;

/** Directory descriptors and flags of the `…at` calls, `AT_*` (`linux/fcntl.h`). */
export const AT = {
  /** In place of a directory descriptor: the working directory. */
  FDCWD: -100,
  SYMLINK_NOFOLLOW: 0x100,
  REMOVEDIR: 0x200,
  EMPTY_PATH: 0x1000,
  RECURSIVE: 0x8000,
} as const;

/** Commands of `fcntl(2)`, `F_*`. */
export const F = { GETFD: 1, SETFD: 2, GETFL: 3, SETFL: 4, DUPFD_CLOEXEC: 1030 } as const;

/** The one flag of `F.GETFD` and `F.SETFD`. */
export const FD_CLOEXEC = 1;

/** Operations of `flock(2)`, `LOCK_*`. */
export const LOCK = { SH: 1, EX: 2, NB: 4, UN: 8 } as const;

/** Events of `poll(2)`, `POLL*`. */
export const POLL = { IN: 0x1, PRI: 0x2, OUT: 0x4, ERR: 0x8, HUP: 0x10, NVAL: 0x20, RDHUP: 0x2000 } as const;

/** Flags of `close_range(2)`; `CLOEXEC` needs Linux 5.11. */
export const CLOSE_RANGE = { UNSHARE: 2, CLOEXEC: 4 } as const;
