import { call, native } from './native.ts';

const setnsCall = native<[fd: number, kind: number]>('int setns(int, int)');
const unshareCall = native<[flags: number]>('int unshare(int)');
const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;
const pidfdOpenCall = native<[number: number, 'int', number, 'unsigned int', number]>(
  'long syscall(long, ...)',
  'pidfd_open',
);
const pidfdSendSignalCall = native<
  [number: number, 'int', number, 'int', number, 'void *', null, 'unsigned int', number]
>('long syscall(long, ...)', 'pidfd_send_signal');
const prctlCall =
  native<
    [
      option: number,
      ...['unsigned long', number, 'unsigned long', number],
      ...['unsigned long', number, 'unsigned long', number],
    ]
  >('int prctl(int, ...)');

/**
 * `pidfd_open(2)`: a descriptor of a process, which a later process with the same number cannot be mistaken for.
 * Close-on-exec by the kernel; Linux 5.3.
 *
 * @returns a new descriptor, which the caller owns; readable once the process has ended
 * @throws SystemError ESRCH: no such process; EINVAL: the number is a thread's
 */
export function pidfdOpen(pid: number, flags = 0): number {
  return call(pidfdOpenCall, SYS_PIDFD_OPEN, 'int', pid, 'unsigned int', flags);
}

/**
 * `pidfd_send_signal(2)`; Linux 5.1.
 *
 * @param signal the number (`os.constants.signals`); 0 only checks
 * @throws SystemError ESRCH: the process has ended; EPERM
 */
export function pidfdSendSignal(pidfd: number, signal: number, flags = 0): void {
  const target = ['int', pidfd, 'int', signal] as const;
  call(pidfdSendSignalCall, SYS_PIDFD_SEND_SIGNAL, ...target, 'void *', null, 'unsigned int', flags);
}

/**
 * `prctl(2)` of the options that take numbers.
 *
 * @param option one of `PR`
 * @throws SystemError
 */
export function prctl(option: number, arg2 = 0, arg3 = 0, arg4 = 0, arg5 = 0): number {
  const low = ['unsigned long', arg2, 'unsigned long', arg3] as const;
  const high = ['unsigned long', arg4, 'unsigned long', arg5] as const;
  return call(prctlCall, option, ...low, ...high);
}

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
