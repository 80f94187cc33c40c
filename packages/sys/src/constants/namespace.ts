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
export const PR = { SET_PDEATHSIG: 1, SET_DUMPABLE: 4, SET_NAME: 15, SET_NO_NEW_PRIVS: 38 } as const;
