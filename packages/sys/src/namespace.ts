import { call, native } from './native.ts';

const setnsCall = native<[fd: number, kind: number]>('int setns(int, int)');
const unshareCall = native<[flags: number]>('int unshare(int)');

/**
 * `setns(2)`: moves the calling thread, and no other, into a namespace. Never call it in a process that does
 * anything else: threads of libuv's pool inherit whatever the thread that starts them is in.
 *
 * @param fd a namespace, or a pidfd
 * @param kind bits of `CLONE`; 0 takes any kind (with a pidfd the bits say which)
 * @throws SystemError EPERM, EINVAL, ESRCH …
 */
export function setns(fd: number, kind: number): void {
  call(setnsCall, fd, kind);
}

/**
 * `unshare(2)`: moves the calling thread, and no other, into new namespaces.
 *
 * @param flags bits of `CLONE`
 * @throws SystemError EPERM, ENOSPC (limit of namespaces), EINVAL …
 */
export function unshare(flags: number): void {
  call(unshareCall, flags);
}
