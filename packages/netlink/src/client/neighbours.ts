import { MessageFlag } from '../protocol/header.ts';
import { NeighbourFlag, NeighbourState } from '../rtnetlink/constants.ts';
import { flagNames, numberOf } from '../rtnetlink/names.ts';
import { neighbourMessage } from '../rtnetlink/neighbour.ts';
import { AttributeView } from '../schema/view.ts';
import type { Reader } from '../wire/reader.ts';
import { checkFamily } from './addresses.ts';
import type { Channel } from './channel.ts';
import { checkMac, checkRef, describeRef, type LinkRef } from './link-ref.ts';
import { type CallOptions, callWords } from './options.ts';
import { familyName, familyNumber, type InetFamily, parseAddress } from './prefix.ts';
import { Problems } from './problems.ts';
import { change, type IndexOf, listing } from './verb.ts';

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

/** A dump to be filtered: `index` is that of the filter's link, once it is known. */
interface NeighbourListing {
  readonly filter: NeighbourFilter;
  index: number;
}

const listNeighbours = listing({
  name: 'RTM_GETNEIGH',
  schema: neighbourMessage,
  check: ({ filter }: NeighbourListing, problems) => {
    const { link, family } = filter;
    problems.keys(filter, ['link', 'family', ...callWords]);
    if (link !== undefined) checkRef(link, 'link', problems);
    checkFamily(family, problems);
  },
  links: ({ filter }) => [filter.link],
  message: (input, indexOf) => {
    const { link, family } = input.filter;
    input.index = link === undefined ? 0 : indexOf(link);
    return {
      header: { family: family === undefined ? 0 : familyNumber(family) },
      attributes: input.index === 0 ? {} : { ifindex: input.index },
    };
  },
  read: (reader, start, end, { filter: { family }, index }) => {
    const neighbour = readNeighbour(reader, start, end);
    const wanted =
      neighbour !== undefined &&
      (index === 0 || neighbour.index === index) &&
      (family === undefined || neighbour.family === family);
    return wanted ? neighbour : undefined;
  },
});

/** A neighbour to be added or removed, checked. */
interface NeighbourChange {
  readonly link: LinkRef;
  readonly destination: string;
  readonly family: number;
  readonly state: number;
  readonly flags: number;
  readonly address: string | undefined;
}

const neighbourChange = {
  schema: neighbourMessage,
  subject: ({ link, destination }: NeighbourChange) => `${destination} on ${describeRef(link)}`,
  links: ({ link }: NeighbourChange) => [link],
  message: ({ link, destination, family, state, flags, address }: NeighbourChange, indexOf: IndexOf) => ({
    header: { family, ifindex: indexOf(link), state, flags },
    attributes: { dst: destination, ...(address === undefined ? {} : { lladdr: address }) },
  }),
};
const addNeighbour = change({
  ...neighbourChange,
  name: 'RTM_NEWNEIGH',
  flags: MessageFlag.create | MessageFlag.exclusive,
});
const replaceNeighbour = change({
  ...neighbourChange,
  name: 'RTM_NEWNEIGH',
  flags: MessageFlag.create | MessageFlag.replace,
});
const deleteNeighbour = change({ ...neighbourChange, name: 'RTM_DELNEIGH' });

/** The neighbour tables (ARP, NDP) of a namespace. */
export class Neighbours {
  readonly #channel: Channel;

  /** @internal */
  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Lists neighbours: `ip neighbour show nud all`, both families. */
  list(filter: NeighbourFilter = {}): Promise<Neighbour[]> {
    return this.#channel.submit(listNeighbours, { filter, index: 0 }, filter);
  }

  /** Adds a neighbour: `ip neighbour add`. Throws NetlinkError EEXIST when the link has one of that address. */
  async add(link: LinkRef, neighbour: NeighbourSpec, options: CallOptions = {}): Promise<void> {
    return await this.#channel.submit(addNeighbour, prepare(link, neighbour, true), options);
  }

  /** Adds or changes a neighbour: `ip neighbour replace`. */
  async replace(link: LinkRef, neighbour: NeighbourSpec, options: CallOptions = {}): Promise<void> {
    return await this.#channel.submit(replaceNeighbour, prepare(link, neighbour, true), options);
  }

  /** Removes a neighbour: `ip neighbour delete`. Throws NetlinkError ENOENT when there is none of that address. */
  async delete(
    link: LinkRef,
    destination: string,
    options: CallOptions & { readonly proxy?: boolean } = {},
  ): Promise<void> {
    return await this.#channel.submit(
      deleteNeighbour,
      prepare(link, { destination, proxy: options.proxy }, false),
      options,
    );
  }
}

function prepare(link: LinkRef, spec: NeighbourSpec, making: boolean): NeighbourChange {
  const problems = new Problems();
  const { address, proxy } = spec;
  problems.keys(spec, ['destination', 'address', 'state', 'proxy']);
  const state = spec.state ?? (making && !proxy ? 'permanent' : 'none');
  checkRef(link, 'link', problems);
  const destination = parseAddress(spec.destination, 'destination', problems);
  if (address !== undefined) checkMac(address, 'address', problems);
  const number = state === 'none' ? 0 : numberOf(NeighbourState, state);
  problems.check(number !== undefined, 'state', 'is not a state of a neighbour', state);
  const complete = address !== undefined || proxy === true || !['permanent', 'reachable', 'stale'].includes(state);
  problems.check(complete, 'address', `is needed for the state ${state}`);
  problems.throwIfAny();
  return {
    link,
    destination: destination?.address ?? '',
    family: familyNumber(destination?.family ?? 'inet'),
    state: number ?? 0,
    flags: proxy ? NeighbourFlag.proxy : 0,
    address,
  };
}

/** Scratch of {@link readNeighbour}: nothing of it outlives a call. */
const view = new AttributeView(neighbourMessage.attributes);

/** `RTM_NEWNEIGH` at `[start, end)` as an object; undefined for other families. */
export function readNeighbour(reader: Reader, start: number, end: number): Neighbour | undefined {
  const number = reader.bytes[start] as number;
  const family = number === bridgeFamily ? 'bridge' : familyName(number);
  if (family === undefined) return undefined;
  view.index(reader, start + span, end);
  const { fields } = view;
  const state = reader.u16At(start + at.state);
  const neighbour: Neighbour = {
    index: reader.s32At(start + at.index),
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
