import { mac } from '../../schema/addresses.ts';
import { attributes, type Shape } from '../../schema/attributes.ts';
import { repeated } from '../../schema/lists.ts';
import { bytes, s32, string, text, u8, u16, u32, uint } from '../../schema/scalars.ts';
import { selectedByHeader } from '../../schema/selected.ts';
import { bridgeFamilyAttributes } from './bridge-families.ts';
import { inet6Attributes, inetAttributes, mctpAttributes } from './families.ts';
import { bridgePort } from './kinds/bridge-port.ts';
import { rtnlLinkIfmap, rtnlLinkStats, rtnlLinkStats64 } from './stats.ts';
import { portAttributes, vfinfoAttributes, vfPortsAttributes } from './virtual-functions.ts';

/** `IFLA_XDP_*`. */
export const xdpAttributes = attributes(
  {
    /** Descriptor of the program to attach; -1 detaches. */
    fd: [1, s32],
    /** `XDP_ATTACHED_*`: none (0), driver (1), generic (2), hardware (3), several (4). */
    attached: [2, u8],
    /** `XDP_FLAGS_*`. */
    flags: [3, u32],
    progId: [4, u32],
    drvProgId: [5, u32],
    skbProgId: [6, u32],
    hwProgId: [7, u32],
    expectedFd: [8, s32],
  },
  { nestedFlag: false },
);

/** `IFLA_PROTO_DOWN_REASON_*`. */
export const protoDownReasonAttributes = attributes({ mask: [1, u32], value: [2, u32] });

/** `IFLA_PROP_LIST`: further names. */
export const propListAttributes = attributes({ altIfname: [53, repeated(string(127))] });

/** `DEVLINK_ATTR_*`, as far as links have them. */
export const devlinkPortAttributes = attributes({ busName: [1, text], devName: [2, text], portIndex: [3, u32] });

/** `DPLL_A_PIN_*`, as far as links have them. */
export const dpllPinAttributes = attributes({ id: [1, u32] });

/** `IFLA_AF_SPEC`: one set per address family that has settings on a link, by `AF_*`. */
export const afSpecAttributes = attributes(
  {
    inet: [2, inetAttributes],
    bridge: [7, bridgeFamilyAttributes],
    inet6: [10, inet6Attributes],
    mctp: [45, mctpAttributes],
  },
  { nestedFlag: false },
);

/**
 * `IFLA_*`, uapi/linux/if_link.h, but for `linkinfo`: what a link and the peer inside `VETH_INFO_PEER` have in common.
 */
export const commonLink = {
  /** Link-layer address. */
  address: [1, mac],
  /** Link-layer broadcast address; the other end's address on a point-to-point link. */
  broadcast: [2, mac],
  ifname: [3, string(15)],
  mtu: [4, u32],
  /** Ifindex of the lower link, or of a veth's peer; in the namespace `linkNetnsid`, if there is one. */
  link: [5, u32],
  /** Queueing discipline at the root. */
  qdisc: [6, string(15)],
  stats: [7, rtnlLinkStats],
  /** No longer used. */
  cost: [8, bytes],
  /** No longer used. */
  priority: [9, bytes],
  /** Ifindex of the bridge, bond or team this link is a port of; 0 releases it. */
  master: [10, u32],
  /** Wireless extensions event. */
  wireless: [11, bytes],
  /** Bridge port settings in `AF_BRIDGE` messages, IPv6 settings in `AF_INET6` ones. */
  protinfo: [12, selectedByHeader('family', { 7: bridgePort, 10: inet6Attributes })],
  /** Transmit queue length, packets. */
  txqlen: [13, u32],
  map: [14, rtnlLinkIfmap],
  weight: [15, u32],
  /** `IF_OPER_*`. */
  operstate: [16, u8],
  /** `IF_LINK_MODE_*`: default (0), dormant (1), testing (2). */
  linkmode: [17, u8],
  /** Process in whose namespace the link goes. */
  netNsPid: [19, u32],
  /** Free text, 255 bytes at most; it need not end with a NUL. Empty text removes it. */
  ifalias: [20, string(255)],
  numVf: [21, u32],
  vfinfoList: [22, vfinfoAttributes],
  stats64: [23, rtnlLinkStats64],
  vfPorts: [24, vfPortsAttributes],
  portSelf: [25, portAttributes],
  /** Settings by address family; in `AF_BRIDGE` messages those of the bridge alone. */
  afSpec: [26, selectedByHeader('family', { 7: bridgeFamilyAttributes }, { otherwise: afSpecAttributes })],
  group: [27, u32],
  /** Descriptor of the namespace where the link goes, resolved in the sender's table while it sends. */
  netNsFd: [28, u32],
  /** `RTEXT_FILTER_*`: what a request wants besides, or without. */
  extMask: [29, u32],
  /** How many want it promiscuous. */
  promiscuity: [30, u32],
  numTxQueues: [31, u32],
  numRxQueues: [32, u32],
  /** Whether there is a carrier: 0 or 1. */
  carrier: [33, u8],
  physPortId: [34, bytes],
  carrierChanges: [35, u32],
  physSwitchId: [36, bytes],
  /** Namespace that `link` counts in, relative to the asking socket's. */
  linkNetnsid: [37, s32],
  physPortName: [38, string(15)],
  protoDown: [39, u8],
  gsoMaxSegs: [40, u32],
  gsoMaxSize: [41, u32],
  xdp: [43, xdpAttributes],
  /** `IFLA_EVENT_*`: why a notification was sent. */
  event: [44, u32],
  /** In a deletion because of a move: id of the new namespace. */
  newNetnsid: [45, s32],
  /** Id of the namespace to look in (`IFLA_IF_NETNSID` too), relative to the asking socket's. */
  targetNetnsid: [46, s32],
  carrierUpCount: [47, u32],
  carrierDownCount: [48, u32],
  /** The ifindex to have in the new namespace. */
  newIfindex: [49, s32],
  minMtu: [50, u32],
  maxMtu: [51, u32],
  propList: [52, propListAttributes],
  /** In requests: the further name to look a link up by. */
  altIfname: [53, string(127)],
  permAddress: [54, mac],
  protoDownReason: [55, protoDownReasonAttributes],
  parentDevName: [56, text],
  parentDevBusName: [57, text],
  groMaxSize: [58, u32],
  tsoMaxSize: [59, u32],
  tsoMaxSegs: [60, u32],
  /** How many want all multicast. */
  allmulti: [61, u32],
  /** Since 6.2. */
  devlinkPort: [62, devlinkPortAttributes],
  /** Since 6.3. */
  gsoIpv4MaxSize: [63, u32],
  /** Since 6.3. */
  groIpv4MaxSize: [64, u32],
  /** Since 6.7. */
  dpllPin: [65, dpllPinAttributes],
  /** Nanoseconds. Since 6.13. */
  maxPacingOffloadHorizon: [66, uint],
  /** Whether the link may not change namespace. Since 6.15. */
  netnsImmutable: [67, u8],
  /** Bytes. Since 6.18. */
  headroom: [68, u16],
  /** Bytes. Since 6.18. */
  tailroom: [69, u16],
} as const satisfies Shape;
