import { MessageFlag } from '../protocol/header.ts';
import { NeighbourFlag, NeighbourState } from '../rtnetlink/constants.ts';
import { flagNames, numberOf } from '../rtnetlink/names.ts';
import { neighbourMessage } from '../rtnetlink/neighbour.ts';
import type { Infer } from '../schema/type.ts';
import { AttributeView } from '../schema/view.ts';
import { littleEndian } from '../wire/align.ts';
import type { Reader } from '../wire/reader.ts';
import { checkFamily } from './addresses.ts';
import type { Channel } from './channel.ts';
import { checkMac, describeRef, type LinkRef, resolveRef } from './link-ref.ts';
import type { CallOptions } from './options.ts';
import { familyName, familyNumber, type InetFamily, parseAddress } from './prefix.ts';
import { Problems } from './problems.ts';
import { change, indexFrom, listing } from './requests.ts';

/** Who is behind a link at which link-layer address, as `ip neighbour` shows it. */
export interface Neighbour {
  /** ifindex of the link. */
  index: number;
  /** `bridge` for entries of a forwarding database. */
  family: InetFamily | 'bridge';
  /** IP address. */
  destination?: string;
  /** Link-layer address; absent as long as it is not known. */
  address?: string;
  /** `reachable`, `stale`, `permanent`, `failed`, `noarp` …; `none` when it has none. */
  state: string;
  /** `router`, `proxy`, `extern_learn` …. */
  flags: string[];
}

/** A neighbour to be made. */
export interface NeighbourSpec {
  /** IP address. */
  readonly destination: string;
  /** Link-layer address; not needed for a proxy entry. */
  readonly address?: string | undefined;
  /** Default: `permanent`, as `ip neighbour add`. */
  readonly state?: string | undefined;
  /** Answer for this address on the link (proxy ARP, proxy NDP). */
  readonly proxy?: boolean | undefined;
}

/** Which neighbours to list. */
export interface NeighbourFilter extends CallOptions {
  readonly link?: LinkRef | undefined;
  readonly family?: InetFamily | undefined;
}

/** `AF_BRIDGE`. */
const bridgeFamily = 7;
const { span } = neighbourMessage.header;
const at = {
  index: neighbourMessage.header.offsetOf('ifindex'),
  state: neighbourMessage.header.offsetOf('state'),
  flags: neighbourMessage.header.offsetOf('flags'),
};

/** The neighbour tables (ARP, NDP) of a namespace. */
export class Neighbours {
  readonly #channel: Channel;
  readonly #view = new AttributeView(neighbourMessage.attributes);

  /** @internal */
  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Lists neighbours: `ip neighbour show nud all`, both families. */
  async list(filter: NeighbourFilter = {}): Promise<Neighbour[]> {
    const problems = new Problems();
    const { link, family } = filter;
    if (link !== undefined) resolveRef(link, 'link', problems);
    checkFamily(family, problems);
    problems.throwIfAny();
    let index = 0;
    const request = listing({
      name: 'RTM_GETNEIGH',
      schema: neighbourMessage,
      links: [link],
      message: (indexOf) => {
        index = link === undefined ? 0 : indexFrom(link, indexOf);
        return {
          header: { family: family === undefined ? 0 : familyNumber(family) },
          attributes: index === 0 ? {} : { ifindex: index },
        };
      },
      read: (reader, start, end) => {
        const neighbour = readNeighbour(this.#view, reader, start, end);
        return neighbour !== undefined && (index === 0 || neighbour.index === index) ? neighbour : undefined;
      },
    });
    return await this.#channel.submit(request, filter);
  }

  /** Adds a neighbour: `ip neighbour add`. Throws NetlinkError EEXIST when the link has one of that address. */
  async add(link: LinkRef, neighbour: NeighbourSpec, options: CallOptions = {}): Promise<void> {
    return await this.#set(MessageFlag.create | MessageFlag.exclusive, link, neighbour, options);
  }

  /** Adds or changes a neighbour: `ip neighbour replace`. */
  async replace(link: LinkRef, neighbour: NeighbourSpec, options: CallOptions = {}): Promise<void> {
    return await this.#set(MessageFlag.create | MessageFlag.replace, link, neighbour, options);
  }

  /** Removes a neighbour: `ip neighbour delete`. Throws NetlinkError ENOENT when there is none of that address. */
  async delete(
    link: LinkRef,
    destination: string,
    options: CallOptions & { readonly proxy?: boolean } = {},
  ): Promise<void> {
    return await this.#change('RTM_DELNEIGH', 0, link, { destination, proxy: options.proxy }, options);
  }

  async #set(flags: number, link: LinkRef, neighbour: NeighbourSpec, options: CallOptions): Promise<void> {
    return await this.#change(
      'RTM_NEWNEIGH',
      flags,
      link,
      { state: neighbour.proxy ? 'none' : 'permanent', ...neighbour },
      options,
    );
  }

  async #change(name: string, flags: number, link: LinkRef, spec: NeighbourSpec, options: CallOptions): Promise<void> {
    const problems = new Problems();
    resolveRef(link, 'link', problems);
    const destination = parseAddress(spec.destination, 'destination', problems);
    const { address, state, proxy } = spec;
    if (address !== undefined) checkMac(address, 'address', problems);
    const stateNumber = state === undefined ? 0 : numberOf(NeighbourState, state);
    problems.check(stateNumber !== undefined, 'state', 'is not a state of a neighbour', state);
    const complete =
      name === 'RTM_DELNEIGH' ||
      proxy === true ||
      address !== undefined ||
      !(state === 'permanent' || state === 'reachable' || state === 'stale');
    problems.check(complete, 'address', `is needed for the state ${state}`);
    problems.throwIfAny();
    if (destination === undefined) return;
    const request = change({
      name,
      flags,
      schema: neighbourMessage,
      subject: `${spec.destination} on ${describeRef(link)}`,
      links: [link],
      message: (indexOf) => ({
        header: {
          family: familyNumber(destination.family),
          ifindex: indexFrom(link, indexOf),
          state: stateNumber ?? 0,
          flags: proxy ? NeighbourFlag.proxy : 0,
        },
        attributes: { dst: destination.address, ...(address === undefined ? {} : { lladdr: address }) },
      }),
    });
    return await this.#channel.submit(request, options);
  }
}

/** `RTM_NEWNEIGH` at `[start, end)` as an object; undefined for other families. */
export function readNeighbour(
  view: AttributeView<Infer<typeof neighbourMessage.attributes>>,
  reader: Reader,
  start: number,
  end: number,
): Neighbour | undefined {
  const number = reader.bytes[start] as number;
  const family = number === bridgeFamily ? 'bridge' : familyName(number);
  if (family === undefined) return undefined;
  view.index(reader, start + span, end);
  const { fields } = view;
  const state = reader.view.getUint16(start + at.state, littleEndian);
  const neighbour: Neighbour = {
    index: reader.view.getInt32(start + at.index, littleEndian),
    family,
    state: state === 0 ? 'none' : flagNames(NeighbourState, state).join(','),
    flags: flagNames(NeighbourFlag, reader.bytes[start + at.flags] as number),
  };
  const destination = view.get(fields.dst);
  const address = view.get(fields.lladdr);
  if (destination !== undefined) neighbour.destination = destination;
  if (address !== undefined) neighbour.address = address;
  return neighbour;
}
