import { POLL, SO, SOCK, SOL } from './constants.ts';
import { ERRNO } from './errno.ts';
import { SystemError } from './errors.ts';
import { poll } from './file.ts';
import { call, lastErrno, native } from './native.ts';

const socketCall = native<[domain: number, type: number, protocol: number]>('int socket(int, int, int)');
const bindCall = native<[fd: number, address: Uint8Array, length: number]>('int bind(int, const void *, uint32_t)');
const connectCall = native<[fd: number, address: Uint8Array, length: number]>(
  'int connect(int, const void *, uint32_t)',
);
const getsocknameCall = native<[fd: number, address: Uint8Array, length: Uint32Array]>(
  'int getsockname(int, void *, void *)',
);
const getpeernameCall = native<[fd: number, address: Uint8Array, length: Uint32Array]>(
  'int getpeername(int, void *, void *)',
);
const listenCall = native<[fd: number, backlog: number]>('int listen(int, int)');
const socketpairCall = native<[domain: number, type: number, protocol: number, pair: Int32Array]>(
  'int socketpair(int, int, int, void *)',
);
const getsockoptCall = native<[fd: number, level: number, name: number, value: Uint8Array, length: Uint32Array]>(
  'int getsockopt(int, int, int, void *, void *)',
);
const setsockoptCall = native<[fd: number, level: number, name: number, value: Uint8Array, length: number]>(
  'int setsockopt(int, int, int, const void *, uint32_t)',
);

/** `sizeof(struct sockaddr_storage)`: no address is longer. */
export const SOCKADDR_STORAGE = 128;

/**
 * `socket(2)`, close-on-exec.
 *
 * @param domain one of `AF`
 * @param type one of `SOCK`, with `SOCK.NONBLOCK` if wanted
 * @param protocol meaning depends on the domain; 0 is the default one
 * @returns a new descriptor, which the caller owns
 * @throws SystemError EMFILE, EAFNOSUPPORT, EPROTONOSUPPORT, EPERM …
 */
export function socket(domain: number, type: number, protocol: number): number {
  return call(socketCall, domain, type | SOCK.CLOEXEC, protocol);
}

/**
 * `bind(2)`.
 *
 * @param address a whole `sockaddr`, as the functions of `sockaddr.ts` make it
 * @throws SystemError EADDRINUSE, EACCES …
 */
export function bind(fd: number, address: Uint8Array): void {
  call(bindCall, fd, address, address.length);
}

/**
 * `connect(2)`. On a non-blocking stream socket the connection may go on afterwards: EINPROGRESS is thrown, as in C.
 *
 * @param address a whole `sockaddr`
 * @throws SystemError ECONNREFUSED, EINPROGRESS …
 */
export function connect(fd: number, address: Uint8Array): void {
  if (connectCall.invoke(fd, address, address.length) === 0) return;
  let errno = lastErrno();
  if (errno === ERRNO.EINTR) {
    // A connection that a signal has interrupted goes on; calling again would answer EALREADY.
    poll(fd, POLL.OUT, -1);
    errno = getsockoptInt(fd, SOL.SOCKET, SO.ERROR);
  }
  if (errno !== 0) throw new SystemError(errno, 'connect');
}

/**
 * `getsockname(2)`: the address a socket is bound to, to be read with `parseAddress`.
 *
 * @returns the `sockaddr`, a buffer of its own
 * @throws SystemError
 */
export function getsockname(fd: number): Buffer {
  return askName(getsocknameCall, fd);
}

/**
 * `getpeername(2)`: the address a socket is connected with, to be read with `parseAddress`.
 *
 * @returns the `sockaddr`, a buffer of its own
 * @throws SystemError ENOTCONN …
 */
export function getpeername(fd: number): Buffer {
  return askName(getpeernameCall, fd);
}

function askName(ask: typeof getsocknameCall, fd: number): Buffer {
  const address = Buffer.alloc(SOCKADDR_STORAGE);
  const length = Uint32Array.of(SOCKADDR_STORAGE);
  call(ask, fd, address, length);
  return address.subarray(0, length[0]);
}

/**
 * `listen(2)`.
 *
 * @param backlog connections that may wait to be accepted
 * @throws SystemError
 */
export function listen(fd: number, backlog: number): void {
  call(listenCall, fd, backlog);
}

/**
 * `socketpair(2)`, both ends close-on-exec.
 *
 * @param domain `AF.UNIX`
 * @param type one of `SOCK`, with `SOCK.NONBLOCK` if wanted
 * @returns two new descriptors, which the caller owns
 * @throws SystemError
 */
export function socketpair(domain: number, type: number, protocol: number): [number, number] {
  const pair = new Int32Array(2);
  call(socketpairCall, domain, type | SOCK.CLOEXEC, protocol, pair);
  const [left = -1, right = -1] = pair;
  return [left, right];
}

/**
 * `getsockopt(2)`.
 *
 * @param level one of `SOL`
 * @param name the option, e.g. one of `SO`
 * @param length most bytes to take
 * @returns what the kernel wrote, a buffer of its own
 * @throws SystemError ENOPROTOOPT, EINVAL …
 */
export function getsockopt(fd: number, level: number, name: number, length = 4): Buffer {
  const value = Buffer.alloc(length);
  const size = Uint32Array.of(length);
  call(getsockoptCall, fd, level, name, value, size);
  return value.subarray(0, size[0]);
}

/**
 * `getsockopt(2)` of an option that is a C `int`.
 *
 * @throws SystemError
 */
export function getsockoptInt(fd: number, level: number, name: number): number {
  const value = getsockopt(fd, level, name, 4);
  // Some options (IP_TTL and others) answer a single byte.
  return value.length === 4 ? value.readInt32LE() : value.readUIntLE(0, value.length);
}

/**
 * `setsockopt(2)`.
 *
 * @param value a number is passed as a C `int`
 * @throws SystemError ENOPROTOOPT, EPERM, EINVAL …
 */
export function setsockopt(fd: number, level: number, name: number, value: number | Uint8Array): void {
  let bytes: Uint8Array;
  if (typeof value === 'number') {
    const int = Buffer.alloc(4);
    int.writeInt32LE(value | 0);
    bytes = int;
  } else {
    bytes = value;
  }
  call(setsockoptCall, fd, level, name, bytes, bytes.length);
}
