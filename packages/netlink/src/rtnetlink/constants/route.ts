/** `RTN_*`: what a route does with a packet, by the words that `ip` prints. */
export const RouteType = {
  none: 0,
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
  nat: 10,
  xresolve: 11,
} as const;
/** A number of {@link RouteType}. */
export type RouteType = (typeof RouteType)[keyof typeof RouteType];

/** `RT_SCOPE_*`: how far an address or a destination reaches. Numbers between may be given meanings of one's own. */
export const RouteScope = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const;
/** A number of {@link RouteScope}. */
export type RouteScope = (typeof RouteScope)[keyof typeof RouteScope];

/** `RTPROT_*`: who made a route, rule or neighbour, by the words of `/etc/iproute2/rt_protos`. */
export const RouteProtocol = {
  unspec: 0,
  redirect: 1,
  kernel: 2,
  boot: 3,
  static: 4,
  gated: 8,
  ra: 9,
  mrt: 10,
  zebra: 11,
  bird: 12,
  dnrouted: 13,
  xorp: 14,
  ntk: 15,
  dhcp: 16,
  mrouted: 17,
  keepalived: 18,
  babel: 42,
  /** Since 6.15. */
  ovn: 84,
  openr: 99,
  bgp: 186,
  isis: 187,
  ospf: 188,
  rip: 189,
  eigrp: 192,
} as const;
/** A number of {@link RouteProtocol}. */
export type RouteProtocol = (typeof RouteProtocol)[keyof typeof RouteProtocol];

/** `RT_TABLE_*`: the tables with names of their own. */
export const RouteTable = { unspec: 0, compat: 252, default: 253, main: 254, local: 255 } as const;
/** A number of {@link RouteTable}. */
export type RouteTable = (typeof RouteTable)[keyof typeof RouteTable];

/** `RTNH_F_*` and `RTM_F_*`: flags of a route and of its nexthops, by the words that `ip` prints. */
export const RouteFlag = {
  dead: 0x1,
  pervasive: 0x2,
  /** The gateway is on the link, whatever its address. */
  onlink: 0x4,
  offload: 0x8,
  /** The link has no carrier. */
  linkdown: 0x10,
  unresolved: 0x20,
  trap: 0x40,
  notify: 0x100,
  /** Not from a table: an answer to a lookup. */
  cloned: 0x200,
  equalize: 0x400,
  prefix: 0x800,
  /** Of a lookup: say which table it was. */
  lookup_table: 0x1000,
  /** Of a lookup: answer with the route itself. */
  fib_match: 0x2000,
  rt_offload: 0x4000,
  rt_trap: 0x8000,
  rt_offload_failed: 0x20000000,
} as const;
/** A bit of {@link RouteFlag}. */
export type RouteFlag = (typeof RouteFlag)[keyof typeof RouteFlag];

/** `RTAX_FEATURE_*`. */
export const RouteFeature = { ecn: 0x1, sack: 0x2, timestamp: 0x4, allfrag: 0x8, tcp_usec_ts: 0x10 } as const;
/** A bit of {@link RouteFeature}. */
export type RouteFeature = (typeof RouteFeature)[keyof typeof RouteFeature];

/** `ICMPV6_ROUTER_PREF_*`. */
export const RoutePreference = { medium: 0, high: 1, low: 3 } as const;
/** A number of {@link RoutePreference}. */
export type RoutePreference = (typeof RoutePreference)[keyof typeof RoutePreference];

/** `LWTUNNEL_ENCAP_*`: light-weight tunnels, by the words of `ip route add … encap`. */
export const RouteEncap = {
  none: 0,
  mpls: 1,
  ip: 2,
  ila: 3,
  ip6: 4,
  seg6: 5,
  bpf: 6,
  seg6local: 7,
  rpl: 8,
  ioam6: 9,
  xfrm: 10,
} as const;
/** A number of {@link RouteEncap}. */
export type RouteEncap = (typeof RouteEncap)[keyof typeof RouteEncap];
