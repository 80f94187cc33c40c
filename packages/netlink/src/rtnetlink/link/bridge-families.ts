import { attributes } from '../../schema/attributes.ts';
import { repeated } from '../../schema/lists.ts';
import { bytes, u8, u16, u32 } from '../../schema/scalars.ts';
import { struct } from '../../schema/struct.ts';

/** `struct bridge_vlan_info`. */
export const bridgeVlanInfo = struct((field) => ({
  /** `BRIDGE_VLAN_INFO_*`: master (1), pvid (2), untagged (4), range begin (8), range end (16). */
  flags: field.u16(),
  vid: field.u16(),
}));

/** `IFLA_BRIDGE_VLAN_TUNNEL_*`: a VLAN's tunnel id on a port that maps them. */
export const bridgeVlanTunnelAttributes = attributes(
  { id: [1, u32], vid: [2, u16], flags: [3, u16] },
  { nestedFlag: false },
);

/** `IFLA_BRIDGE_MST_ENTRY_*`. */
export const bridgeMstEntryAttributes = attributes(
  {
    msti: [1, u16],
    /** `BR_STATE_*`. */
    state: [2, u8],
  },
  { nestedFlag: false },
);

/** `IFLA_BRIDGE_MST_*`. */
export const bridgeMstAttributes = attributes({ entry: [1, repeated(bridgeMstEntryAttributes)] });

/** `IFLA_BRIDGE_*`: `IFLA_AF_SPEC` of `AF_BRIDGE` messages. The first is number 0. */
export const bridgeFamilyAttributes = attributes(
  {
    /** `BRIDGE_FLAGS_*`: to the bridge (1), to the port's own driver (2). */
    flags: [0, u16],
    /** `BRIDGE_MODE_*`: veb (0), vepa (1), undefined (0xffff). */
    mode: [1, u16],
    vlanInfo: [2, repeated(bridgeVlanInfo)],
    vlanTunnelInfo: [3, repeated(bridgeVlanTunnelAttributes)],
    /** Media redundancy protocol, undecoded. */
    mrp: [4, bytes],
    /** Connectivity fault management, undecoded. */
    cfm: [5, bytes],
    mst: [6, bridgeMstAttributes],
  },
  { nestedFlag: false },
);
