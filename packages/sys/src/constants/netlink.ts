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
