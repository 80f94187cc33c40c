import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';
import { ERRNO } from './errno.ts';
import { SystemError, UnsupportedPlatformError } from './errors.ts';

/**
 * A C function, found in libc and typed at its first call.
 *
 * The placeholder behind `invoke` replaces itself with the FFI function, so that every later call costs one property
 * load. One declaration takes 10 to 80 µs; a program pays for the functions it uses.
 */
export interface Native<Args extends readonly unknown[]> {
  /** C name, for error texts. */
  readonly name: string;
  /** Calls it once. The result is the C result: negative means failure, and `lastErrno()` is to be read at once. */
  invoke(...args: Args): number;
}

/** Only the types: koffi itself is loaded by `require`, at the first call. */
type KoffiModule = typeof Koffi;

const require = createRequire(import.meta.url);
let loaded: { koffi: KoffiModule; libc: Koffi.LibraryHandle } | undefined;

/**
 * The FFI library, loaded by the first caller (about 6 ms and 4 MB).
 *
 * @throws UnsupportedPlatformError on another system than Linux, or if the library does not load
 */
export function koffi(): KoffiModule {
  return (loaded ?? load()).koffi;
}

function load(): { koffi: KoffiModule; libc: Koffi.LibraryHandle } {
  if (process.platform !== 'linux') {
    throw new UnsupportedPlatformError(`Linux system calls are not available on ${process.platform}.`);
  }
  try {
    const koffi: KoffiModule = require('koffi');
    // dlopen(NULL): the libc this process runs on already, glibc or musl, without naming a file.
    loaded = { koffi, libc: koffi.load(null) };
    return loaded;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnsupportedPlatformError(
      `The FFI library koffi does not load on ${process.platform} ${process.arch}: ${reason}`,
      error,
    );
  }
}

/**
 * Looks a C function up, now.
 *
 * @param prototype C prototype; `void *` takes a `Uint8Array`, `uintptr_t` an address
 */
export function find(prototype: string): ReturnType<Koffi.LibraryHandle['func']> {
  return (loaded ?? load()).libc.func(prototype);
}

const RTLD_LAZY = 0x1;
const RTLD_NODELETE = 0x1000;
const dlopenCall = native<[path: string, flags: number]>('uintptr_t dlopen(const char *, int)');

/**
 * Keeps koffi's code in memory for the rest of the process (`dlopen`, RTLD_NODELETE). A worker thread that ends unloads
 * the addons that only it has loaded, and then lets libuv call them once more about the handles it closes.
 */
export function pinKoffi(): void {
  koffi();
  const path = Object.keys(require.cache).find((file) => file.endsWith('koffi.node'));
  if (path !== undefined) dlopenCall.invoke(path, RTLD_LAZY | RTLD_NODELETE);
}

/**
 * Declares a C function without looking it up yet.
 *
 * @param prototype C prototype; `void *` takes a `Uint8Array`; arguments behind `...` are given as type and value
 * @param name name for error texts, where it is not the one in the prototype (`syscall(2)`)
 */
export function native<Args extends readonly unknown[]>(
  prototype: string,
  name: string = prototype.slice(prototype.lastIndexOf(' ', prototype.indexOf('(')) + 1, prototype.indexOf('(')),
): Native<Args> {
  const self: Native<Args> = {
    name,
    invoke(...args) {
      self.invoke = find(prototype);
      return self.invoke(...args);
    },
  };
  return self;
}

/**
 * `errno` of the last native call of this thread, positive.
 * Only meaningful directly after a call that failed; in the callback of an asynchronous call it is that call's errno.
 */
export function lastErrno(): number {
  return koffi().errno();
}

/**
 * Calls a function, again after EINTR, and turns failure into an exception.
 *
 * @returns the C result, not negative
 * @throws SystemError
 */
export function call<Args extends readonly unknown[]>(target: Native<Args>, ...args: Args): number {
  return callAt(undefined, target, ...args);
}

/**
 * `call` for functions that take a path, which the error will name.
 *
 * @throws SystemError
 */
export function callAt<Args extends readonly unknown[]>(
  path: string | undefined,
  target: Native<Args>,
  ...args: Args
): number {
  // C would stop at the NUL and act on another file.
  if (path?.includes('\0')) throw new SystemError(ERRNO.EINVAL, target.name, path);
  for (;;) {
    const result = target.invoke(...args);
    if (result >= 0) return result;
    const errno = lastErrno();
    if (errno !== ERRNO.EINTR) throw new SystemError(errno, target.name, path);
  }
}
