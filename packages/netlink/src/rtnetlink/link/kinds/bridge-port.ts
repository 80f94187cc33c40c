import { attributes } from '../../../schema/attributes.ts';
import { flag, u8, u16, u32, u64 } from '../../../schema/scalars.ts';
import { iflaBridgeId } from './bridge-id.ts';

/** `BR_STATE_*`: spanning tree state of a port. */
export const BridgePortState = { disabled: 0, listening: 1, learning: 2, forwarding: 3, blocking: 4 } as const;
/** A number of {@link BridgePortState}. */
export type BridgePortState = (typeof BridgePortState)[keyof typeof BridgePortState];

/**
 * `IFLA_BRPORT_*`: a port of a bridge, `ip link set eth0 type bridge_slave isolated on`. Switches are 0 or 1; timers,
 * costs and times are in hundredths of a second.
 */
export const bridgePort = attributes({
  /** `BR_STATE_*`. */
  state: [1, u8],
  priority: [2, u16],
  cost: [3, u32],
  /** Whether frames may go back out where they came in (hairpin). */
  mode: [4, u8],
  guard: [5, u8],
  protect: [6, u8],
  fastLeave: [7, u8],
  learning: [8, u8],
  unicastFlood: [9, u8],
  proxyarp: [10, u8],
  learningSync: [11, u8],
  proxyarpWifi: [12, u8],
  rootId: [13, iflaBridgeId],
  bridgeId: [14, iflaBridgeId],
  designatedPort: [15, u16],
  designatedCost: [16, u16],
  id: [17, u16],
  no: [18, u16],
  topologyChangeAck: [19, u8],
  configPending: [20, u8],
  messageAgeTimer: [21, u64],
  forwardDelayTimer: [22, u64],
  holdTimer: [23, u64],
  /** Forget what was learned on this port. */
  flush: [24, flag],
  multicastRouter: [25, u8],
  mcastFlood: [27, u8],
  mcastToUcast: [28, u8],
  vlanTunnel: [29, u8],
  bcastFlood: [30, u8],
  groupFwdMask: [31, u16],
  neighSuppress: [32, u8],
  isolated: [33, u8],
  /** Ifindex of the port to use when this one is down. */
  backupPort: [34, u32],
  mrpRingOpen: [35, u8],
  mrpInOpen: [36, u8],
  mcastEhtHostsLimit: [37, u32],
  mcastEhtHostsCnt: [38, u32],
  locked: [39, u8],
  /** Since 6.2. */
  mab: [40, u8],
  /** Since 6.3. */
  mcastNGroups: [41, u32],
  /** Since 6.3. */
  mcastMaxGroups: [42, u32],
  /** Since 6.4. */
  neighVlanSuppress: [43, u8],
  /** Since 6.6. */
  backupNhid: [44, u32],
});
