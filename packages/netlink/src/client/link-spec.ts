import { LinkFlag } from '../rtnetlink/constants.ts';
import type { KindData } from '../rtnetlink/link/info.ts';
import { encodeText, isEncodable } from '../wire/text.ts';
import type { BridgeSettings } from './kinds/bridge.ts';
import type { MacvlanSettings } from './kinds/macvlan.ts';
import type { VlanSettings } from './kinds/vlan.ts';
import type { VxlanSettings } from './kinds/vxlan.ts';
import { encodeData, hasSetting, isDeclared } from './kinds.ts';
import type { LinkAttributes } from './link-object.ts';
import { checkAltname, checkNewName, checkOwnMac, checkRef, type LinkRef } from './link-ref.ts';
import type { NamespaceRef } from './namespace.ts';
import { Problems } from './problems.ts';
import type { IndexOf } from './verb.ts';

/** What a link of any kind can be given when it is made. */
export interface CommonLink {
  /** 1 to 15 bytes. Default: the kernel chooses (`veth0`). */
  readonly name?: string | undefined;
  /** ifindex to have. Default: the next free. */
  readonly index?: number | undefined;
  /** Born there instead of in the client's namespace. */
  readonly namespace?: NamespaceRef | undefined;
  /** Bytes. */
  readonly mtu?: number | undefined;
  /** MAC address. Default: random. */
  readonly address?: string | undefined;
  readonly up?: boolean | undefined;
  /** Bridge or bond to be a port of. */
  readonly master?: LinkRef | undefined;
  readonly group?: number | undefined;
  /** Free text, at most 255 bytes. */
  readonly alias?: string | undefined;
  /** Further names, at most 127 bytes each. */
  readonly altnames?: readonly string[] | undefined;
  /** Packets. */
  readonly txQueueLength?: number | undefined;
  readonly numTxQueues?: number | undefined;
  readonly numRxQueues?: number | undefined;
}

/**
 * The other end of a veth. It can't be up at birth (the kernel answers ENOTCONN), nor a port. It can be given an index
 * only if the first end is.
 */
export type PeerSpec = Omit<CommonLink, 'up' | 'master' | 'alias' | 'altnames'>;

/** A link to be made: what is common, its kind, and the settings of the kind. */
export type LinkSpec = CommonLink &
  (
    | { readonly kind: 'veth'; readonly peer?: PeerSpec | undefined }
    | ({ readonly kind: 'bridge' } & BridgeSettings)
    | ({ readonly kind: 'vxlan' } & VxlanSettings)
    | ({ readonly kind: 'vlan' } & VlanSettings)
    | ({ readonly kind: 'macvlan' | 'macvtap' } & MacvlanSettings)
    | { readonly kind: 'dummy' | 'ifb' }
    | { readonly kind: string; readonly [setting: string]: unknown }
  );

/** A setting by the kernel's name; what is a number there can be said as true or false too. */
type Setting<T> = T extends number ? number | boolean : T;

/** Settings of a kind: those with words of their own, and all others by the kernel's names. */
type SettingsOf<K extends keyof KindData, W extends object> = W & {
  readonly [N in Exclude<keyof KindData[K], keyof W | 'link' | 'group'>]?: Setting<KindData[K][N]> | undefined;
};

/** The settings of every kind that is declared. */
export interface KindSettings {
  /** A pair of links: what is sent into one comes out of the other. */
  veth: { readonly peer?: PeerSpec | undefined };
  /** An Ethernet switch whose ports are other links. */
  bridge: SettingsOf<'bridge', BridgeSettings>;
  /** Ethernet over UDP. */
  vxlan: SettingsOf<'vxlan', VxlanSettings>;
  /** The frames of a link that have a certain 802.1Q tag. */
  vlan: SettingsOf<'vlan', VlanSettings>;
  /** A further MAC address of a link. */
  macvlan: SettingsOf<'macvlan', MacvlanSettings>;
  /** The same, for a program that reads frames from a file. */
  macvtap: SettingsOf<'macvtap', MacvlanSettings>;
  /** A further IP address of a link, with the same MAC address. */
  ipvlan: SettingsOf<'ipvlan', { readonly link: LinkRef }>;
  /** A link that loses what is sent. */
  dummy: object;
  /** A link that gives back what is redirected to it. */
  ifb: object;
}

/** A link of a certain kind to be made: of a declared kind only what it can have, of others anything. */
export type LinkSpecOf<K extends string> = string extends K
  ? LinkSpec
  : CommonLink & (K extends keyof KindSettings ? KindSettings[K] : { readonly [setting: string]: unknown });

/** What can be changed of a link. */
export interface LinkChanges {
  readonly up?: boolean | undefined;
  /** New name, 1 to 15 bytes. */
  readonly name?: string | undefined;
  /** Bytes. */
  readonly mtu?: number | undefined;
  /** MAC address. */
  readonly address?: string | undefined;
  /** `null` releases it from its bridge or bond. */
  readonly master?: LinkRef | null | undefined;
  /** Moves it there. Its addresses and routes go, it is down, and its index may be another. */
  readonly namespace?: NamespaceRef | undefined;
  readonly group?: number | undefined;
  /** Empty text removes it. */
  readonly alias?: string | undefined;
  /** Packets. */
  readonly txQueueLength?: number | undefined;
}

/** The keys of {@link CommonLink}. */
const commonWords = [
  'name',
  'index',
  'namespace',
  'mtu',
  'address',
  'up',
  'master',
  'group',
  'alias',
  'altnames',
  'txQueueLength',
  'numTxQueues',
  'numRxQueues',
];
/** The keys of {@link PeerSpec}. */
const peerWords = commonWords.filter((word) => !['up', 'master', 'alias', 'altnames'].includes(word));
/** The keys of {@link LinkChanges}. */
const changeWords = ['up', 'name', 'mtu', 'address', 'master', 'namespace', 'group', 'alias', 'txQueueLength'];

/** A link to be made, checked: what the message is made of. */
export interface EncodedLink {
  readonly message: (indexOf: IndexOf) => {
    header: { index: number; flags: number; change: number };
    attributes: LinkAttributes;
  };
  /** References that the message needs the indexes of. */
  readonly links: readonly (LinkRef | undefined)[];
  /** Attributes of each end, which may name a namespace. */
  readonly ends: readonly LinkAttributes[];
  readonly alias: string | undefined;
  readonly altnames: readonly string[];
}

/** Checks a spec and prepares its message; throws EncodeError with every problem. */
export function encodeLink(spec: LinkSpec): EncodedLink {
  const problems = new Problems();
  const { kind, master } = spec;
  problems.check(typeof kind === 'string' && /^[^\0]{1,31}$/.test(kind), 'kind', 'is not a link kind', kind);
  const words = [...commonWords, 'kind', 'link', ...(kind === 'veth' ? ['peer'] : [])];
  const settings = Object.fromEntries(Object.entries(spec).filter(([name]) => !words.includes(name)));
  const link = (spec as { link?: LinkRef }).link;
  if (link !== undefined) checkRef(link, 'link', problems);
  if (master !== undefined) checkRef(master, 'master', problems);
  const data = kind === 'veth' ? undefined : encodeData(String(kind), settings, problems);
  if (kind === 'veth')
    for (const name of Object.keys(settings)) problems.add(name, "is not a setting of links, nor of kind 'veth'");
  const linkIsSetting = typeof kind === 'string' && hasSetting(kind, 'link');
  const needsLink = ['vlan', 'macvlan', 'macvtap', 'ipvlan'].includes(String(kind));
  problems.check(!needsLink || link !== undefined, 'link', `is needed: a ${kind} is on a link`);
  const takesLink = needsLink || linkIsSetting || !isDeclared(String(kind));
  problems.check(takesLink || link === undefined, 'link', `is not for a ${kind}`);
  const common = encodeCommon(spec, '', problems);
  const peer = kind === 'veth' ? encodePeer((spec as { peer?: PeerSpec }).peer ?? {}, spec, problems) : undefined;
  const elsewhere = spec.namespace !== undefined;
  problems.check(
    !elsewhere || spec.alias === undefined,
    'alias',
    "can only be given in the client's namespace: set it there afterwards",
  );
  problems.check(
    !elsewhere || spec.altnames === undefined,
    'altnames',
    "can only be given in the client's namespace: add them there afterwards",
  );
  problems.throwIfAny();
  return {
    links: [link, master],
    ends: peer === undefined ? [common] : [common, peer.attributes],
    alias: spec.alias,
    altnames: spec.altnames ?? [],
    message: (indexOf) => {
      const lower = link === undefined ? undefined : indexOf(link);
      const kindData =
        peer !== undefined ? { peer } : lower !== undefined && linkIsSetting ? { ...data, link: lower } : data;
      const attributes: LinkAttributes = {
        ...common,
        linkinfo: { kind, ...(kindData === undefined ? {} : { data: kindData }) } as NonNullable<
          LinkAttributes['linkinfo']
        >,
      };
      if (lower !== undefined && !linkIsSetting) attributes.link = lower;
      if (master !== undefined) attributes.master = indexOf(master);
      const flags = spec.up ? LinkFlag.up : 0;
      return { header: { index: spec.index ?? 0, flags, change: flags }, attributes };
    },
  };
}

/** Equal for references that are, at a glance, the same namespace. */
function describeNamespace(namespace: NamespaceRef | undefined): string {
  if (!isObject(namespace)) return 'here';
  if ('fd' in namespace) return `fd ${namespace.fd}`;
  return 'pid' in namespace ? `pid ${namespace.pid}` : `nsid ${namespace.nsid}`;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The other end of a veth is always said: without it the kernel makes one up. */
function encodePeer(peer: PeerSpec, spec: LinkSpec, problems: Problems) {
  const { up, master, ...rest } = peer as CommonLink;
  const notYet = "can't be given: the kernel refuses it (ENOTCONN). Set it up when it is there";
  problems.check(up === undefined, 'peer.up', notYet);
  problems.check(master === undefined, 'peer.master', "can't be given: make it a port when it is there");
  problems.keys(rest, peerWords, 'peer.');
  // veth_newlink() passes over it otherwise.
  const heeded = peer.index === undefined || spec.index !== undefined;
  problems.check(heeded, 'peer.index', 'is only heeded by the kernel when the first end is given one too', peer.index);
  const { namespace } = peer;
  problems.check(!isObject(namespace) || !('nsid' in namespace), 'peer.namespace', 'must be a descriptor or a process');
  const together = describeNamespace(namespace) === describeNamespace(spec.namespace);
  problems.check(
    peer.name === undefined || peer.name !== spec.name || !together,
    'peer.name',
    'is that of the first end, in the same namespace',
    peer.name,
  );
  return { header: { index: peer.index ?? 0 }, attributes: encodeCommon(peer, 'peer.', problems) };
}

function encodeCommon(spec: CommonLink, path: string, problems: Problems): LinkAttributes {
  const { name, index, mtu, address, group, txQueueLength, numTxQueues, numRxQueues } = spec;
  const attributes: LinkAttributes = {};
  problems.integer(index, `${path}index`, 1, 0x7fffffff);
  if (name !== undefined) {
    checkNewName(name, `${path}name`, problems);
    attributes.ifname = name;
  }
  encodeChangeable(
    { mtu, address, group, txQueueLength, namespace: spec.namespace, alias: undefined },
    path,
    attributes,
    problems,
  );
  if (spec.alias !== undefined) checkAlias(spec.alias, `${path}alias`, problems);
  const { altnames = [] } = spec;
  if (!Array.isArray(altnames)) problems.add(`${path}altnames`, 'is not an array', altnames);
  else for (const [at, altname] of altnames.entries()) checkAltname(altname, `${path}altnames[${at}]`, problems);
  if (numTxQueues !== undefined) attributes.numTxQueues = count(numTxQueues, `${path}numTxQueues`, 1, 4096, problems);
  if (numRxQueues !== undefined) attributes.numRxQueues = count(numRxQueues, `${path}numRxQueues`, 1, 4096, problems);
  return attributes;
}

/** What a change says, as attributes; every problem noted. */
export function encodeChanges(changes: LinkChanges, problems: Problems): LinkAttributes {
  const attributes: LinkAttributes = {};
  const { name, master } = changes;
  problems.keys(changes, changeWords);
  if (master !== undefined && master !== null) checkRef(master, 'master', problems);
  if (name !== undefined) checkNewName(name, 'name', problems);
  encodeChangeable(changes, '', attributes, problems);
  return attributes;
}

/** Adds the attributes that are the same for making and for changing a link. */
function encodeChangeable(
  changes: Pick<LinkChanges, 'mtu' | 'address' | 'group' | 'txQueueLength' | 'namespace' | 'alias'>,
  path: string,
  attributes: LinkAttributes,
  problems: Problems,
): void {
  const { mtu, address, group, txQueueLength, namespace, alias } = changes;
  if (mtu !== undefined) attributes.mtu = count(mtu, `${path}mtu`, 0, 0x7fffffff, problems);
  if (address !== undefined) {
    checkOwnMac(address, `${path}address`, problems);
    attributes.address = address;
  }
  if (group !== undefined) attributes.group = count(group, `${path}group`, 0, 0xffffffff, problems);
  if (txQueueLength !== undefined)
    attributes.txqlen = count(txQueueLength, `${path}txQueueLength`, 0, 0x7fffffff, problems);
  if (alias !== undefined) {
    checkAlias(alias, `${path}alias`, problems);
    attributes.ifalias = alias;
  }
  if (namespace === undefined) return;
  if (!isObject(namespace) || !('fd' in namespace || 'pid' in namespace || 'nsid' in namespace))
    problems.add(`${path}namespace`, 'is not a namespace: { fd }, { pid } or { nsid }', namespace);
  else if ('fd' in namespace) attributes.netNsFd = count(namespace.fd, `${path}namespace.fd`, 0, 0x7fffffff, problems);
  else if ('pid' in namespace)
    attributes.netNsPid = count(namespace.pid, `${path}namespace.pid`, 1, 0x7fffffff, problems);
  else attributes.targetNetnsid = count(namespace.nsid, `${path}namespace.nsid`, 0, 0x7fffffff, problems);
}

function count(value: number, path: string, min: number, max: number, problems: Problems): number {
  // A namespace that says undefined must not mean none.
  problems.integer(value ?? Number.NaN, path, min, max);
  return value;
}

function checkAlias(alias: unknown, path: string, problems: Problems): void {
  const valid = typeof alias === 'string' && encodeText(alias).length <= 255 && !alias.includes('\0');
  problems.check(valid && isEncodable(alias), path, 'is not text of at most 255 bytes without NUL', alias);
}
