import { MessageFlag } from '../protocol/header.ts';
import { addressMessage } from '../rtnetlink/address.ts';
import { AddressFlag, AddressFlag6, RouteScope } from '../rtnetlink/constants.ts';
import { flagNames, numberOf, valueName } from '../rtnetlink/names.ts';
import type { Infer } from '../schema/type.ts';
import { AttributeView } from '../schema/view.ts';
import type { Reader } from '../wire/reader.ts';
import { encodeText, isEncodable } from '../wire/text.ts';
import type { Channel } from './channel.ts';
import { checkRef, describeRef, type LinkRef } from './link-ref.ts';
import { type CallOptions, callWords } from './options.ts';
import {
  broadcastOf,
  familyName,
  familyNumber,
  type InetFamily,
  type Prefix,
  parseAddress,
  parsePrefix,
} from './prefix.ts';
import { Problems } from './problems.ts';
import { change, type IndexOf, listing } from './verb.ts';

/** An address of a link, as `ip address` shows it. */
export interface Address {
  /** ifindex of its link. */
  index: number;
  family: InetFamily;
  /** With the length of its network's prefix: `10.0.0.1/24`. */
  address: string;
  /** Alone: `10.0.0.1`. */
  local: string;
  /** Bits. */
  prefixLength: number;
  /** The other end of a point-to-point link; the prefix length is its. */
  peer?: string;
  broadcast?: string;
  /** `global`, `link`, `host` …. */
  scope: string;
  /** IPv4: by default the link's name. */
  label?: string;
  /** `permanent`, `tentative`, `dadfailed`, `secondary`, `nodad` …. */
  flags: string[];
  /** Seconds left; absent: for ever. */
  validLifetime?: number;
  /** Seconds it is still preferred for new connections; absent: for ever. */
  preferredLifetime?: number;
  /** Metric of its prefix route, where one was given. */
  metric?: number;
}

/** What an address can be given besides itself. */
export interface AddressOptions extends CallOptions {
  /** The other end: `10.0.0.2` or `10.0.0.2/32`, whose length then counts. */
  readonly peer?: string;
  /** IPv4; `true` computes it from the prefix (`ip address add … broadcast +`). */
  readonly broadcast?: string | true;
  /** `global` (the default; `host` for 127.0.0.0/8), `link`, `host` …. */
  readonly scope?: string;
  /** IPv4, at most 15 bytes. */
  readonly label?: string;
  /** Use it at once, without duplicate address detection (IPv6). */
  readonly noDad?: boolean;
  /** Seconds; default: for ever. */
  readonly validLifetime?: number;
  /** Seconds; default: for ever. */
  readonly preferredLifetime?: number;
  /** Metric of the prefix route. */
  readonly metric?: number;
}

/** Which addresses to list. The kernel filters, as far as it can. */
export interface AddressFilter extends CallOptions {
  readonly link?: LinkRef;
  readonly family?: InetFamily;
  readonly scope?: string;
}

const forever = 0xffffffff;
/** The keys of {@link AddressOptions}. */
const settingWords = [
  'peer',
  'broadcast',
  'scope',
  'label',
  'noDad',
  'validLifetime',
  'preferredLifetime',
  'metric',
  ...callWords,
];

/** A dump to be filtered: `index` is that of the filter's link, once it is known. */
interface AddressListing {
  readonly filter: AddressFilter;
  index: number;
}

const listAddresses = listing({
  name: 'RTM_GETADDR',
  schema: addressMessage,
  check: ({ filter }: AddressListing, problems) => {
    const { link, family, scope } = filter;
    problems.keys(filter, ['link', 'family', 'scope', ...callWords]);
    if (link !== undefined) checkRef(link, 'link', problems);
    checkFamily(family, problems);
    problems.check(scope === undefined || numberOf(RouteScope, scope) !== undefined, 'scope', 'is not a scope', scope);
  },
  links: ({ filter }) => [filter.link],
  subject: ({ filter }) => (filter.link === undefined ? '' : `of ${describeRef(filter.link)}`),
  message: (input, indexOf) => {
    const { link, family } = input.filter;
    input.index = link === undefined ? 0 : indexOf(link);
    return { header: { family: family === undefined ? 0 : familyNumber(family), index: input.index } };
  },
  // Kernels before 4.20 don't filter.
  read: (reader, start, end, { filter: { family, scope }, index }) => {
    const address = readAddress(reader, start, end);
    const wanted =
      address !== undefined &&
      (index === 0 || address.index === index) &&
      (family === undefined || address.family === family) &&
      (scope === undefined || address.scope === scope);
    return wanted ? address : undefined;
  },
});

/** An address to be added or removed, checked. */
interface AddressChange {
  readonly link: LinkRef;
  readonly address: string;
  readonly encoded: ReturnType<typeof encode>;
}

const addressChange = {
  schema: addressMessage,
  subject: ({ link, address }: AddressChange) => `${address} on ${describeRef(link)}`,
  links: ({ link }: AddressChange) => [link],
  message: ({ link, encoded: { header, attributes } }: AddressChange, indexOf: IndexOf) => ({
    header: { ...header, index: indexOf(link) },
    attributes,
  }),
};
const addAddress = change({ ...addressChange, name: 'RTM_NEWADDR', flags: MessageFlag.create | MessageFlag.exclusive });
const replaceAddress = change({
  ...addressChange,
  name: 'RTM_NEWADDR',
  flags: MessageFlag.create | MessageFlag.replace,
});
const deleteAddress = change({ ...addressChange, name: 'RTM_DELADDR' });

/** The addresses of a namespace. */
export class Addresses {
  readonly #channel: Channel;

  /** @internal */
  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Lists addresses: `ip address show`. Throws NetlinkError ENODEV when the link of the filter does not exist. */
  list(filter: AddressFilter = {}): Promise<Address[]> {
    return this.#channel.submit(listAddresses, { filter, index: 0 }, filter);
  }

  /**
   * Adds an address to a link: `ip address add ADDRESS dev LINK`. Throws EncodeError for what is not an address or
   * can't be one of a host, NetlinkError EEXIST when the link has it, ENODEV when there is no such link.
   */
  async add(link: LinkRef, address: string, options: AddressOptions = {}): Promise<void> {
    return await this.#channel.submit(addAddress, prepare(link, address, options), options);
  }

  /** Adds an address or changes its lifetimes, label and flags: `ip address replace`. */
  async replace(link: LinkRef, address: string, options: AddressOptions = {}): Promise<void> {
    return await this.#channel.submit(replaceAddress, prepare(link, address, options), options);
  }

  /**
   * Removes an address: `ip address delete`; one with a `peer` is found by both. Throws NetlinkError EADDRNOTAVAIL when
   * the link does not have it.
   */
  async delete(
    link: LinkRef,
    address: string,
    options: CallOptions & Pick<AddressOptions, 'peer'> = {},
  ): Promise<void> {
    return await this.#channel.submit(deleteAddress, prepare(link, address, options), options);
  }
}

function prepare(link: LinkRef, address: string, settings: AddressOptions): AddressChange {
  const problems = new Problems();
  checkRef(link, 'link', problems);
  const encoded = encode(address, settings, problems);
  problems.throwIfAny();
  return { link, address, encoded };
}

/** Refuses a family that is neither. */
export function checkFamily(family: unknown, problems: Problems): void {
  problems.check(
    family === undefined || family === 'inet' || family === 'inet6',
    'family',
    "is not 'inet' or 'inet6'",
    family,
  );
}

/** The kernel takes IPv4 multicast addresses as a host's own; nothing good comes of it. */
function checkHost({ family, bytes, address }: Prefix, problems: Problems): void {
  const first = bytes[0] ?? 0;
  const multicast = family === 'inet' ? first >= 224 && first < 240 : first === 0xff;
  problems.check(!multicast, 'address', 'is a multicast address, which no link can have as its own', address);
  problems.check(!bytes.every((byte) => byte === 0), 'address', 'is the unspecified address', address);
}

const nothing: Prefix = { family: 'inet', address: '0.0.0.0', bytes: new Uint8Array(4), length: 0, explicit: false };

function encode(text: string, settings: AddressOptions, problems: Problems) {
  const parsed = parsePrefix(text, 'address', problems);
  if (parsed !== undefined) checkHost(parsed, problems);
  const own = parsed ?? nothing;
  const { scope, label, validLifetime, preferredLifetime, metric } = settings;
  problems.keys(settings, settingWords);
  const peer = settings.peer === undefined ? undefined : parsePrefix(settings.peer, 'peer', problems);
  problems.check(
    peer === undefined || peer.family === own.family,
    'peer',
    'is of another family than the address',
    settings.peer,
  );
  const broadcast = broadcastText(own, settings.broadcast, problems);
  const scopeNumber = scope === undefined ? defaultScope(own) : numberOf(RouteScope, scope);
  problems.check(scopeNumber !== undefined, 'scope', 'is not a scope', scope);
  problems.check(label === undefined || own.family === 'inet', 'label', 'is for IPv4 addresses only', label);
  if (label !== undefined) checkLabel(label, problems);
  problems.integer(metric, 'metric', 0, 0xffffffff);
  const valid = lifetime(validLifetime, 'validLifetime', problems);
  const preferred = lifetime(preferredLifetime, 'preferredLifetime', problems);
  problems.check(preferred <= valid, 'preferredLifetime', 'is longer than validLifetime', preferredLifetime);
  const flags = settings.noDad ? AddressFlag.nodad : 0;
  const limited = valid !== forever || preferred !== forever;
  const attributes: Infer<typeof addressMessage.attributes> = {
    local: own.address,
    address: peer?.address ?? own.address,
  };
  if (broadcast !== undefined) attributes.broadcast = broadcast;
  if (label !== undefined) attributes.label = label;
  if (flags !== 0) attributes.flags = flags;
  if (limited) attributes.cacheinfo = { prefered: preferred, valid, cstamp: 0, tstamp: 0 };
  if (metric !== undefined) attributes.rtPriority = metric;
  const prefixlen = peer?.explicit ? peer.length : own.length;
  return { header: { family: familyNumber(own.family), prefixlen, scope: scopeNumber ?? 0 }, attributes };
}

/** `IFA_LABEL`: a name, and after a colon what one likes (`eth0:1`). */
function checkLabel(label: unknown, problems: Problems): void {
  const valid = typeof label === 'string' && encodeText(label).length < 16 && !label.includes('\0');
  problems.check(valid && isEncodable(label), 'label', 'is not text of at most 15 bytes', label);
}

function broadcastText(own: Prefix, broadcast: string | true | undefined, problems: Problems): string | undefined {
  if (broadcast === undefined) return undefined;
  problems.check(own.family === 'inet', 'broadcast', 'is for IPv4 addresses only', broadcast);
  if (broadcast !== true) return parseAddress(broadcast, 'broadcast', problems)?.address;
  // /31 and /32 have none.
  return own.family === 'inet' && own.length < 31 ? broadcastOf(own) : undefined;
}

function defaultScope({ family, bytes }: Prefix): number {
  return family === 'inet' && bytes[0] === 127 ? RouteScope.host : RouteScope.global;
}

function lifetime(seconds: number | undefined, path: string, problems: Problems): number {
  if (seconds === undefined) return forever;
  problems.check(
    Number.isInteger(seconds) && seconds >= 0 && seconds < forever,
    path,
    'is not a number of seconds',
    seconds,
  );
  return seconds;
}

/** Scratch of {@link readAddress}: nothing of it outlives a call. */
const view = new AttributeView(addressMessage.attributes);

/** `RTM_NEWADDR` at `[start, end)` as an object; undefined for families that are neither IPv4 nor IPv6. */
export function readAddress(reader: Reader, start: number, end: number): Address | undefined {
  const { bytes } = reader;
  const family = familyName(bytes[start] as number);
  if (family === undefined) return undefined;
  view.index(reader, start + addressMessage.header.span, end);
  const { fields } = view;
  const address = view.get(fields.address);
  const local = view.get(fields.local) ?? address ?? '';
  const prefixLength = bytes[start + 1] as number;
  const flags = view.get(fields.flags) ?? (bytes[start + 2] as number);
  const result: Address = {
    index: reader.u32At(start + 4),
    family,
    address: `${local}/${prefixLength}`,
    local,
    prefixLength,
    scope: String(valueName(RouteScope, bytes[start + 3] as number)),
    flags: flagNames(family === 'inet' ? AddressFlag : AddressFlag6, flags),
  };
  const broadcast = view.get(fields.broadcast);
  const label = view.get(fields.label);
  const cache = view.get(fields.cacheinfo);
  const metric = view.get(fields.rtPriority);
  if (address !== undefined && address !== local) result.peer = address;
  if (broadcast !== undefined) result.broadcast = broadcast;
  if (label !== undefined) result.label = label;
  if (cache !== undefined && cache.valid !== forever) result.validLifetime = cache.valid;
  if (cache !== undefined && cache.prefered !== forever) result.preferredLifetime = cache.prefered;
  if (metric !== undefined) result.metric = metric;
  return result;
}
