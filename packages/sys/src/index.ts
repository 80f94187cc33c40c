/**
 * The few Linux system calls Node lacks, over FFI. Importing works everywhere; the first call loads the FFI library,
 * and throws `UnsupportedPlatformError` where there is none.
 *
 * Every descriptor made here is close-on-exec. EINTR is retried. Failure is a `SystemError`, or, in the functions named
 * `try…` and `sendAsync`, a negative errno.
 *
 * @module @nsnet/sys
 */
export { AT, CLOSE_RANGE, F, FD_CLOEXEC, LOCK, O, POLL } from './constants/file.ts';
export { MNT, MOVE_MOUNT, MS, OPEN_TREE, UMOUNT } from './constants/mount.ts';
export { CLONE, NS, PIDFD, PR } from './constants/namespace.ts';
export { NETLINK, NETLINK_PROTOCOL } from './constants/netlink.ts';
export { AF, MSG, SCM, SIOC, SK_MEMINFO, SO, SOCK, SOL } from './constants/socket.ts';
export type { ControlMessage } from './control.ts';
export { ERRNO, errnoCode, errnoMessage } from './errno.ts';
export { SystemError, UnsupportedPlatformError } from './errors.ts';
export { close, closeRange, dup, fcntl, flock, ioctl, open, openat, read, unlinkat, write } from './file.ts';
export {
  type IncomingMessage,
  type OutgoingMessage,
  type ReceiveOptions,
  recvfrom,
  recvmsg,
  SCM_MAX_FD,
  sendmsg,
  tryRecvmsg,
} from './message.ts';
export { mount, moveMount, openTree, umount2 } from './mount.ts';
export { setns, unshare } from './namespace.ts';
export { poll } from './poll.ts';
export { pidfdOpen, pidfdSendSignal, prctl } from './process.ts';
export {
  inet6Address,
  inetAddress,
  netlinkAddress,
  parseAddress,
  type SocketAddress,
  unixAddress,
} from './sockaddr.ts';
export { bind, connect, getsockname, listen, SOCKADDR_STORAGE, socket, socketpair } from './socket.ts';
export { getsockopt, getsockoptInt, setsockopt } from './sockopt.ts';
export { sendAsync, sendto, tryRecv, tryRecvfrom, trySend } from './transfer.ts';
export { type Watcher, type WatchOptions, watchReadable } from './watcher.ts';
