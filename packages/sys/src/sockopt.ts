import { call, native } from './native.ts';

const getsockoptCall = native<[fd: number, level: number, name: number, value: Uint8Array, length: Uint32Array]>(
  'int getsockopt(int, int, int, void *, void *)',
);
const setsockoptCall = native<[fd: number, level: number, name: number, value: Uint8Array, length: number]>(
  'int setsockopt(int, int, int, const void *, uint32_t)',
);

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
