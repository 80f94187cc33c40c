import { ip } from '../schema/addresses.ts';
import { attributes } from '../schema/attributes.ts';
import { message } from '../schema/message.ts';
import { be32, be64, string, u8, u16, u32 } from '../schema/scalars.ts';
import { struct } from '../schema/struct.ts';
import type { Infer } from '../schema/type.ts';

/** `struct fib_rule_hdr`: header of every rule message. */
export const fibRuleHdr = struct((field) => ({
  family: field.u8(),
  /** Length of the destination prefix, bits. */
  dstLen: field.u8(),
  /** Length of the source prefix, bits. */
  srcLen: field.u8(),
  tos: field.u8(),
  /** Table, when it is below 256; all of them are in the `table` attribute. */
  table: field.u8(),
  res1: field.u8(),
  res2: field.u8(),
  /** `FR_ACT_*`. */
  action: field.u8(),
  /** `FIB_RULE_*`. */
  flags: field.u32(),
}));

/** `struct fib_rule_uid_range`: both ends included. */
export const fibRuleUidRange = struct((field) => ({ start: field.u32(), end: field.u32() }));

/** `struct fib_rule_port_range`: both ends included, host byte order. */
export const fibRulePortRange = struct((field) => ({ start: field.u16(), end: field.u16() }));

/** `FRA_*`, uapi/linux/fib_rules.h. */
export const ruleAttributes = attributes({
  dst: [1, ip],
  src: [2, ip],
  iifname: [3, string(15)],
  /** Priority of the rule to go on at. */
  goto: [4, u32],
  /** Rules are tried from the lowest. */
  priority: [6, u32],
  fwmark: [10, u32],
  /** Realms: source in the upper half, destination in the lower. */
  flow: [11, u32],
  /** Big-endian. */
  tunId: [12, be64],
  /** Routes out of links of this group don't count; `0xffffffff`: none. */
  suppressIfgroup: [13, u32],
  /** Routes with prefixes of this length or shorter don't count; `0xffffffff`: none. */
  suppressPrefixlen: [14, u32],
  table: [15, u32],
  fwmask: [16, u32],
  oifname: [17, string(15)],
  l3mdev: [19, u8],
  uidRange: [20, fibRuleUidRange],
  /** `RTPROT_*`: who made the rule. */
  protocol: [21, u8],
  /** `IPPROTO_*`. */
  ipProto: [22, u8],
  sportRange: [23, fibRulePortRange],
  dportRange: [24, fibRulePortRange],
  /** Without the ECN bits. Since 6.12. */
  dscp: [25, u8],
  /** Big-endian. Since 6.14. */
  flowlabel: [26, be32],
  /** Big-endian. Since 6.14. */
  flowlabelMask: [27, be32],
  /** Host byte order. Since 6.15. */
  sportMask: [28, u16],
  /** Host byte order. Since 6.15. */
  dportMask: [29, u16],
  /** Since 6.15. */
  dscpMask: [30, u8],
});

/** `RTM_NEWRULE`, `RTM_DELRULE`, `RTM_GETRULE`. */
export const ruleMessage = message(fibRuleHdr, ruleAttributes);

/** The attributes of a rule. */
export type RuleAttributes = Infer<typeof ruleAttributes>;

/** A decoded rule message. */
export type RuleMessage = Infer<typeof ruleMessage>;
