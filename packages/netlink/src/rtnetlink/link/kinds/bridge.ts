import { ipv4, ipv6, mac } from '../../../schema/addresses.ts';
import { attributes } from '../../../schema/attributes.ts';
import { be16, flag, u8, u16, u32, u64 } from '../../../schema/scalars.ts';
import { struct } from '../../../schema/struct.ts';
import { iflaBridgeId } from './bridge-id.ts';

/** `struct br_boolopt_multi`: switches by bit, `BR_BOOLOPT_*`. */
export const brBooloptMulti = struct((field) => ({
  optval: field.u32(),
  /** Which bits to change; when read, which exist. */
  optmask: field.u32(),
}));

/** `BRIDGE_QUERIER_*`: who sends the multicast queries. */
export const bridgeQuerierAttributes = attributes({
  ipAddress: [1, ipv4],
  /** Ifindex. */
  ipPort: [2, u32],
  ipOtherTimer: [3, u64],
  ipv6Address: [5, ipv6],
  /** Ifindex. */
  ipv6Port: [6, u32],
  ipv6OtherTimer: [7, u64],
});

/**
 * `IFLA_BR_*`: `ip link add br0 type bridge vlan_filtering 1`. Switches are 0 or 1; delays, intervals, ages and timers
 * are in hundredths of a second.
 */
export const bridge = attributes({
  forwardDelay: [1, u32],
  helloTime: [2, u32],
  maxAge: [3, u32],
  ageingTime: [4, u32],
  /** Off (0), in the kernel (1), by a daemon (2). */
  stpState: [5, u32],
  priority: [6, u16],
  vlanFiltering: [7, u8],
  /** Ethertype, big-endian: `0x8100` or `0x88a8`. */
  vlanProtocol: [8, be16],
  groupFwdMask: [9, u16],
  rootId: [10, iflaBridgeId],
  bridgeId: [11, iflaBridgeId],
  rootPort: [12, u16],
  rootPathCost: [13, u32],
  topologyChange: [14, u8],
  topologyChangeDetected: [15, u8],
  helloTimer: [16, u64],
  tcnTimer: [17, u64],
  topologyChangeTimer: [18, u64],
  gcTimer: [19, u64],
  groupAddr: [20, mac],
  /** Forget what was learned. */
  fdbFlush: [21, flag],
  mcastRouter: [22, u8],
  mcastSnooping: [23, u8],
  mcastQueryUseIfaddr: [24, u8],
  mcastQuerier: [25, u8],
  /** Ignored since 4.20. */
  mcastHashElasticity: [26, u32],
  mcastHashMax: [27, u32],
  mcastLastMemberCnt: [28, u32],
  mcastStartupQueryCnt: [29, u32],
  mcastLastMemberIntvl: [30, u64],
  mcastMembershipIntvl: [31, u64],
  mcastQuerierIntvl: [32, u64],
  mcastQueryIntvl: [33, u64],
  mcastQueryResponseIntvl: [34, u64],
  mcastStartupQueryIntvl: [35, u64],
  nfCallIptables: [36, u8],
  nfCallIp6tables: [37, u8],
  nfCallArptables: [38, u8],
  /** 0: no VLAN for untagged frames. */
  vlanDefaultPvid: [39, u16],
  vlanStatsEnabled: [41, u8],
  mcastStatsEnabled: [42, u8],
  mcastIgmpVersion: [43, u8],
  mcastMldVersion: [44, u8],
  vlanStatsPerPort: [45, u8],
  multiBoolopt: [46, brBooloptMulti],
  mcastQuerierState: [47, bridgeQuerierAttributes],
  /** Since 6.7. */
  fdbNLearned: [48, u32],
  /** 0: no limit. Since 6.7. */
  fdbMaxLearned: [49, u32],
});
