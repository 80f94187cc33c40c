import { ip } from '../schema/addresses.ts';
import { attributes } from '../schema/attributes.ts';
import { flexible } from '../schema/flexible.ts';
import { records } from '../schema/lists.ts';
import { message } from '../schema/message.ts';
import { be16, be32, bytes, string, u8, u16, u32, uint } from '../schema/scalars.ts';
import { struct } from '../schema/struct.ts';
import type { Infer } from '../schema/type.ts';

/** `struct rtmsg`: header of every route message. */
export const rtmsg = struct((field) => ({
  /** `AF_INET`, `AF_INET6`, `AF_MPLS`; 128 and 129 (`RTNL_FAMILY_IPMR`, `IP6MR`) for multicast routing. */
  family: field.u8(),
  /** Length of the destination prefix, bits. */
  dstLen: field.u8(),
  /** Length of the source prefix, bits. */
  srcLen: field.u8(),
  tos: field.u8(),
  /** Table, when it is below 256; all of them are in the `table` attribute. */
  table: field.u8(),
  /** `RTPROT_*`: who made the route. */
  protocol: field.u8(),
  /** `RT_SCOPE_*`: how far the destination is. */
  scope: field.u8(),
  /** `RTN_*`. */
  type: field.u8(),
  /** `RTM_F_*` and `RTNH_F_*`. */
  flags: field.u32(),
}));

/** `struct rtnexthop`: one of several ways of a route, followed by attributes. */
export const rtnexthop = struct((field) => ({
  /** Bytes, attributes included; filled in when writing. */
  len: field.u16(),
  /** `RTNH_F_*`. */
  flags: field.u8(),
  /** Weight minus one. */
  hops: field.u8(),
  ifindex: field.s32(),
}));

/** `struct rtvia` without its address. */
export const rtvia = struct((field) => ({
  /** Family of the gateway. */
  family: field.u16(),
}));

/** `struct rta_cacheinfo`. */
export const rtaCacheinfo = struct((field) => ({
  clntref: field.u32(),
  /** Hundredths of a second ago. */
  lastuse: field.u32(),
  /** Hundredths of a second to go. */
  expires: field.s32(),
  /** errno, negative. */
  error: field.s32(),
  used: field.u32(),
  id: field.u32(),
  ts: field.u32(),
  tsage: field.u32(),
}));

/** `struct rta_mfc_stats`: counters of a multicast route. */
export const rtaMfcStats = struct((field) => ({ packets: field.u64(), bytes: field.u64(), wrongIf: field.u64() }));

/** `RTAX_*`: metrics of a route. */
export const routeMetrics = attributes(
  {
    /** Bit n: metric n may not be adapted. */
    lock: [1, u32],
    mtu: [2, u32],
    window: [3, u32],
    /** Eighths of a millisecond. */
    rtt: [4, u32],
    /** Quarters of a millisecond. */
    rttvar: [5, u32],
    ssthresh: [6, u32],
    cwnd: [7, u32],
    advmss: [8, u32],
    reordering: [9, u32],
    hoplimit: [10, u32],
    initcwnd: [11, u32],
    /** `RTAX_FEATURE_*`. */
    features: [12, u32],
    /** Milliseconds. */
    rtoMin: [13, u32],
    initrwnd: [14, u32],
    quickack: [15, u32],
    ccAlgo: [16, string(15)],
    fastopenNoCookie: [17, u32],
  },
  { nestedFlag: false },
);

/** `RTA_VIA`: a gateway of another family than the destination's. */
const via = flexible(rtvia, 'addr', ip);

/** `RTA_*` behind a `struct rtnexthop`. */
export const nexthopAttributes = attributes({
  gateway: [5, ip],
  flow: [11, u32],
  via: [18, via],
  newdst: [19, bytes],
  /** See the route's. */
  encapType: [21, u16],
  encap: [22, bytes],
});

/** `RTA_*`, uapi/linux/rtnetlink.h. */
export const routeAttributes = attributes({
  /** Destination; absent for the default route. */
  dst: [1, ip],
  /** Source prefix. */
  src: [2, ip],
  /** Ifindex of the incoming link. */
  iif: [3, u32],
  /** Ifindex of the outgoing link. */
  oif: [4, u32],
  gateway: [5, ip],
  /** Metric of the route: the lowest wins. */
  priority: [6, u32],
  /** Source address for what is sent from here. */
  prefsrc: [7, ip],
  metrics: [8, routeMetrics],
  /** The ways of a route that has several. */
  multipath: [9, records(rtnexthop, nexthopAttributes, 'len')],
  /** No longer used. */
  protoinfo: [10, bytes],
  /** Realms: source in the upper half, destination in the lower. */
  flow: [11, u32],
  cacheinfo: [12, rtaCacheinfo],
  /** No longer used. */
  session: [13, bytes],
  /** No longer used. */
  mpAlgo: [14, bytes],
  table: [15, u32],
  /** Packet mark of the lookup. */
  mark: [16, u32],
  mfcStats: [17, rtaMfcStats],
  via: [18, via],
  /** MPLS: the labels to send with. */
  newdst: [19, bytes],
  /** IPv6 router preference, `ICMPV6_ROUTER_PREF_*`: medium (0), high (1), low (3). */
  pref: [20, u8],
  /** `LWTUNNEL_ENCAP_*`: what `encap` is. The kernel writes it behind `encap`. */
  encapType: [21, u16],
  /** Settings of the light-weight tunnel, undecoded. */
  encap: [22, bytes],
  /** Lifetime, seconds; of multicast routes `__u64`, hundredths of a second. */
  expires: [23, uint],
  /** User of the lookup. */
  uid: [25, u32],
  /** MPLS: whether the TTL goes into the inner packet. */
  ttlPropagate: [26, u8],
  /** `IPPROTO_*` of the lookup. */
  ipProto: [27, u8],
  /** Source port of the lookup, big-endian. */
  sport: [28, be16],
  /** Destination port of the lookup, big-endian. */
  dport: [29, be16],
  /** Id of a nexthop object. */
  nhId: [30, u32],
  /** IPv6 flow label of the lookup, big-endian. Since 6.14. */
  flowlabel: [31, be32],
});

/** `RTM_NEWROUTE`, `RTM_DELROUTE`, `RTM_GETROUTE`. */
export const routeMessage = message(rtmsg, routeAttributes);

/** The attributes of a route. */
export type RouteAttributes = Infer<typeof routeAttributes>;

/** A decoded route message. */
export type RouteMessage = Infer<typeof routeMessage>;
