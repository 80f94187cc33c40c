/** `AF_*`, by the words of `ip -family`. */
export const AddressFamily = { unspec: 0, inet: 2, bridge: 7, inet6: 10, link: 17, mpls: 28, mctp: 45 } as const;
/** A number of {@link AddressFamily}. */
export type AddressFamily = (typeof AddressFamily)[keyof typeof AddressFamily];

/** `RTNLGRP_*`: multicast groups of rtnetlink. */
export const MulticastGroup = {
  link: 1,
  notify: 2,
  neigh: 3,
  tc: 4,
  ipv4Ifaddr: 5,
  ipv4Mroute: 6,
  ipv4Route: 7,
  ipv4Rule: 8,
  ipv6Ifaddr: 9,
  ipv6Mroute: 10,
  ipv6Route: 11,
  ipv6Ifinfo: 12,
  ipv6Prefix: 18,
  ipv6Rule: 19,
  ndUseropt: 20,
  ipv4Netconf: 24,
  ipv6Netconf: 25,
  mdb: 26,
  mplsRoute: 27,
  nsid: 28,
  mplsNetconf: 29,
  ipv4MrouteR: 30,
  ipv6MrouteR: 31,
  nexthop: 32,
  brvlan: 33,
  mctpIfaddr: 34,
  tunnel: 35,
  stats: 36,
  /** Since 6.14. */
  ipv4Mcaddr: 37,
  /** Since 6.14. */
  ipv6Mcaddr: 38,
  /** Since 6.14. */
  ipv6Acaddr: 39,
} as const;
/** A number of {@link MulticastGroup}. */
export type MulticastGroup = (typeof MulticastGroup)[keyof typeof MulticastGroup];
