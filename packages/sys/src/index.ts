/**
 * The few Linux system calls Node lacks, over FFI. Importing works everywhere; the first call loads the FFI library,
 * and throws `UnsupportedPlatformError` where there is none.
 *
 * Every descriptor made here is close-on-exec. EINTR is retried. Failure is a `SystemError`, or, in the functions named
 * `try…` and `sendAsync`, a negative errno.
 *
 * @module @nsnet/sys
 */
export {
  AF,
  AT,
  CLONE,
  CLOSE_RANGE,
  F,
  FD_CLOEXEC,
  LOCK,
  MNT,
  MOVE_MOUNT,
  MS,
  MSG,
  NETLINK,
  NETLINK_PROTOCOL,
  NS,
  O,
  OPEN_TREE,
  PIDFD,
  POLL,
  PR,
  SCM,
  SIOC,
  SK_MEMINFO,
  SO,
  SOCK,
  SOL,
  UMOUNT,
} from './constants.ts';
export { ERRNO, errnoCode, errnoMessage } from './errno.ts';
export { SystemError, UnsupportedPlatformError } from './errors.ts';
export { close, closeRange, dup, fcntl, flock, ioctl, open, openat, poll, read, unlinkat, write } from './file.ts';
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
export type { ControlMessage } from './msghdr.ts';
export { pidfdOpen, pidfdSendSignal, prctl, setns, unshare } from './process.ts';
export {
  type Inet6Address,
  type InetAddress,
  inet6Address,
  inetAddress,
  type NetlinkAddress,
  netlinkAddress,
  parseAddress,
  type SocketAddress,
  unixAddress,
} from './sockaddr.ts';
export {
  bind,
  connect,
  getpeername,
  getsockname,
  getsockopt,
  getsockoptInt,
  listen,
  SOCKADDR_STORAGE,
  setsockopt,
  socket,
  socketpair,
} from './socket.ts';
export { sendAsync, sendto, tryRecv, tryRecvfrom, trySend } from './transfer.ts';
export { type Watcher, type WatchOptions, watchReadable, watchWritable } from './watcher.ts';
