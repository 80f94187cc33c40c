import { ip, mac } from '../schema/addresses.ts';
import { attributes } from '../schema/attributes.ts';
import { message } from '../schema/message.ts';
import { be16, flag, s32, u8, u16, u32 } from '../schema/scalars.ts';
import { struct } from '../schema/struct.ts';
import type { Infer } from '../schema/type.ts';

/** `struct ndmsg`: header of every neighbour message. */
export const ndmsg = struct((field) => ({
  /** `AF_INET`, `AF_INET6`; `AF_BRIDGE` for forwarding databases. */
  family: field.u8(),
  ifindex: field.pad(3).s32(),
  /** `NUD_*`. */
  state: field.u16(),
  /** `NTF_*`. */
  flags: field.u8(),
  /** `RTN_*`. */
  type: field.u8(),
}));

/** `struct nda_cacheinfo`: times are hundredths of a second ago. */
export const ndaCacheinfo = struct((field) => ({
  confirmed: field.u32(),
  used: field.u32(),
  updated: field.u32(),
  refcnt: field.u32(),
}));

/** `NFEA_*`: activity notification of a forwarding database entry. */
export const fdbExtAttributes = attributes({
  /** `FDB_NOTIFY_*`: any activity (1), inactive (2). */
  activityNotify: [1, u8],
  dontRefresh: [2, flag],
});

/** `NDA_*`, uapi/linux/neighbour.h. */
export const neighbourAttributes = attributes({
  /** Address of the neighbour; in a forwarding database, of the tunnel's other end. */
  dst: [1, ip],
  /** Its link-layer address. */
  lladdr: [2, mac],
  cacheinfo: [3, ndaCacheinfo],
  /** Solicitations sent without an answer. */
  probes: [4, u32],
  vlan: [5, u16],
  /** UDP port of the tunnel's other end, big-endian. */
  port: [6, be16],
  /** VXLAN network identifier. */
  vni: [7, u32],
  /** Ifindex of the link to send through; in a dump request, the link to list. */
  ifindex: [8, u32],
  /** Ifindex of the bridge; in a dump request, whose ports to list. */
  master: [9, u32],
  linkNetnsid: [10, s32],
  /** VXLAN network identifier the frame came with. */
  srcVni: [11, u32],
  /** `RTPROT_*`: who made the entry. */
  protocol: [12, u8],
  /** Id of a nexthop object. */
  nhId: [13, u32],
  fdbExtAttrs: [14, fdbExtAttributes],
  /** `NTF_EXT_*`. */
  flagsExt: [15, u32],
  /** Which states a flush is for. */
  ndmStateMask: [16, u16],
  /** Which flags a flush is for. */
  ndmFlagsMask: [17, u8],
});

/** `RTM_NEWNEIGH`, `RTM_DELNEIGH`, `RTM_GETNEIGH`. */
export const neighbourMessage = message(ndmsg, neighbourAttributes);

/** The attributes of a neighbour. */
export type NeighbourAttributes = Infer<typeof neighbourAttributes>;

/** A decoded neighbour message. */
export type NeighbourMessage = Infer<typeof neighbourMessage>;
