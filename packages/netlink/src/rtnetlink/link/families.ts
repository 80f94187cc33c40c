import { ipv6 } from '../../schema/addresses.ts';
import { attributes } from '../../schema/attributes.ts';
import { array } from '../../schema/lists.ts';
import { bytes, s32, u8, u32, u64 } from '../../schema/scalars.ts';
import { struct } from '../../schema/struct.ts';

/** `IFLA_INET_*`: IPv4 settings of a link. */
export const inetAttributes = attributes(
  {
    /** The values under `/proc/sys/net/ipv4/conf/LINK`: element n is `IPV4_DEVCONF` n + 1. Only read; set them by sysctl. */
    conf: [1, array(s32)],
  },
  { nestedFlag: false },
);

/** `struct ifla_cacheinfo`. */
export const iflaCacheinfo = struct((field) => ({
  maxReasmLen: field.u32(),
  /** Last change, hundredths of a second since boot. */
  tstamp: field.u32(),
  /** Milliseconds. */
  reachableTime: field.u32(),
  /** Milliseconds. */
  retransTime: field.u32(),
}));

/** `IFLA_INET6_*`: IPv6 settings of a link; in `IFLA_PROTINFO` of `AF_INET6` messages too. */
export const inet6Attributes = attributes(
  {
    /** `IF_RA_*` and `IF_READY`. */
    flags: [1, u32],
    /** The values under `/proc/sys/net/ipv6/conf/LINK`: element n is `DEVCONF` n. Only read. */
    conf: [2, array(s32)],
    /** `IPSTATS_MIB_*`; the first element is their number. */
    stats: [3, array(u64)],
    mcast: [4, bytes],
    cacheinfo: [5, iflaCacheinfo],
    /** `ICMP6_MIB_*`; the first element is their number. */
    icmp6stats: [6, array(u64)],
    /** Lower half of addresses made from router advertisements. */
    token: [7, ipv6],
    /** `IN6_ADDR_GEN_MODE_*`: eui64 (0), none (1), stable_secret (2), random (3). */
    addrGenMode: [8, u8],
    /** MTU from router advertisements. */
    raMtu: [9, u32],
  },
  { nestedFlag: false },
);

/** `IFLA_MCTP_*`. */
export const mctpAttributes = attributes(
  {
    net: [1, u32],
    /** Since 6.15. */
    physBinding: [2, u8],
  },
  { nestedFlag: false },
);
