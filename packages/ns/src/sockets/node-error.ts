import { getSystemErrorName } from 'node:util';
import { ERRNO, errnoMessage, SystemError } from '@nsnet/sys';

/** An error as `node:net` and `node:dgram` make it. */
export interface NetworkError extends NodeJS.ErrnoException {
  /** The address it was about, or the path of a unix socket. */
  address?: string;
  port?: number;
}

/** What a socket was to be bound to or connected with. */
export interface Where {
  readonly address: string;
  /** As Node has it: -1 for a unix socket that listens, absent for one that connects. */
  readonly port?: number | undefined;
}

/**
 * The error that Node makes of a refusal: `connect ECONNREFUSED 10.0.0.1:80`.
 *
 * @param errno positive error number
 * @param syscall what Node calls it: `'listen'`, `'connect'`, `'bind'`; only the first of them has the kernel's words
 */
export function networkError(errno: number, syscall: string, { address, port }: Where): NetworkError {
  const code = getSystemErrorName(-errno);
  const what = syscall === 'listen' ? `${code}: ${errnoMessage(errno)}` : code;
  const where = port !== undefined && port > 0 ? `${address}:${port}` : address;
  const error: NetworkError = Object.assign(new Error(`${syscall} ${what} ${where}`), { code, errno: -errno, syscall });
  error.address = address;
  if (port) error.port = port;
  return error;
}

/** The refusal of one of our system calls, as Node would tell it; any other error as it is. */
export function asNetworkError(error: unknown, syscall: string, where: Where): unknown {
  return error instanceof SystemError ? networkError(error.errno, syscall, where) : error;
}

/** `connect ETIMEDOUT …`: as when the kernel gives up. */
export function timedOut(where: Where): NetworkError {
  return networkError(ERRNO.ETIMEDOUT, 'connect', where);
}

/** What Node's own functions fail with when their signal aborts: `name` AbortError, `code` ABORT_ERR. */
export function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}

/** @throws AbortError if the signal has aborted */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}
