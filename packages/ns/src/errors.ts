import { errnoMessage, SystemError } from '@nsnet/sys';
import { adviceFor } from './advice.ts';

/** What a `NamespaceError` is made of. */
export interface NamespaceErrorOptions {
  /** Symbolic name: the kernel's (`'EEXIST'`), or one of ours (`'ERR_NAMESPACE_NAME'`). */
  readonly code: string;
  /** What was being done when it failed, one word. */
  readonly step: string;
  /** Name or other description of the namespace it was about. */
  readonly namespace?: string | undefined;
  /** The kernel's error number, positive. */
  readonly errno?: number | undefined;
  /** The system call that failed, by its C name. */
  readonly syscall?: string | undefined;
  /** The error behind this one. */
  readonly cause?: unknown;
}

/**
 * Something about a namespace could not be done. The message says what was asked for, what the kernel answered, and
 * what to do about it.
 *
 * Codes of our own, beside the kernel's (`ENOENT`, `EEXIST`, `EPERM`, `ESRCH`, `EMFILE`, `ENOSPC` …):
 *
 * - `ERR_NAMESPACE_NAME`: not a name a namespace can have; nothing was done.
 * - `ERR_NAMESPACE_SOURCE`: not a way to say which namespace; nothing was done.
 * - `ERR_NOT_A_NAMESPACE`: there is something, but no network namespace.
 * - `ERR_NAMESPACE_CLOSED`: the handle was closed before.
 * - `ERR_NAMESPACE_BUSY`: still in use after the time to wait.
 * - `ERR_NAMESPACE_DIRECTORY`: the directory of names can't be trusted.
 * - `ERR_SYSCTL_NAME`, `ERR_SYSCTL_VALUE`: not a sysctl of the network; the kernel keeps another value.
 * - `ERR_HELPER_START`, `ERR_HELPER_DIED`, `ERR_HELPER_TIMEOUT`, `ERR_HELPER_PROTOCOL`: about the process that enters
 *   namespaces for us; the next call starts a new one.
 */
export class NamespaceError extends Error {
  override readonly name = 'NamespaceError';
  /** Symbolic name to tell errors apart by. */
  readonly code: string;
  /** What was being done when it failed: `'name'`, `'open'`, `'enter'`, `'create'`, `'mount'`, `'socket'`, `'execute'` … */
  readonly step: string;
  /** Name or description of the namespace it was about. */
  declare readonly namespace?: string;
  /** The kernel's error number, positive; absent if the kernel was not asked. */
  declare readonly errno?: number;
  /** The system call that failed; absent if the kernel was not asked. */
  declare readonly syscall?: string;

  /** @param message whole sentences, for people */
  constructor(message: string, { code, step, namespace, errno, syscall, cause }: NamespaceErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.step = step;
    if (namespace !== undefined) this.namespace = namespace;
    if (errno !== undefined) this.errno = errno;
    if (syscall !== undefined) this.syscall = syscall;
  }
}

/** What the kernel said, whoever asked it. */
export interface KernelAnswer {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string | undefined;
}

/** Code and number of a system call's error, whether it comes from `@nsnet/sys` or from Node; undefined for any other. */
export function kernelAnswer(error: unknown): KernelAnswer | undefined {
  if (error instanceof SystemError) return error;
  if (!(error instanceof Error) || !('errno' in error) || !('code' in error)) return undefined;
  const syscall = 'syscall' in error ? String(error.syscall) : undefined;
  return { code: String(error.code), errno: Math.abs(Number(error.errno)), syscall };
}

/** What was going on when the kernel refused. */
export interface Attempt {
  /** What was asked for, as the rest of "Can't …": `create namespace 'red'`. */
  readonly asked: string;
  readonly step: string;
  readonly namespace?: string | undefined;
}

/**
 * The kernel's refusal as a `NamespaceError` with advice.
 *
 * @param error whatever was thrown; what did not come from a system call is returned as it is
 */
export function refused(attempt: Attempt, error: unknown): unknown {
  const answer = error instanceof NamespaceError ? undefined : kernelAnswer(error);
  if (answer === undefined) return error;
  const { code, errno, syscall } = answer;
  const where = syscall === undefined ? '' : `, ${syscall}`;
  const { asked, step, namespace } = attempt;
  const advice = adviceFor(code, step);
  const message = `Can't ${asked}: ${code}: ${errnoMessage(errno)}${where}.${advice === undefined ? '' : ` ${advice}`}`;
  return new NamespaceError(message, { code, step, namespace, errno, syscall, cause: error });
}
