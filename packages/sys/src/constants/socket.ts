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
