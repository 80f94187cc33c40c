import { ipv4, ipv6 } from '../../../schema/addresses.ts';
import { attributes } from '../../../schema/attributes.ts';
import { be16, be32, flag, flagOrU8, u8, u32 } from '../../../schema/scalars.ts';
import { struct } from '../../../schema/struct.ts';

/** `struct ifla_vxlan_port_range`: UDP source ports, big-endian. */
export const iflaVxlanPortRange = struct((field) => ({ low: field.be16(), high: field.be16() }));

/** `struct vxlanhdr`: the bits of the header that must be zero, big-endian. */
export const vxlanhdr = struct((field) => ({ flags: field.be32(), vni: field.be32() }));

/**
 * `IFLA_VXLAN_*`: `ip link add vx0 type vxlan id 42 remote 192.0.2.1 dstport 4789`. Switches are 0 or 1; those of type
 * flag stand for on by being there.
 */
export const vxlan = attributes({
  /** VXLAN network identifier (VNI), 24 bits. */
  id: [1, u32],
  /** Multicast group or the one remote address. */
  group: [2, ipv4],
  /** Ifindex of the link for the outer packets. */
  link: [3, u32],
  /** Outer source address. */
  local: [4, ipv4],
  ttl: [5, u8],
  tos: [6, u8],
  learning: [7, u8],
  /** Seconds. */
  ageing: [8, u32],
  /** Entries of the forwarding database; 0: no limit. */
  limit: [9, u32],
  portRange: [10, iflaVxlanPortRange],
  proxy: [11, u8],
  rsc: [12, u8],
  l2miss: [13, u8],
  l3miss: [14, u8],
  /** UDP destination port, big-endian. Without it the kernel takes 8472, not the registered 4789. */
  port: [15, be16],
  group6: [16, ipv6],
  local6: [17, ipv6],
  udpCsum: [18, u8],
  udpZeroCsum6Tx: [19, u8],
  udpZeroCsum6Rx: [20, u8],
  remcsumTx: [21, u8],
  remcsumRx: [22, u8],
  gbp: [23, flag],
  remcsumNopartial: [24, flag],
  collectMetadata: [25, u8],
  /** IPv6 flow label, big-endian. */
  label: [26, be32],
  gpe: [27, flag],
  /** Asked for as a flag, dumped as 0 or 1. */
  ttlInherit: [28, flagOrU8],
  /** `VXLAN_DF_*`: unset (0), set (1), inherit (2). */
  df: [29, u8],
  vnifilter: [30, u8],
  /** Since 6.5. */
  localbypass: [31, u8],
  /** `VXLAN_LABEL_*`: fixed (0), inherit (1). Since 6.8. */
  labelPolicy: [32, u32],
  /** Since 6.14. */
  reservedBits: [33, vxlanhdr],
  /** Since 6.17. */
  mcRoute: [34, u8],
});
