/** `NUD_*`: state of a neighbour, by the words that `ip` prints. They are bits, so that a filter can have several. */
export const NeighbourState = {
  none: 0,
  incomplete: 0x1,
  reachable: 0x2,
  stale: 0x4,
  delay: 0x8,
  probe: 0x10,
  failed: 0x20,
  noarp: 0x40,
  permanent: 0x80,
} as const;
/** A bit of {@link NeighbourState}. */
export type NeighbourState = (typeof NeighbourState)[keyof typeof NeighbourState];

/** `NTF_*`: flags of a neighbour, by the words that `ip` and `bridge` print. */
export const NeighbourFlag = {
  use: 0x1,
  self: 0x2,
  master: 0x4,
  proxy: 0x8,
  extern_learn: 0x10,
  offload: 0x20,
  sticky: 0x40,
  router: 0x80,
} as const;
/** A bit of {@link NeighbourFlag}. */
export type NeighbourFlag = (typeof NeighbourFlag)[keyof typeof NeighbourFlag];

/** `NTF_EXT_*`: further flags, in the attribute `flagsExt`. */
export const NeighbourFlagExt = {
  managed: 0x1,
  /** Since 6.2. */
  locked: 0x2,
  /** Since 6.17. */
  extern_valid: 0x4,
} as const;
/** A bit of {@link NeighbourFlagExt}. */
export type NeighbourFlagExt = (typeof NeighbourFlagExt)[keyof typeof NeighbourFlagExt];
