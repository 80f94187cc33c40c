import { familyNumber } from '../client/prefix.ts';
import { RouteProtocol, RouteTable, RouteType, RuleAction, RuleFlag } from '../rtnetlink/constants.ts';
import { valueName } from '../rtnetlink/names.ts';
import type { RuleAttributes, RuleMessage } from '../rtnetlink/rule.ts';
import type { Context } from './context.ts';
import { type Entry, entry, hex } from './entry.ts';
import { addressBits } from './family.ts';
import { dump, type Kernel } from './kernel.ts';

/** No limit on the prefix length or the group. */
const none = 0xffffffff;

/** `ip rule show`: those of IPv4 unless the family is asked for; with `table`, those that look there. */
export async function showRules(kernel: Kernel, context: Context): Promise<Entry[]> {
  const { table = 'all' } = context;
  const rules = await dump(kernel, 'RTM_GETRULE', familyNumber(context.family ?? 'inet'));
  const shown = table === 'all' ? rules : rules.filter((rule) => tableOf(rule) === table);
  return shown.map((rule) => entry((line) => addRule(line, rule, context)));
}

function tableOf({ header, attributes }: RuleMessage): number {
  return attributes.table ?? header.table;
}

function addRule(line: Entry, rule: RuleMessage, context: Context): void {
  const { header, attributes } = rule;
  const { words, details } = context;
  const priority = attributes.priority ?? 0;
  line.both('priority', priority, `${priority}:\t`);
  if ((header.flags & RuleFlag.invert) !== 0) line.both('not', null, 'not ');
  addPrefix(line.say('from '), 'src', attributes.src, header.srcLen, header.family);
  if (attributes.dst !== undefined || header.dstLen !== 0)
    addPrefix(line.say(' to '), 'dst', attributes.dst, header.dstLen, header.family);
  if (header.tos !== 0) addWord(line, 'tos', words.service(header.tos));
  addMark(line, attributes);
  addNames(line, header.flags, attributes);
  if (attributes.l3mdev) line.both('l3mdev', null, ' lookup [l3mdev-table]');
  if (attributes.uidRange !== undefined) {
    const { start, end } = attributes.uidRange;
    line.both('uid_start', start, ` uidrange ${start}`).both('uid_end', end, `-${end}`);
  }
  if (attributes.ipProto !== undefined) addWord(line, 'ipproto', words.ipProtocol(attributes.ipProto));
  addPorts(line, 'sport', attributes.sportRange);
  addPorts(line, 'dport', attributes.dportRange);
  if (attributes.tunId !== undefined) line.both('tun_id', attributes.tunId, ` tun_id ${attributes.tunId}`);
  addTable(line, rule, context);
  if (attributes.flow !== undefined) {
    const from = attributes.flow >>> 16;
    const to = words.realm(attributes.flow & 0xffff);
    line.say(' realms ');
    if (from !== 0) line.both('flow_from', words.realm(from), `${words.realm(from)}/`);
    line.both('flow_to', to, to);
  }
  addAction(line, rule);
  const { protocol } = attributes;
  if (protocol !== undefined && (details || (protocol !== 0 && protocol !== RouteProtocol.kernel)))
    addWord(line, 'protocol', words.protocol(protocol), 'proto');
  line.say('\n');
}

/** A word with a space before it, as rules have them. */
function addWord(line: Entry, key: string, value: string | number, label = key): void {
  line.both(key, value, ` ${label} ${value}`);
}

function addPrefix(line: Entry, key: 'src' | 'dst', address: string | undefined, length: number, family: number): void {
  const shown = address ?? (length === 0 ? 'all' : '0');
  line.both(key, shown, shown);
  const whole = address === undefined ? 0 : addressBits(family);
  if (length !== whole) line.both(`${key}len`, length, `/${length}`);
}

function addMark(line: Entry, { fwmark, fwmask }: RuleAttributes): void {
  if (fwmark === undefined && fwmask === undefined) return;
  addWord(line, 'fwmark', hex(fwmark ?? 0));
  if (fwmask !== undefined && fwmask !== none) line.both('fwmask', hex(fwmask), `/${hex(fwmask)}`);
}

/** Names of links, which need not exist. */
function addNames(line: Entry, flags: number, { iifname, oifname }: RuleAttributes): void {
  if (iifname !== undefined) {
    addWord(line, 'iif', iifname);
    if ((flags & RuleFlag.iif_detached) !== 0) line.both('iif_detached', null, ' [detached]');
  }
  if (oifname !== undefined) {
    addWord(line, 'oif', oifname);
    if ((flags & RuleFlag.oif_detached) !== 0) line.both('oif_detached', null, ' [detached]');
  }
}

function addPorts(line: Entry, key: 'sport' | 'dport', range: RuleAttributes['sportRange']): void {
  if (range === undefined) return;
  if (range.start === range.end) addWord(line, key, range.start);
  else line.both(`${key}_start`, range.start, ` ${key} ${range.start}`).both(`${key}_end`, range.end, `-${range.end}`);
}

function addTable(line: Entry, rule: RuleMessage, { words }: Context): void {
  const table = tableOf(rule);
  if (table === RouteTable.unspec) return;
  const { suppressPrefixlen = none, suppressIfgroup = none } = rule.attributes;
  addWord(line, 'table', words.table(table), 'lookup');
  if (suppressPrefixlen !== none) addWord(line, 'suppress_prefixlen', suppressPrefixlen | 0, 'suppress_prefixlength');
  if (suppressIfgroup !== none) addWord(line, 'suppress_ifgroup', words.group(suppressIfgroup | 0));
}

/** What is done instead of looking in a table. */
function addAction(line: Entry, { header, attributes }: RuleMessage): void {
  if (header.action === RouteType.nat) line.both('masquerade', null, ' masquerade');
  else if (header.action === RuleAction.goto) {
    addWord(line, 'goto', attributes.goto ?? 'none');
    if ((header.flags & RuleFlag.unresolved) !== 0) line.both('unresolved', null, ' [unresolved]');
  } else if (header.action === RuleAction.nop) line.both('nop', null, ' nop');
  else if (header.action !== RuleAction.lookup) {
    const name = String(valueName(RouteType, header.action));
    line.both('action', name, ` ${name}`);
  }
}
