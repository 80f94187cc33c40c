import { NetlinkError } from '../errors.ts';
import { MessageFlag } from '../protocol/header.ts';
import { RouteProtocol, RouteTable, RouteType } from '../rtnetlink/constants.ts';
import { numberOf } from '../rtnetlink/names.ts';
import { routeMessage } from '../rtnetlink/route.ts';
import type { RawSocket } from '../socket/raw-socket.ts';
import { checkFamily } from './addresses.ts';
import type { Channel } from './channel.ts';
import { streamDump } from './dump-stream.ts';
import { inTime } from './in-time.ts';
import { checkRef, type LinkRef } from './link-ref.ts';
import { type CallOptions, callWords } from './options.ts';
import { familyNumber, type InetFamily, parseAddress } from './prefix.ts';
import { Problems } from './problems.ts';
import { type Route, readRoute } from './route-object.ts';
import { type EncodedRoute, encodeRoute, isTable, numbered, type RouteSpec, withLinks } from './route-spec.ts';
import { change, checkCall, type IndexOf, listing, question } from './verb.ts';

/** Which routes to list. The kernel filters, as far as it can. */
export interface RouteFilter extends CallOptions {
  /** Default: both. */
  readonly family?: InetFamily | undefined;
  /** Default: the main table (254), as `ip route` shows it. */
  readonly table?: number | 'all' | undefined;
  /** Outgoing link. */
  readonly link?: LinkRef | undefined;
  readonly protocol?: string | number | undefined;
  readonly type?: string | undefined;
}

/** What the route is looked up for. */
export interface RouteQuery extends CallOptions {
  /** Source address. */
  readonly source?: string | undefined;
  /** Outgoing link. */
  readonly link?: LinkRef | undefined;
  /** Firewall mark. */
  readonly mark?: number | undefined;
}

/** `RTM_F_LOOKUP_TABLE`: answer with the table the route was found in. */
const lookupTable = 0x1000;

/** A dump to be filtered: the kernel's filter, and ours where it has none. */
interface RouteListing {
  readonly filter: RouteFilter;
  /** Index of the link of the filter, once it is known. */
  index: number;
}

const listRoutes = listing({
  name: 'RTM_GETROUTE',
  schema: routeMessage,
  check: ({ filter }: RouteListing, problems) => {
    const { family, table, link, protocol, type } = filter;
    problems.keys(filter, ['family', 'table', 'link', 'protocol', 'type', ...callWords]);
    checkFamily(family, problems);
    if (link !== undefined) checkRef(link, 'link', problems);
    const known = table === undefined || table === 'all' || isTable(table);
    problems.check(known, 'table', "is not a table number or 'all'", table);
    numbered(RouteProtocol, protocol, 'protocol', problems);
    numbered(RouteType, type, 'type', problems);
  },
  links: ({ filter }) => [filter.link],
  subject: ({ filter: { table } }) => (table === undefined || table === 'all' ? '' : `of table ${table}`),
  message: (input, indexOf) => {
    const { family, table = RouteTable.main, link, protocol, type } = input.filter;
    input.index = link === undefined ? 0 : indexOf(link);
    return {
      header: {
        family: family === undefined ? 0 : familyNumber(family),
        protocol: numberOf(RouteProtocol, protocol ?? 0) ?? 0,
        type: numberOf(RouteType, type ?? 0) ?? 0,
      },
      attributes: { ...(table === 'all' ? {} : { table }), ...(input.index === 0 ? {} : { oif: input.index }) },
    };
  },
  // Kernels before 4.20 don't filter; none filters multipath routes by link.
  read: (reader, start, end, { filter: { family, table = RouteTable.main, protocol, type }, index }) => {
    const route = readRoute(reader, start, end);
    const wanted =
      route !== undefined &&
      (table === 'all' || route.table === table) &&
      (family === undefined || route.family === family) &&
      (protocol === undefined || numberOf(RouteProtocol, route.protocol) === numberOf(RouteProtocol, protocol)) &&
      (type === undefined || route.type === type) &&
      (index === 0 || route.index === index || (route.nexthops?.some((nexthop) => nexthop.index === index) ?? false));
    return wanted ? route : undefined;
  },
});

/** A route to be found. */
interface RouteLookUp {
  readonly destination: string;
  readonly options: RouteQuery;
}

const getRoute = question({
  name: 'RTM_GETROUTE',
  schema: routeMessage,
  check: ({ destination, options }: RouteLookUp, problems) => {
    const { source, link, mark } = options;
    problems.keys(options, ['source', 'link', 'mark', ...callWords]);
    const to = parseAddress(destination, 'destination', problems);
    const from = source === undefined ? undefined : parseAddress(source, 'source', problems);
    const together = to === undefined || from === undefined || to.family === from.family;
    problems.check(together, 'source', 'is of another family than the destination', source);
    if (link !== undefined) checkRef(link, 'link', problems);
    problems.integer(mark, 'mark', 0, 0xffffffff);
  },
  subject: ({ destination }) => `to ${destination}`,
  links: ({ options }) => [options.link],
  message: ({ destination, options: { source, link, mark } }, indexOf) => {
    const bits = destination.includes(':') ? 128 : 32;
    const family = familyNumber(bits === 32 ? 'inet' : 'inet6');
    return {
      // IPv6 tells the table anyway, and refuses the flag.
      header: {
        family,
        dstLen: bits,
        srcLen: source === undefined ? 0 : bits,
        flags: bits === 32 ? lookupTable : 0,
      },
      attributes: {
        dst: destination,
        ...(source === undefined ? {} : { src: source }),
        ...(link === undefined ? {} : { oif: indexOf(link) }),
        ...(mark === undefined ? {} : { mark }),
      },
    };
  },
  read: readRoute,
});

/** A route to be added or removed, checked. */
interface RouteChange {
  readonly route: RouteSpec;
  readonly encoded: EncodedRoute;
}

const routeChange = {
  schema: routeMessage,
  subject: ({ route }: RouteChange) => `route ${route.destination}`,
  links: ({ route: { link, nexthops } }: RouteChange) => nexthops?.map((nexthop) => nexthop.link) ?? [link],
  message: ({ route, encoded }: RouteChange, indexOf: IndexOf) => withLinks(encoded, route, indexOf),
};
const addRoute = change({ ...routeChange, name: 'RTM_NEWROUTE', flags: MessageFlag.create | MessageFlag.exclusive });
const replaceRoute = change({ ...routeChange, name: 'RTM_NEWROUTE', flags: MessageFlag.create | MessageFlag.replace });
const deleteRoute = change({ ...routeChange, name: 'RTM_DELROUTE' });

/** The routing tables of a namespace. */
export class Routes {
  readonly #channel: Channel;
  readonly #openSocket: () => Promise<RawSocket>;

  /** @internal `openSocket` opens another socket to the same namespace. */
  constructor(channel: Channel, openSocket: () => Promise<RawSocket>) {
    this.#channel = channel;
    this.#openSocket = openSocket;
  }

  /**
   * Lists routes: `ip route show`, both families. A table changing meanwhile is not noticed by the kernel: this is no
   * snapshot. Throws NetlinkError ENOENT for a table that does not exist in the family asked for; of both families, such a
   * table is empty.
   */
  async list(filter: RouteFilter = {}): Promise<Route[]> {
    try {
      return await this.#channel.submit(listRoutes, { filter, index: 0 }, filter);
    } catch (error) {
      if (isEmptyTable(error, filter.table)) return [];
      throw error;
    }
  }

  /**
   * The same one by one, with the memory of one datagram, on a socket of its own: the kernel goes on only as fast as
   * the loop does. Leaving the loop ends it.
   */
  async *iterate(filter: Pick<RouteFilter, 'family' | 'table'> & CallOptions = {}): AsyncIterableIterator<Route> {
    const { family, table, signal, timeout } = filter;
    const input: RouteListing = { filter: { family, table }, index: 0 };
    const problems = new Problems();
    problems.keys(filter, ['family', 'table', ...callWords]);
    problems.throwIfAny();
    checkCall(listRoutes, input, filter);
    this.#channel.throwIfClosed(listRoutes);
    signal?.throwIfAborted();
    const options = { signal, timeout, ...this.#channel.streamOptions };
    const socket = await inTime(this.#openSocket(), filter, 'opening a socket', (late) => late.close());
    try {
      yield* streamDump(socket, listRoutes, input, options);
    } catch (error) {
      if (!isEmptyTable(error, table)) throw error;
    }
  }

  /** The route the kernel would take: `ip route get ADDRESS`. Throws NetlinkError ENETUNREACH when there is none. */
  get(destination: string, options: RouteQuery = {}): Promise<Route> {
    return this.#channel.submit(getRoute, { destination, options }, options);
  }

  /**
   * Adds a route: `ip route add`. Throws EncodeError for what can't be one, NetlinkError EEXIST when it is there,
   * ENETUNREACH or EHOSTUNREACH when the gateway is not on a link that is up, ENODEV when there is no such link.
   */
  async add(route: RouteSpec, options: CallOptions = {}): Promise<void> {
    return await this.#channel.submit(addRoute, prepare(route, false), options);
  }

  /** Adds a route or replaces the one with its destination, metric and table: `ip route replace`. */
  async replace(route: RouteSpec, options: CallOptions = {}): Promise<void> {
    return await this.#channel.submit(replaceRoute, prepare(route, false), options);
  }

  /** Removes the first route that matches what is given: `ip route delete`. Throws NetlinkError ESRCH when none does. */
  async delete(route: RouteSpec, options: CallOptions = {}): Promise<void> {
    return await this.#channel.submit(deleteRoute, prepare(route, true), options);
  }
}

/** The kernel makes a table with its first route; a fresh namespace has none, not even main. */
function isEmptyTable(error: unknown, table: RouteFilter['table']): boolean {
  const always = table === undefined || table === 'all' || (table >= RouteTable.default && table <= RouteTable.local);
  return always && error instanceof NetlinkError && error.code === 'ENOENT';
}

function prepare(route: RouteSpec, removing: boolean): RouteChange {
  const problems = new Problems();
  const encoded = encodeRoute(route, removing, problems);
  problems.throwIfAny();
  return { route, encoded };
}
