import { attributes } from '../../schema/attributes.ts';
import { repeated } from '../../schema/lists.ts';
import { bytes, string, u8, u16, u32, u64 } from '../../schema/scalars.ts';
import { struct } from '../../schema/struct.ts';

/** `struct ifla_vf_mac`: 32 bytes of room, of which Ethernet uses 6. */
export const iflaVfMac = struct((field) => ({ vf: field.u32(), mac: field.blob(32) }));

/** `struct ifla_vf_broadcast`. */
export const iflaVfBroadcast = struct((field) => ({ broadcast: field.blob(32) }));

/** `struct ifla_vf_vlan`: VLAN 0 switches filtering off. */
export const iflaVfVlan = struct((field) => ({ vf: field.u32(), vlan: field.u32(), qos: field.u32() }));

/** `struct ifla_vf_vlan_info`. */
export const iflaVfVlanInfo = struct(
  (field) => ({
    vf: field.u32(),
    vlan: field.u32(),
    qos: field.u32(),
    /** Ethertype, big-endian: `0x8100` or `0x88a8`. */
    vlanProto: field.be16(),
  }),
  { size: 16 },
);

/** `struct ifla_vf_tx_rate`: Mbit/s, 0 for no limit. */
export const iflaVfTxRate = struct((field) => ({ vf: field.u32(), rate: field.u32() }));

/** `struct ifla_vf_rate`: Mbit/s. */
export const iflaVfRate = struct((field) => ({ vf: field.u32(), minTxRate: field.u32(), maxTxRate: field.u32() }));

/** `struct ifla_vf_spoofchk`, `ifla_vf_rss_query_en` and `ifla_vf_trust`: on (1), off (0). */
export const iflaVfSetting = struct((field) => ({ vf: field.u32(), setting: field.u32() }));

/** `struct ifla_vf_link_state`: auto (0), enable (1), disable (2). */
export const iflaVfLinkState = struct((field) => ({ vf: field.u32(), linkState: field.u32() }));

/** `struct ifla_vf_guid`. */
export const iflaVfGuid = struct((field) => ({ vf: field.u32(), guid: field.pad(4).u64() }));

/** `IFLA_VF_STATS_*`. The first is number 0. */
export const vfStatsAttributes = attributes(
  {
    rxPackets: [0, u64],
    txPackets: [1, u64],
    rxBytes: [2, u64],
    txBytes: [3, u64],
    broadcast: [4, u64],
    multicast: [5, u64],
    rxDropped: [7, u64],
    txDropped: [8, u64],
  },
  { nestedFlag: false },
);

/** `IFLA_VF_VLAN_INFO`, once per VLAN. */
export const vfVlanAttributes = attributes({ info: [1, repeated(iflaVfVlanInfo)] }, { nestedFlag: false });

/** `IFLA_VF_*`: settings of one virtual function. Every one names its VF in a field `vf`. */
export const vfAttributes = attributes(
  {
    mac: [1, iflaVfMac],
    vlan: [2, iflaVfVlan],
    /** The rate limit of before 3.17; now `rate`. */
    txRate: [3, iflaVfTxRate],
    spoofchk: [4, iflaVfSetting],
    linkState: [5, iflaVfLinkState],
    rate: [6, iflaVfRate],
    rssQueryEn: [7, iflaVfSetting],
    stats: [8, vfStatsAttributes],
    trust: [9, iflaVfSetting],
    ibNodeGuid: [10, iflaVfGuid],
    ibPortGuid: [11, iflaVfGuid],
    vlanList: [12, vfVlanAttributes],
    broadcast: [13, iflaVfBroadcast],
  },
  { nestedFlag: false },
);

/** `IFLA_VF_INFO`, once per virtual function. */
export const vfinfoAttributes = attributes({ info: [1, repeated(vfAttributes)] }, { nestedFlag: false });

/** `struct ifla_port_vsi`. */
export const iflaPortVsi = struct(
  (field) => ({ vsiMgrId: field.u8(), vsiTypeId: field.blob(3), vsiTypeVersion: field.u8() }),
  { size: 8 },
);

/** `IFLA_PORT_*`: the port of a virtual function on an 802.1Qbg/802.1Qbh switch. */
export const portAttributes = attributes(
  {
    /** The virtual function; `0xffffffff`: the link itself. */
    vf: [1, u32],
    profile: [2, string(40)],
    vsiType: [3, iflaPortVsi],
    instanceUuid: [4, bytes],
    hostUuid: [5, bytes],
    request: [6, u8],
    response: [7, u16],
  },
  { nestedFlag: false },
);

/** `IFLA_VF_PORT`, once per virtual function. */
export const vfPortsAttributes = attributes({ port: [1, repeated(portAttributes)] }, { nestedFlag: false });
