/** `IFF_*`: flags of a link, by the words that `ip` prints (in capitals). */
export const LinkFlag = {
  up: 0x1,
  broadcast: 0x2,
  debug: 0x4,
  loopback: 0x8,
  pointopoint: 0x10,
  notrailers: 0x20,
  /** Operationally up. */
  running: 0x40,
  noarp: 0x80,
  promisc: 0x100,
  allmulti: 0x200,
  master: 0x400,
  slave: 0x800,
  multicast: 0x1000,
  portsel: 0x2000,
  automedia: 0x4000,
  dynamic: 0x8000,
  /** There is a carrier. */
  lower_up: 0x10000,
  dormant: 0x20000,
  echo: 0x40000,
} as const;
/** A bit of {@link LinkFlag}. */
export type LinkFlag = (typeof LinkFlag)[keyof typeof LinkFlag];

/** `IF_OPER_*`: RFC 2863 operational state. */
export const OperState = {
  unknown: 0,
  notpresent: 1,
  down: 2,
  lowerlayerdown: 3,
  testing: 4,
  dormant: 5,
  up: 6,
} as const;
/** A number of {@link OperState}. */
export type OperState = (typeof OperState)[keyof typeof OperState];

/** `IF_LINK_MODE_*`. */
export const LinkMode = { default: 0, dormant: 1, testing: 2 } as const;
/** A number of {@link LinkMode}. */
export type LinkMode = (typeof LinkMode)[keyof typeof LinkMode];

/** `RTEXT_FILTER_*`: what a request for links wants besides the usual, or (`skipStats`) without. */
export const LinkExtFilter = {
  vf: 0x1,
  brvlan: 0x2,
  brvlanCompressed: 0x4,
  skipStats: 0x8,
  mrp: 0x10,
  cfmConfig: 0x20,
  cfmStatus: 0x40,
  mst: 0x80,
} as const;
/** A bit of {@link LinkExtFilter}. */
export type LinkExtFilter = (typeof LinkExtFilter)[keyof typeof LinkExtFilter];

/** `IN6_ADDR_GEN_MODE_*`, by the words of `ip link set … addrgenmode`. */
export const AddrGenMode = { eui64: 0, none: 1, stable_secret: 2, random: 3 } as const;
/** A number of {@link AddrGenMode}. */
export type AddrGenMode = (typeof AddrGenMode)[keyof typeof AddrGenMode];
