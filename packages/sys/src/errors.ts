import { errnoCode, errnoMessage } from './errno.ts';

/**
 * A system call that the kernel refused.
 *
 * The text follows Node's own errors: `EPERM: operation not permitted, setns '/run/netns/x'`.
 */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  /** Symbolic name, as in `errno.h`: `'EPERM'`. The kernel's word is used where there are two: `EOPNOTSUPP`, `EAGAIN`. */
  readonly code: string;
  /** The number behind `code`, always positive. */
  readonly errno: number;
  /** The call that failed, by its C name. */
  readonly syscall: string;
  /** The path the call was about, if it took one. */
  declare readonly path?: string;

  /**
   * Makes the error; the text comes from the number.
   *
   * @param errno positive error number
   * @param syscall C name of the call
   * @param path the path it was about
   */
  constructor(errno: number, syscall: string, path?: string) {
    const code = errnoCode(errno);
    super(`${code}: ${errnoMessage(errno)}, ${syscall}${path === undefined ? '' : ` '${path}'`}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    if (path !== undefined) this.path = path;
  }
}

/**
 * This process cannot make the calls of this package: another operating system, or an FFI library that does not load.
 * Thrown by the first call, never by importing the package.
 */
export class UnsupportedPlatformError extends Error {
  override readonly name = 'UnsupportedPlatformError';
  /** Always `'ERR_UNSUPPORTED_PLATFORM'`. */
  readonly code = 'ERR_UNSUPPORTED_PLATFORM';

  /**
   * Makes the error.
   *
   * @param reason what is missing, as a sentence
   * @param cause the error behind it, if there was one
   */
  constructor(reason: string, cause?: unknown) {
    super(reason, cause === undefined ? undefined : { cause });
  }
}
