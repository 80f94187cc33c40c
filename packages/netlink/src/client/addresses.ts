import { MessageFlag } from '../protocol/header.ts';
import { addressMessage } from '../rtnetlink/address.ts';
import { AddressFlag, AddressFlag6, RouteScope } from '../rtnetlink/constants.ts';
import { flagNames, numberOf, valueName } from '../rtnetlink/names.ts';
import type { Infer } from '../schema/type.ts';
import { AttributeView } from '../schema/view.ts';
import { littleEndian } from '../wire/align.ts';
import type { Reader } from '../wire/reader.ts';
import type { Channel } from './channel.ts';
import { describeRef, type LinkRef, resolveRef } from './link-ref.ts';
import type { CallOptions } from './options.ts';
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
import { change, indexFrom, listing } from './requests.ts';

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

/** The addresses of a namespace. */
export class Addresses {
  readonly #channel: Channel;
  readonly #view = new AttributeView(addressMessage.attributes);

  /** @internal */
  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Lists addresses: `ip address show`. Throws NetlinkError ENODEV when the link of the filter does not exist. */
  async list(filter: AddressFilter = {}): Promise<Address[]> {
    const problems = new Problems();
    const { link, family, scope } = filter;
    if (link !== undefined) resolveRef(link, 'link', problems);
    checkFamily(family, problems);
    const wantedScope = scope === undefined ? undefined : numberOf(RouteScope, scope);
    problems.check(scope === undefined || wantedScope !== undefined, 'scope', 'is not a scope', scope);
    problems.throwIfAny();
    let index = 0;
    return await this.#channel.submit(
      listing({
        name: 'RTM_GETADDR',
        schema: addressMessage,
        links: [link],
        ...(link === undefined ? {} : { subject: describeRef(link) }),
        message: (indexOf) => {
          index = link === undefined ? 0 : indexFrom(link, indexOf);
          return { header: { family: family === undefined ? 0 : familyNumber(family), index } };
        },
        read: (reader, start, end) => {
          // Kernels before 4.20 don't filter.
          const address = readAddress(this.#view, reader, start, end);
          const wanted =
            address !== undefined &&
            (index === 0 || address.index === index) &&
            (family === undefined || address.family === family) &&
            (scope === undefined || address.scope === scope);
          return wanted ? address : undefined;
        },
      }),
      filter,
    );
  }

  /**
   * Adds an address to a link: `ip address add ADDRESS dev LINK`. Throws EncodeError for what is not an address or
   * can't be one of a host, NetlinkError EEXIST when the link has it, ENODEV when there is no such link.
   */
  async add(link: LinkRef, address: string, options: AddressOptions = {}): Promise<void> {
    return await this.#set(MessageFlag.create | MessageFlag.exclusive, link, address, options);
  }

  /** Adds an address or changes its lifetimes, label and flags: `ip address replace`. */
  async replace(link: LinkRef, address: string, options: AddressOptions = {}): Promise<void> {
    return await this.#set(MessageFlag.create | MessageFlag.replace, link, address, options);
  }

  /** Removes an address: `ip address delete`. Throws NetlinkError EADDRNOTAVAIL when the link does not have it. */
  async delete(link: LinkRef, address: string, options: CallOptions = {}): Promise<void> {
    return await this.#change('RTM_DELADDR', 0, link, address, {}, options);
  }

  async #set(flags: number, link: LinkRef, address: string, options: AddressOptions): Promise<void> {
    return await this.#change('RTM_NEWADDR', flags, link, address, options, options);
  }

  async #change(
    name: string,
    flags: number,
    link: LinkRef,
    address: string,
    settings: AddressOptions,
    options: CallOptions,
  ): Promise<void> {
    const problems = new Problems();
    resolveRef(link, 'link', problems);
    const parsed = parsePrefix(address, 'address', problems);
    if (parsed !== undefined) checkHost(parsed, problems);
    const built = parsed === undefined ? undefined : encode(parsed, settings, problems);
    problems.throwIfAny();
    if (built === undefined) return;
    const request = change({
      name,
      flags,
      schema: addressMessage,
      subject: `${address} on ${describeRef(link)}`,
      links: [link],
      message: (indexOf) => ({
        header: { ...built.header, index: indexFrom(link, indexOf) },
        attributes: built.attributes,
      }),
    });
    return await this.#channel.submit(request, options);
  }
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

function encode(own: Prefix, settings: AddressOptions, problems: Problems) {
  const { scope, label, validLifetime, preferredLifetime, metric } = settings;
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

/** `RTM_NEWADDR` at `[start, end)` as an object; undefined for families that are neither IPv4 nor IPv6. */
export function readAddress(
  view: AttributeView<Infer<typeof addressMessage.attributes>>,
  reader: Reader,
  start: number,
  end: number,
): Address | undefined {
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
    index: reader.view.getUint32(start + 4, littleEndian),
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
