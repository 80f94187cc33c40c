import { NetlinkError } from '../errors.ts';
import { MessageFlag } from '../protocol/header.ts';
import { RouteProtocol, RouteTable, RouteType } from '../rtnetlink/constants.ts';
import { numberOf } from '../rtnetlink/names.ts';
import { routeMessage } from '../rtnetlink/route.ts';
import { AttributeView } from '../schema/view.ts';
import type { RawSocket } from '../socket/raw-socket.ts';
import { checkFamily } from './addresses.ts';
import type { Channel } from './channel.ts';
import { streamDump } from './dump-stream.ts';
import { type LinkRef, resolveRef } from './link-ref.ts';
import type { CallOptions } from './options.ts';
import { familyNumber, type InetFamily, parseAddress } from './prefix.ts';
import { Problems } from './problems.ts';
import { change, indexFrom, listing, question } from './requests.ts';
import { type Route, readRoute } from './route-object.ts';
import { encodeRoute, numbered, type RouteSpec } from './route-spec.ts';

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

/** The routing tables of a namespace. */
export class Routes {
  readonly #channel: Channel;
  readonly #openSocket: () => Promise<RawSocket>;
  readonly #view = new AttributeView(routeMessage.attributes);

  /** @internal `openSocket` opens another socket to the same namespace. */
  constructor(channel: Channel, openSocket: () => Promise<RawSocket>) {
    this.#channel = channel;
    this.#openSocket = openSocket;
  }

  /**
   * Lists routes: `ip route show`, both families. A table changing meanwhile is not noticed by the kernel: this is no
   * snapshot. Throws NetlinkError ENOENT for a table that does not exist.
   */
  async list(filter: RouteFilter = {}): Promise<Route[]> {
    const request = this.#dump(filter);
    try {
      return await this.#channel.submit(request, filter);
    } catch (error) {
      // The kernel makes a table with its first route; a fresh namespace has none, not even main.
      const always = filter.table === undefined || filter.table === 'all' || filter.table >= RouteTable.default;
      if (always && error instanceof NetlinkError && error.code === 'ENOENT') return [];
      throw error;
    }
  }

  /**
   * The same one by one, with the memory of one datagram, on a socket of its own: the kernel goes on only as fast as
   * the loop does. Leaving the loop ends it.
   */
  async *iterate(filter: Pick<RouteFilter, 'family' | 'table'> & CallOptions = {}): AsyncIterableIterator<Route> {
    const request = this.#dump(filter);
    yield* streamDump(await this.#openSocket(), request, filter);
  }

  /** The route the kernel would take: `ip route get ADDRESS`. Throws NetlinkError ENETUNREACH when there is none. */
  async get(destination: string, options: RouteQuery = {}): Promise<Route> {
    const problems = new Problems();
    const target = parseAddress(destination, 'destination', problems);
    const source = options.source === undefined ? undefined : parseAddress(options.source, 'source', problems);
    const { link, mark } = options;
    if (link !== undefined) resolveRef(link, 'link', problems);
    problems.check(mark === undefined || (Number.isInteger(mark) && mark >= 0), 'mark', 'is not a mark', mark);
    problems.throwIfAny();
    if (target === undefined) throw new RangeError('unreachable');
    const request = question({
      name: 'RTM_GETROUTE',
      schema: routeMessage,
      subject: `to ${destination}`,
      links: [link],
      message: (indexOf) => ({
        header: {
          family: familyNumber(target.family),
          dstLen: target.length,
          srcLen: source?.length ?? 0,
          flags: lookupTable,
        },
        attributes: {
          dst: target.address,
          ...(source === undefined ? {} : { src: source.address }),
          ...(link === undefined ? {} : { oif: indexFrom(link, indexOf) }),
          ...(mark === undefined ? {} : { mark }),
        },
      }),
      read: (reader, start, end) => readRoute(this.#view, reader, start, end),
    });
    const route = await this.#channel.submit(request, options);
    if (route === undefined)
      throw new NetlinkError({ errno: 101, request: 'RTM_GETROUTE', subject: `to ${destination}` });
    return route;
  }

  /**
   * Adds a route: `ip route add`. Throws EncodeError for what can't be one, NetlinkError EEXIST when it is there,
   * ENETUNREACH or EHOSTUNREACH when the gateway is not on a link that is up, ENODEV when there is no such link.
   */
  async add(route: RouteSpec, options: CallOptions = {}): Promise<void> {
    return await this.#change('RTM_NEWROUTE', MessageFlag.create | MessageFlag.exclusive, route, options);
  }

  /** Adds a route or replaces the one with its destination, metric and table: `ip route replace`. */
  async replace(route: RouteSpec, options: CallOptions = {}): Promise<void> {
    return await this.#change('RTM_NEWROUTE', MessageFlag.create | MessageFlag.replace, route, options);
  }

  /** Removes the first route that matches what is given: `ip route delete`. Throws NetlinkError ESRCH when none does. */
  async delete(route: RouteSpec, options: CallOptions = {}): Promise<void> {
    return await this.#change('RTM_DELROUTE', 0, route, options);
  }

  async #change(
    name: 'RTM_NEWROUTE' | 'RTM_DELROUTE',
    flags: number,
    route: RouteSpec,
    options: CallOptions,
  ): Promise<void> {
    const problems = new Problems();
    const message = encodeRoute(route, name === 'RTM_DELROUTE', problems);
    problems.throwIfAny();
    const links = [route.link, ...(route.nexthops ?? []).map((nexthop) => nexthop.link)];
    return await this.#channel.submit(
      change({ name, flags, schema: routeMessage, subject: `route ${route.destination}`, links, message }),
      options,
    );
  }

  #dump(filter: RouteFilter) {
    const problems = new Problems();
    const { family, table = RouteTable.main, link } = filter;
    checkFamily(family, problems);
    if (link !== undefined) resolveRef(link, 'link', problems);
    problems.check(
      table === 'all' || (Number.isInteger(table) && table > 0),
      'table',
      "is not a table number or 'all'",
      table,
    );
    const protocol = numbered(RouteProtocol, filter.protocol, 'protocol', problems);
    const type = numbered(RouteType, filter.type, 'type', problems);
    problems.throwIfAny();
    let index = 0;
    return listing({
      name: 'RTM_GETROUTE',
      schema: routeMessage,
      links: [link],
      ...(table === 'all' ? {} : { subject: `of table ${table}` }),
      message: (indexOf) => {
        index = link === undefined ? 0 : indexFrom(link, indexOf);
        return {
          header: { family: family === undefined ? 0 : familyNumber(family), protocol: protocol ?? 0, type: type ?? 0 },
          attributes: { ...(table === 'all' ? {} : { table }), ...(index === 0 ? {} : { oif: index }) },
        };
      },
      read: (reader, start, end) => {
        const route = readRoute(this.#view, reader, start, end);
        // Kernels before 4.20 don't filter; none filters multipath routes by link.
        const wanted =
          route !== undefined &&
          (table === 'all' || route.table === table) &&
          (family === undefined || route.family === family) &&
          (protocol === undefined || numberOf(RouteProtocol, route.protocol) === protocol) &&
          (filter.type === undefined || route.type === filter.type) &&
          (index === 0 ||
            route.index === index ||
            (route.nexthops?.some((nexthop) => nexthop.index === index) ?? false));
        return wanted ? route : undefined;
      },
    });
  }
}
