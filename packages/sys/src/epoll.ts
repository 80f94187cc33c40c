import { close } from './file.ts';
import { call, native } from './native.ts';

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const epollCreateCall = native<[flags: number]>('int epoll_create1(int)');
const epollCtlCall = native<[epoll: number, operation: number, fd: number, event: Uint8Array]>(
  'int epoll_ctl(int, int, int, void *)',
);

/**
 * Asks the kernel whether a descriptor can be watched at all, by adding it to an epoll of its own: libuv would be
 * told the same, but koffi ends the process over it.
 *
 * @throws SystemError EPERM: regular files, directories, namespaces; EBADF; EMFILE
 */
export function assertPollable(fd: number): void {
  const epoll = call(epollCreateCall, EPOLL_CLOEXEC);
  try {
    call(epollCtlCall, epoll, EPOLL_CTL_ADD, fd, Buffer.alloc(16));
  } finally {
    close(epoll);
  }
}
