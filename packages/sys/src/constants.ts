import { constants } from 'node:fs';

/** Address families, `AF_*` (`linux/socket.h`). */
export const AF = { UNSPEC: 0, UNIX: 1, INET: 2, INET6: 10, NETLINK: 16, PACKET: 17, VSOCK: 40 } as const;

/** Socket types and the flags `socket(2)` takes with them, `SOCK_*`. */
export const SOCK = {
  STREAM: 1,
  DGRAM: 2,
  RAW: 3,
  SEQPACKET: 5,
  NONBLOCK: 0o4000,
  CLOEXEC: 0o2000000,
} as const;

/** Levels of `getsockopt(2)` and of control messages, `SOL_*` and `IPPROTO_*`. */
export const SOL = { IP: 0, SOCKET: 1, TCP: 6, UDP: 17, IPV6: 41, NETLINK: 270 } as const;

/** Options at `SOL.SOCKET`, `SO_*` (`asm-generic/socket.h`). */
export const SO = {
  REUSEADDR: 2,
  TYPE: 3,
  ERROR: 4,
  BROADCAST: 6,
  SNDBUF: 7,
  RCVBUF: 8,
  KEEPALIVE: 9,
  REUSEPORT: 15,
  PASSCRED: 16,
  /** `struct ucred { pid, uid, gid }`, three 32-bit numbers. */
  PEERCRED: 17,
  BINDTODEVICE: 25,
  ACCEPTCONN: 30,
  /** Like `SNDBUF` without the limit of `net.core.wmem_max`; needs CAP_NET_ADMIN in the first user namespace. */
  SNDBUFFORCE: 32,
  /** Like `RCVBUF` without the limit of `net.core.rmem_max`; needs CAP_NET_ADMIN in the first user namespace. */
  RCVBUFFORCE: 33,
  MARK: 36,
  PROTOCOL: 38,
  DOMAIN: 39,
  /** Nine 32-bit counters, see `SK_MEMINFO`. */
  MEMINFO: 55,
  /** 64-bit identity of the network namespace the socket lives in; Linux 5.14. */
  NETNS_COOKIE: 71,
} as const;

/** Indexes into the array that `SO.MEMINFO` answers (`linux/sock_diag.h`). */
export const SK_MEMINFO = { RMEM_ALLOC: 0, RCVBUF: 1, WMEM_ALLOC: 2, SNDBUF: 3, BACKLOG: 7, DROPS: 8 } as const;

/** Flags of `send(2)`, `recv(2)` and of what `recvmsg(2)` answers, `MSG_*`. */
export const MSG = {
  PEEK: 0x2,
  CTRUNC: 0x8,
  TRUNC: 0x20,
  DONTWAIT: 0x40,
  EOR: 0x80,
  WAITALL: 0x100,
  NOSIGNAL: 0x4000,
  CMSG_CLOEXEC: 0x40000000,
} as const;

/** Types of control messages at `SOL.SOCKET`, `SCM_*`. */
export const SCM = { RIGHTS: 1, CREDENTIALS: 2 } as const;

/** Requests of `ioctl(2)` on sockets (`linux/sockios.h`, `asm-generic/ioctls.h`). */
export const SIOC = {
  /** `FIONREAD`: bytes waiting, an `int`. */
  INQ: 0x541b,
  /** `SIOCGIFNAME`: name of an interface index, `struct ifreq`. */
  GIFNAME: 0x8910,
  /** `SIOCETHTOOL`: `struct ifreq` pointing at an ethtool command. */
  ETHTOOL: 0x8946,
  /** `SIOCGSKNS`: opens the network namespace of the socket; the result is a descriptor. */
  GSKNS: 0x894c,
} as const;

/** Protocols of `socket(AF.NETLINK, …)` (`linux/netlink.h`). */
export const NETLINK_PROTOCOL = { ROUTE: 0, SOCK_DIAG: 4, NETFILTER: 12, KOBJECT_UEVENT: 15, GENERIC: 16 } as const;

/** Options at `SOL.NETLINK`, `NETLINK_*` (`linux/netlink.h`). */
export const NETLINK = {
  ADD_MEMBERSHIP: 1,
  DROP_MEMBERSHIP: 2,
  /** A control message tells the group every datagram came from. */
  PKTINFO: 3,
  BROADCAST_ERROR: 4,
  /** Lost events are not reported by ENOBUFS any more. */
  NO_ENOBUFS: 5,
  /** Events of every namespace that has an id here; a control message tells the id. Linux 4.2. */
  LISTEN_ALL_NSID: 8,
  LIST_MEMBERSHIPS: 9,
  /** Error replies do not repeat the request. Linux 4.3. */
  CAP_ACK: 10,
  /** Error replies carry a text and the offending attribute. Linux 4.12. */
  EXT_ACK: 11,
  /** Dump requests are checked and filtered strictly. Linux 4.20. */
  GET_STRICT_CHK: 12,
} as const;

/**
 * Flags of `open(2)`, `O_*`. Those that differ between architectures come from Node.
 * `CLOEXEC` is added by every function here that makes a descriptor.
 */
export const O = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  CREAT: constants.O_CREAT,
  EXCL: constants.O_EXCL,
  TRUNC: constants.O_TRUNC,
  APPEND: constants.O_APPEND,
  NONBLOCK: constants.O_NONBLOCK,
  DIRECTORY: constants.O_DIRECTORY,
  NOFOLLOW: constants.O_NOFOLLOW,
  CLOEXEC: 0o2000000,
  /** The descriptor only names the file; it cannot be read or written. */
  PATH: 0o10000000,
} as const;

/** Directory descriptors and flags of the `…at` calls, `AT_*` (`linux/fcntl.h`). */
export const AT = {
  /** In place of a directory descriptor: the working directory. */
  FDCWD: -100,
  SYMLINK_NOFOLLOW: 0x100,
  REMOVEDIR: 0x200,
  EMPTY_PATH: 0x1000,
  RECURSIVE: 0x8000,
} as const;

/** Commands of `fcntl(2)`, `F_*`. */
export const F = { GETFD: 1, SETFD: 2, GETFL: 3, SETFL: 4, DUPFD_CLOEXEC: 1030 } as const;

/** The one flag of `F.GETFD` and `F.SETFD`. */
export const FD_CLOEXEC = 1;

/** Operations of `flock(2)`, `LOCK_*`. */
export const LOCK = { SH: 1, EX: 2, NB: 4, UN: 8 } as const;

/** Events of `poll(2)`, `POLL*`. */
export const POLL = { IN: 0x1, PRI: 0x2, OUT: 0x4, ERR: 0x8, HUP: 0x10, NVAL: 0x20, RDHUP: 0x2000 } as const;

/** Flags of `close_range(2)`; `CLOEXEC` needs Linux 5.11. */
export const CLOSE_RANGE = { UNSHARE: 2, CLOEXEC: 4 } as const;

/** Flags of `mount(2)`, `MS_*` (`linux/mount.h`). */
export const MS = {
  RDONLY: 0x1,
  NOSUID: 0x2,
  NODEV: 0x4,
  NOEXEC: 0x8,
  REMOUNT: 0x20,
  BIND: 0x1000,
  MOVE: 0x2000,
  REC: 0x4000,
  PRIVATE: 0x40000,
  SLAVE: 0x80000,
  SHARED: 0x100000,
} as const;

/** Flags of `umount2(2)`, `MNT_*`. */
export const MNT = { FORCE: 1, DETACH: 2, EXPIRE: 4 } as const;

/** Flag of `umount2(2)` not to follow a symbolic link at the end of the path, `UMOUNT_NOFOLLOW`. */
export const UMOUNT = { NOFOLLOW: 8 } as const;

/** Flags of `open_tree(2)`, `OPEN_TREE_*`; `CLOEXEC` is added always. */
export const OPEN_TREE = { CLONE: 1, CLOEXEC: 0o2000000 } as const;

/** Flags of `move_mount(2)`, `MOVE_MOUNT_*`. */
export const MOVE_MOUNT = {
  F_SYMLINKS: 0x1,
  F_AUTOMOUNTS: 0x2,
  F_EMPTY_PATH: 0x4,
  T_SYMLINKS: 0x10,
  T_AUTOMOUNTS: 0x20,
  T_EMPTY_PATH: 0x40,
} as const;

/** Namespace kinds, for `unshare(2)` and `setns(2)`, `CLONE_NEW*` (`linux/sched.h`). */
export const CLONE = {
  NEWTIME: 0x80,
  NEWNS: 0x20000,
  NEWCGROUP: 0x2000000,
  NEWUTS: 0x4000000,
  NEWIPC: 0x8000000,
  NEWUSER: 0x10000000,
  NEWPID: 0x20000000,
  NEWNET: 0x40000000,
} as const;

/** Requests of `ioctl(2)` on a namespace descriptor, `NS_*` (`linux/nsfs.h`). */
export const NS = {
  /** Opens the owning user namespace; the result is a descriptor. */
  GET_USERNS: 0xb701,
  GET_PARENT: 0xb702,
  /** The result is one of `CLONE`; a file that is no namespace answers ENOTTY. */
  GET_NSTYPE: 0xb703,
  /** 64-bit identity, the same number as `SO.NETNS_COOKIE`; Linux 6.17. */
  GET_ID: 0x8008b70d,
} as const;

/** Requests of `ioctl(2)` on a pidfd, `PIDFD_*` (`linux/pidfd.h`). */
export const PIDFD = {
  /** Opens the network namespace of the process; the result is a descriptor. Linux 6.11. */
  GET_NET_NAMESPACE: 0xff04,
} as const;

/** Options of `prctl(2)`, `PR_*`. */
export const PR = { SET_PDEATHSIG: 1, SET_DUMPABLE: 4, SET_NO_NEW_PRIVS: 38, GET_NO_NEW_PRIVS: 39 } as const;
