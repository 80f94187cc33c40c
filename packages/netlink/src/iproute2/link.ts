import { AddressFamily, LinkExtFilter, LinkFlag, LinkMode, OperState } from '../rtnetlink/constants.ts';
import type { LinkAttributes, LinkMessage } from '../rtnetlink/link/link.ts';
import { valueName } from '../rtnetlink/names.ts';
import type { Context, LinkedContext } from './context.ts';
import { type Entry, entry } from './entry.ts';
import { hardwareAddress, linkTypeName } from './hardware.ts';
import { dump, type Kernel } from './kernel.ts';
import { addLinkDetails } from './link-details.ts';
import { addLinkFlags } from './link-flags.ts';
import { linkNames, readLinkNames } from './link-names.ts';
import { namesOfNamespaces } from './namespaces.ts';
import { addProtodown } from './protodown.ts';
import { addStatistics } from './statistics.ts';
import { addVirtualFunctions } from './virtual-functions.ts';
import { addXdp, sayXdpPrograms } from './xdp.ts';

/** What it takes to show links. */
export interface LinkContext extends LinkedContext {
  /** `ip link`; without, the links of `ip address`, about which less is said. */
  readonly alone: boolean;
  /** Names of namespaces, by their ids here. */
  readonly namespaces: ReadonlyMap<number, string>;
}

/** `ip link show`. The family makes no difference. */
export async function showLinks(kernel: Kernel, context: Context): Promise<Entry[]> {
  const messages = await dumpLinks(kernel, AddressFamily.unspec, context);
  const linkContext = await linkContextOf(kernel, { ...context, family: undefined }, messages, true);
  return messages.map((message) =>
    entry((link) => {
      addLink(link, message, linkContext);
      link.say('\n');
    }),
  );
}

/** The links as `ip` asks for them: of the families only IPv6 has an answer of its own. */
export function dumpLinks(kernel: Kernel, family: number, { statistics }: Context): Promise<LinkMessage[]> {
  if (family !== AddressFamily.unspec) return dump(kernel, 'RTM_GETLINK', family);
  const extMask = LinkExtFilter.vf | (statistics ? 0 : LinkExtFilter.skipStats);
  return dump(kernel, 'RTM_GETLINK', family, { extMask });
}

/** Adds to a context what links need. */
export async function linkContextOf(
  kernel: Kernel,
  context: Context,
  messages: readonly LinkMessage[],
  alone: boolean,
): Promise<LinkContext> {
  const nsids = messages.map(({ attributes }) => attributes.linkNetnsid ?? -1).filter((nsid) => nsid >= 0);
  const [namespaces, links] = await Promise.all([
    namesOfNamespaces(kernel, new Set(nsids)),
    context.family === 'inet6' ? readLinkNames(kernel) : linkNames(messages),
  ]);
  return { ...context, alone, namespaces, links };
}

/** All that is said of a link, but for the end of the last line. */
export function addLink(link: Entry, message: LinkMessage, context: LinkContext): void {
  const { header, attributes } = message;
  const { links, words, alone, details, family } = context;
  link.both('ifindex', header.index, `${header.index}: `);
  const lowerDown = addName(link, attributes, context);
  addLinkFlags(link, header.flags, lowerDown);
  link.fact('mtu', attributes.mtu);
  addXdp(link, attributes.xdp, alone);
  link.fact('qdisc', attributes.qdisc);
  if (attributes.master !== undefined) link.fact('master', links.name(attributes.master));
  addOperState(link, attributes.operstate);
  if (alone) addLinkMode(link, attributes.linkmode);
  if (attributes.group !== undefined) link.fact('group', words.group(attributes.group | 0));
  // Answers for IPv6 lack it; `ip` then asks by ioctl.
  const queueLength = (attributes.txqlen ?? links.queueLength(header.index)) | 0;
  if (queueLength !== 0) link.both('txqlen', queueLength, `qlen ${queueLength}`);
  if (alone || details || family === undefined) addHardware(link, header, attributes);
  addLinkNamespace(link, attributes.linkNetnsid, context);
  addProtodown(link, attributes, words);
  if (details) addLinkDetails(link, attributes, context);
  if (alone || details) addMore(link, attributes);
  if (alone && context.statistics) addStatistics(link.say('\n'), attributes);
  if (alone || details) addVirtualFunctions(link, message, context);
  const altnames = attributes.propList?.altIfname ?? [];
  if (attributes.propList !== undefined)
    link.both('altnames', altnames, altnames.map((name) => `\n    altname ${name}`).join(''));
}

/** What has lines of its own. */
function addMore(link: Entry, { ifalias, xdp }: LinkAttributes): void {
  if (ifalias !== undefined) link.both('ifalias', ifalias, `\n    alias ${ifalias}`);
  sayXdpPrograms(link, xdp);
}

/**
 * `veth0@if7: `. The lower link, or a veth's peer, is told by its index when it is in another namespace, else by name;
 * the result is whether it is set down.
 */
function addName(entry: Entry, attributes: LinkAttributes, { links }: LinkedContext): boolean {
  const { ifname = '', link, linkNetnsid } = attributes;
  if (link === undefined) {
    entry.both('ifname', ifname, `${ifname}: `);
    return false;
  }
  if (link === 0) {
    entry.data('link', null).both('ifname', ifname, `${ifname}@NONE: `);
    return false;
  }
  if (linkNetnsid !== undefined) {
    entry.data('link_index', link | 0).both('ifname', ifname, `${ifname}@if${link}: `);
    return false;
  }
  const lower = links.name(link);
  entry.data('link', lower).both('ifname', ifname, `${ifname}@${lower}: `);
  return links.isDown(link);
}

function addOperState(entry: Entry, state: number | undefined): void {
  if (state === undefined) return;
  const name = valueName(OperState, state);
  if (typeof name === 'number') entry.both('operstate_index', name, `state 0x${name.toString(16)}`);
  else entry.fact('operstate', name.toUpperCase(), 'state');
}

function addLinkMode(entry: Entry, mode: number | undefined): void {
  if (mode === LinkMode.default || mode === LinkMode.dormant)
    entry.fact('linkmode', String(valueName(LinkMode, mode)).toUpperCase(), 'mode');
  else entry.fact('linkmode_index', mode, 'mode');
}

/** The line with the link-layer address. */
function addHardware(entry: Entry, { type, flags }: LinkMessage['header'], attributes: LinkAttributes): void {
  const { address, broadcast, permAddress } = attributes;
  const name = linkTypeName(type);
  entry.both('link_type', name, `\n    link/${name} `);
  if (address !== undefined) {
    const shown = hardwareAddress(address, type);
    entry.both('address', shown, shown);
  }
  if (broadcast !== undefined) {
    const shown = hardwareAddress(broadcast, type);
    const isPeer = (flags & LinkFlag.pointopoint) !== 0;
    if (isPeer) entry.data('link_pointtopoint', true);
    entry.both('broadcast', shown, ` ${isPeer ? 'peer' : 'brd'} ${shown}`);
  }
  if (permAddress !== undefined && permAddress !== address) {
    const shown = hardwareAddress(permAddress, type);
    entry.both('permaddr', shown, ` permaddr ${shown}`);
  }
}

/** The namespace of the peer or lower link: people are told its name, if it has one. */
function addLinkNamespace(entry: Entry, nsid: number | undefined, { namespaces }: LinkContext): void {
  if (nsid === undefined) return;
  const name = namespaces.get(nsid);
  const words = name === undefined ? `link-netnsid ${nsid < 0 ? 'unknown' : nsid}` : `link-netns ${name}`;
  entry.both('link_netnsid', nsid, ` ${words}`);
}
