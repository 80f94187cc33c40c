/** `FR_ACT_*`: what a rule does, by the words of `ip rule`. */
export const RuleAction = {
  unspec: 0,
  /** Look the route up in a table. */
  lookup: 1,
  goto: 2,
  nop: 3,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
} as const;
/** A number of {@link RuleAction}. */
export type RuleAction = (typeof RuleAction)[keyof typeof RuleAction];

/** `FIB_RULE_*`: flags of a rule. */
export const RuleFlag = {
  permanent: 0x1,
  /** `ip rule add not …`. */
  invert: 0x2,
  unresolved: 0x4,
  iif_detached: 0x8,
  oif_detached: 0x10,
  find_saddr: 0x10000,
} as const;
/** A bit of {@link RuleFlag}. */
export type RuleFlag = (typeof RuleFlag)[keyof typeof RuleFlag];
