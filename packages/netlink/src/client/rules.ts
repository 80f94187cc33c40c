import { MessageFlag } from '../protocol/header.ts';
import { RouteTable, RuleAction } from '../rtnetlink/constants.ts';
import { numberOf, valueName } from '../rtnetlink/names.ts';
import { ruleMessage } from '../rtnetlink/rule.ts';
import type { Infer } from '../schema/type.ts';
import { AttributeView } from '../schema/view.ts';
import type { Reader } from '../wire/reader.ts';
import { checkFamily } from './addresses.ts';
import type { Channel } from './channel.ts';
import { checkNewName } from './link-ref.ts';
import { type CallOptions, callWords } from './options.ts';
import { familyName, familyNumber, type InetFamily, parsePrefix, prefixText } from './prefix.ts';
import { Problems } from './problems.ts';
import { change, listing } from './verb.ts';

/** A rule that chooses a routing table, as `ip rule` shows it. */
export interface Rule {
  family: InetFamily;
  /** Rules are tried from the lowest. */
  priority: number;
  /** Source prefix; absent: all. */
  from?: string;
  /** Destination prefix; absent: all. */
  to?: string;
  /** Table to look in. */
  table?: number;
  /** `lookup`, `goto`, `blackhole`, `unreachable`, `prohibit`, `nop`. */
  action: string;
  /** Firewall mark. */
  mark?: number;
  /** Which bits of the mark count; absent: all. */
  mask?: number;
  /** Incoming link (`iif`), by name. */
  inputName?: string;
  /** Outgoing link (`oif`) of local sockets, by name. */
  outputName?: string;
  /** Matches what does not match (`not`). */
  invert: boolean;
  /** Priority of the rule to go on at, for `goto`. */
  goto?: number;
  /** Routes with prefixes this long or shorter don't count. */
  suppressPrefixLength?: number;
  /** Who made it, as a number of `RTPROT_*`. */
  protocol?: number;
}

/** A rule to be made. */
export type RuleSpec = { [K in keyof Rule]?: Rule[K] | undefined };

/** Which rules to list. */
export interface RuleFilter extends CallOptions {
  readonly family?: InetFamily | undefined;
}

/** The keys of {@link Rule} that are numbers, and the largest they can be. */
const limits = {
  priority: 0xffffffff,
  table: 0xffffffff,
  mark: 0xffffffff,
  mask: 0xffffffff,
  goto: 0xffffffff,
  suppressPrefixLength: 128,
  protocol: 0xff,
} as const;
const ruleWords = [...Object.keys(limits), 'family', 'from', 'to', 'action', 'inputName', 'outputName', 'invert'];

/** `FIB_RULE_INVERT` */
const invertFlag = 2;
const { span } = ruleMessage.header;
const at = {
  dstLen: ruleMessage.header.offsetOf('dstLen'),
  srcLen: ruleMessage.header.offsetOf('srcLen'),
  table: ruleMessage.header.offsetOf('table'),
  action: ruleMessage.header.offsetOf('action'),
  flags: ruleMessage.header.offsetOf('flags'),
};

const listRules = listing({
  name: 'RTM_GETRULE',
  schema: ruleMessage,
  check: (filter: RuleFilter, problems) => {
    problems.keys(filter, ['family', ...callWords]);
    checkFamily(filter.family, problems);
  },
  message: ({ family }) => ({ header: { family: family === undefined ? 0 : familyNumber(family) } }),
  read: (reader, start, end, { family }) => {
    const rule = readRule(reader, start, end);
    return family === undefined || rule?.family === family ? rule : undefined;
  },
});

/** A rule to be added or removed, checked. */
interface RuleChange {
  readonly priority: number | undefined;
  readonly message: ReturnType<typeof encodeRule>;
}

const ruleChange = {
  schema: ruleMessage,
  subject: ({ priority }: RuleChange) => (priority === undefined ? '' : `rule ${priority}`),
  message: ({ message }: RuleChange) => message,
};
const addRule = change({ ...ruleChange, name: 'RTM_NEWRULE', flags: MessageFlag.create | MessageFlag.exclusive });
const deleteRule = change({ ...ruleChange, name: 'RTM_DELRULE' });

/** The rules of a namespace that choose routing tables. */
export class Rules {
  readonly #channel: Channel;

  /** @internal */
  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Lists rules in the order they are tried, IPv4 first: `ip rule show`, `ip -6 rule show`. */
  list(filter: RuleFilter = {}): Promise<Rule[]> {
    return this.#channel.submit(listRules, filter, filter);
  }

  /**
   * Adds a rule: `ip rule add`. Without an action it is `lookup`, without a table the main one, without a priority the
   * kernel chooses one before the lowest. The family is that of the prefixes, else IPv4. Throws NetlinkError EEXIST.
   */
  async add(rule: RuleSpec, options: CallOptions = {}): Promise<void> {
    return await this.#channel.submit(addRule, prepare({ action: 'lookup', ...rule }, false), options);
  }

  /** Removes the first rule that matches what is given: `ip rule delete`. Throws NetlinkError ENOENT when none does. */
  async delete(rule: RuleSpec, options: CallOptions = {}): Promise<void> {
    return await this.#channel.submit(deleteRule, prepare(rule, true), options);
  }
}

function prepare(rule: RuleSpec, removing: boolean): RuleChange {
  const problems = new Problems();
  const message = encodeRule(rule, removing, problems);
  problems.throwIfAny();
  return { priority: rule.priority, message };
}

function encodeRule(rule: RuleSpec, removing: boolean, problems: Problems) {
  problems.keys(rule, ruleWords);
  for (const word of Object.keys(limits) as (keyof typeof limits)[])
    problems.integer(rule[word], word, 0, limits[word]);
  // The kernel would take the first of all rules, which is that for local addresses.
  const says = Object.entries(rule).some(([word, value]) => word !== 'family' && value !== undefined);
  problems.check(!removing || says, '', 'says nothing of the rule but its family');
  checkFamily(rule.family, problems);
  const from = rule.from === undefined ? undefined : parsePrefix(rule.from, 'from', problems);
  const to = rule.to === undefined ? undefined : parsePrefix(rule.to, 'to', problems);
  const family = rule.family ?? from?.family ?? to?.family ?? 'inet';
  problems.check(from === undefined || from.family === family, 'from', 'is of another family', rule.from);
  problems.check(to === undefined || to.family === family, 'to', 'is of another family', rule.to);
  if (rule.inputName !== undefined) checkNewName(rule.inputName, 'inputName', problems);
  if (rule.outputName !== undefined) checkNewName(rule.outputName, 'outputName', problems);
  const action = rule.action === undefined ? 0 : numberOf(RuleAction, rule.action);
  problems.check(action !== undefined, 'action', 'is not an action of a rule', rule.action);
  problems.check(rule.action !== 'goto' || rule.goto !== undefined, 'goto', 'is needed for the action goto');
  const table = rule.table ?? (!removing && action === RuleAction.lookup ? RouteTable.main : undefined);
  const attributes: Infer<typeof ruleMessage.attributes> = {};
  if (from !== undefined && from.length > 0) attributes.src = from.address;
  if (to !== undefined && to.length > 0) attributes.dst = to.address;
  if (rule.priority !== undefined) attributes.priority = rule.priority;
  if (table !== undefined) attributes.table = table;
  if (rule.mark !== undefined) attributes.fwmark = rule.mark;
  if (rule.mask !== undefined) attributes.fwmask = rule.mask;
  if (rule.inputName !== undefined) attributes.iifname = rule.inputName;
  if (rule.outputName !== undefined) attributes.oifname = rule.outputName;
  if (rule.goto !== undefined) attributes.goto = rule.goto;
  if (rule.suppressPrefixLength !== undefined) attributes.suppressPrefixlen = rule.suppressPrefixLength;
  if (rule.protocol !== undefined) attributes.protocol = rule.protocol;
  return {
    header: {
      family: familyNumber(family),
      srcLen: from?.length ?? 0,
      dstLen: to?.length ?? 0,
      table: table !== undefined && table < 256 ? table : 0,
      action: action ?? 0,
      flags: rule.invert ? invertFlag : 0,
    },
    attributes,
  };
}

/** Scratch of {@link readRule}: nothing of it outlives a call. */
const view = new AttributeView(ruleMessage.attributes);

/** `RTM_NEWRULE` at `[start, end)` as an object; undefined for families that are neither IPv4 nor IPv6. */
export function readRule(reader: Reader, start: number, end: number): Rule | undefined {
  const { bytes } = reader;
  const family = familyName(bytes[start] as number);
  if (family === undefined) return undefined;
  view.index(reader, start + span, end);
  const { fields } = view;
  const action = valueName(RuleAction, bytes[start + at.action] as number);
  const rule: Rule = {
    family,
    // The rule at 0 is the one whose priority the kernel leaves out.
    priority: view.get(fields.priority) ?? 0,
    action: String(action),
    invert: (reader.u32At(start + at.flags) & invertFlag) !== 0,
  };
  const from = view.get(fields.src);
  const to = view.get(fields.dst);
  const table = view.get(fields.table) ?? (bytes[start + at.table] as number);
  const mark = view.get(fields.fwmark);
  const mask = view.get(fields.fwmask);
  const inputName = view.get(fields.iifname);
  const outputName = view.get(fields.oifname);
  const goto = view.get(fields.goto);
  const suppress = view.get(fields.suppressPrefixlen);
  const protocol = view.get(fields.protocol);
  if (from !== undefined) rule.from = prefixText(from, bytes[start + at.srcLen] as number, family);
  if (to !== undefined) rule.to = prefixText(to, bytes[start + at.dstLen] as number, family);
  if (action === 'lookup') rule.table = table;
  if (mark !== undefined) rule.mark = mark;
  if (mask !== undefined && mask !== 0xffffffff) rule.mask = mask;
  if (inputName !== undefined) rule.inputName = inputName;
  if (outputName !== undefined) rule.outputName = outputName;
  if (goto !== undefined) rule.goto = goto;
  if (suppress !== undefined && suppress !== 0xffffffff) rule.suppressPrefixLength = suppress;
  if (protocol !== undefined) rule.protocol = protocol;
  return rule;
}
