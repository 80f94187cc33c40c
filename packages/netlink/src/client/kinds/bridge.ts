import type { KindWords } from './words.ts';

/** `ip link add NAME type bridge`: times are hundredths of a second, as in the kernel. */
export interface BridgeSettings {
  /** Spanning tree protocol. */
  readonly stp?: boolean | undefined;
  readonly vlanFiltering?: boolean | undefined;
  /** `0x8100` (802.1Q) or `0x88a8` (802.1ad). */
  readonly vlanProtocol?: number | undefined;
  readonly vlanDefaultPvid?: number | undefined;
  readonly forwardDelay?: number | undefined;
  readonly helloTime?: number | undefined;
  readonly maxAge?: number | undefined;
  readonly ageingTime?: number | undefined;
  readonly priority?: number | undefined;
  readonly mcastSnooping?: boolean | undefined;
  readonly mcastQuerier?: boolean | undefined;
}

/** Words of the kind `bridge`. */
export const bridge: KindWords = {
  names: { stp: 'stpState' },
  switches: [
    'stpState',
    'vlanFiltering',
    'vlanStatsEnabled',
    'vlanStatsPerPort',
    'mcastSnooping',
    'mcastQuerier',
    'mcastQueryUseIfaddr',
    'mcastStatsEnabled',
    'nfCallIptables',
    'nfCallIp6tables',
    'nfCallArptables',
    'topologyChange',
    'topologyChangeDetected',
  ],
};
