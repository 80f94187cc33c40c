import { attributes } from '../../../schema/attributes.ts';
import { repeated } from '../../../schema/lists.ts';
import { be16, u16 } from '../../../schema/scalars.ts';
import { struct } from '../../../schema/struct.ts';

/** `VLAN_FLAG_*`. */
export const VlanFlag = { reorder_hdr: 1, gvrp: 2, loose_binding: 4, mvrp: 8, bridge_binding: 16 } as const;
/** A bit of {@link VlanFlag}. */
export type VlanFlag = (typeof VlanFlag)[keyof typeof VlanFlag];

/** `struct ifla_vlan_flags`. */
export const iflaVlanFlags = struct((field) => ({
  /** `VLAN_FLAG_*`. */
  flags: field.u32(),
  /** Which of them to change. */
  mask: field.u32(),
}));

/** `struct ifla_vlan_qos_mapping`: from packet priority to VLAN priority (egress) or back (ingress). */
export const iflaVlanQosMapping = struct((field) => ({ from: field.u32(), to: field.u32() }));

/** `IFLA_VLAN_QOS_*`. */
export const vlanQosAttributes = attributes({ mapping: [1, repeated(iflaVlanQosMapping)] }, { nestedFlag: false });

/** `IFLA_VLAN_*`: `ip link add link eth0 name eth0.5 type vlan id 5`. */
export const vlan = attributes({
  id: [1, u16],
  flags: [2, iflaVlanFlags],
  egressQos: [3, vlanQosAttributes],
  ingressQos: [4, vlanQosAttributes],
  /** Ethertype, big-endian: `0x8100` (802.1Q) or `0x88a8` (802.1ad). */
  protocol: [5, be16],
});
