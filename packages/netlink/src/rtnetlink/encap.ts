import { ipv4, ipv6 } from '../schema/addresses.ts';
import { attributes } from '../schema/attributes.ts';
import { flexible } from '../schema/flexible.ts';
import { be16, be64, bytes, u8 } from '../schema/scalars.ts';
import { struct } from '../schema/struct.ts';

/** `TUNNEL_*`, big-endian: which fields a tunnel's header has. */
export const TunnelFlag = { csum: 0x1, key: 0x4, seq: 0x8 } as const;
/** A bit of {@link TunnelFlag}. */
export type TunnelFlag = (typeof TunnelFlag)[keyof typeof TunnelFlag];

/** `SEG6_IPTUN_MODE_*`, by the words of `ip route add … encap seg6 mode`. */
export const Seg6Mode = { inline: 0, encap: 1, l2encap: 2, 'encap.red': 3, 'l2encap.red': 4 } as const;
/** A number of {@link Seg6Mode}. */
export type Seg6Mode = (typeof Seg6Mode)[keyof typeof Seg6Mode];

/** `LWTUNNEL_IP_*`: `RTA_ENCAP` of the type `ip`. */
export const ipEncap = attributes({
  id: [1, be64],
  dst: [2, ipv4],
  src: [3, ipv4],
  ttl: [4, u8],
  tos: [5, u8],
  /** `TUNNEL_*`. */
  flags: [6, be16],
  /** Options of geneve, vxlan or erspan, undecoded. */
  opts: [8, bytes],
});

/** `LWTUNNEL_IP6_*`: `RTA_ENCAP` of the type `ip6`. */
export const ip6Encap = attributes({
  id: [1, be64],
  dst: [2, ipv6],
  src: [3, ipv6],
  hoplimit: [4, u8],
  tc: [5, u8],
  /** `TUNNEL_*`. */
  flags: [6, be16],
  /** Options of geneve, vxlan or erspan, undecoded. */
  opts: [8, bytes],
});

/** `MPLS_IPTUNNEL_*`: `RTA_ENCAP` of the type `mpls`. */
export const mplsEncap = attributes({
  /** The label stack: 4 bytes each. */
  dst: [1, bytes],
  ttl: [2, u8],
});

/** `struct seg6_iptunnel_encap` and the beginning of the `struct ipv6_sr_hdr` in it. */
export const seg6IptunnelEncap = struct((field) => ({
  /** `SEG6_IPTUN_MODE_*`. */
  mode: field.s32(),
  nexthdr: field.u8(),
  /** Of the routing header, in 8 bytes without the first. */
  hdrlen: field.u8(),
  type: field.u8(),
  segmentsLeft: field.u8(),
  /** Number of segments minus one. */
  firstSegment: field.u8(),
  flags: field.u8(),
  tag: field.be16(),
}));

/** `SEG6_IPTUNNEL_*`: `RTA_ENCAP` of the type `seg6`. */
export const seg6Encap = attributes({
  /** Header, then the segments (16 bytes each, the last first), then options. */
  srh: [1, flexible(seg6IptunnelEncap, 'segments', bytes)],
});
