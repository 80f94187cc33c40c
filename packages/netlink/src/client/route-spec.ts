import { RouteProtocol, RouteScope, RouteTable, RouteType } from '../rtnetlink/constants.ts';
import { numberOf } from '../rtnetlink/names.ts';
import type { RouteMessage } from '../rtnetlink/route.ts';
import { checkFamily } from './addresses.ts';
import { checkRef, type LinkRef } from './link-ref.ts';
import { familyNumber, type InetFamily, networkOf, type Prefix, parseAddress, parsePrefix } from './prefix.ts';
import type { Problems } from './problems.ts';
import type { RouteAttributes } from './route-object.ts';
import type { IndexOf } from './verb.ts';

/** One way of a multipath route to be made. */
export interface NexthopSpec {
  /** Gateway, of either family. */
  readonly via?: string | undefined;
  readonly link?: LinkRef | undefined;
  /** Share of the traffic, 1 (the default) to 256. */
  readonly weight?: number | undefined;
  /** The gateway is on the link, whatever the addresses say. */
  readonly onlink?: boolean | undefined;
}

/** A route to be made or removed, in the words of `ip route`. */
export interface RouteSpec {
  /** `default`, a prefix, or an address. */
  readonly destination: string;
  /** Gateway; an IPv6 gateway of an IPv4 route is fine (`via inet6`). */
  readonly via?: string | undefined;
  readonly link?: LinkRef | undefined;
  /** Preferred source address (`src`). */
  readonly source?: string | undefined;
  readonly metric?: number | undefined;
  /** Default: main (254). */
  readonly table?: number | undefined;
  /** Default: `boot`, as `ip` does. */
  readonly protocol?: string | number | undefined;
  /** Default: `link` without a gateway, `host` for local routes, else `global`. */
  readonly scope?: string | undefined;
  /** Default: `unicast`; `blackhole`, `unreachable`, `prohibit`, `local` …. */
  readonly type?: string | undefined;
  /** Only needed for `default` without a gateway. */
  readonly family?: InetFamily | undefined;
  /** The gateway is on the link, whatever the addresses say. */
  readonly onlink?: boolean | undefined;
  /** Several ways (ECMP), instead of `via` and `link`. */
  readonly nexthops?: readonly NexthopSpec[] | undefined;
  /** Path MTU, bytes. */
  readonly mtu?: number | undefined;
}

/** A message about a route, on its way to be complete. */
export interface EncodedRoute {
  readonly header: Partial<RouteMessage['header']>;
  readonly attributes: RouteAttributes;
}

/** The keys of {@link RouteSpec}. */
const routeWords = [
  'destination',
  'via',
  'link',
  'source',
  'metric',
  'table',
  'protocol',
  'scope',
  'type',
  'family',
  'onlink',
  'nexthops',
  'mtu',
];

/** `RTNH_F_ONLINK` */
const onlinkFlag = 4;
/** Types that lead nowhere and so have no link. */
const deadEnds = ['blackhole', 'unreachable', 'prohibit', 'throw'];

/** The message of a route but for the indexes of its links; every problem noted. */
export function encodeRoute(spec: RouteSpec, removing: boolean, problems: Problems): EncodedRoute {
  problems.keys(spec, routeWords);
  const type = numbered(RouteType, spec.type, 'type', problems) ?? (removing ? 0 : RouteType.unicast);
  const protocol = numbered(RouteProtocol, spec.protocol, 'protocol', problems) ?? (removing ? 0 : RouteProtocol.boot);
  const via = spec.via === undefined ? undefined : parseAddress(spec.via, 'via', problems);
  const source = spec.source === undefined ? undefined : parseAddress(spec.source, 'source', problems);
  const nexthops = spec.nexthops?.map((nexthop, position) => parseNexthop(nexthop, `nexthops[${position}]`, problems));
  const hint = via ?? nexthops?.find((nexthop) => nexthop.via)?.via ?? source;
  const destination = parseDestination(spec, hint?.family, problems);
  const { link, table = RouteTable.main, metric, mtu } = spec;
  if (link !== undefined) checkRef(link, 'link', problems);
  problems.check(isTable(table), 'table', 'is not a table number', table);
  problems.integer(metric, 'metric', 0, 0xffffffff);
  problems.integer(mtu, 'mtu', 0, 0xffffffff);
  const { family } = destination;
  if (destination !== nowhere) {
    const fits = source === undefined || source.family === family;
    problems.check(fits, 'source', 'is of another family than the destination', spec.source);
    checkGateway(via, family, 'via', problems);
    for (const [at, nexthop] of (nexthops ?? []).entries())
      checkGateway(nexthop.via, family, `nexthops[${at}].via`, problems);
  }
  problems.check(
    nexthops === undefined || (via === undefined && link === undefined),
    'nexthops',
    'come instead of via and link',
  );
  problems.check(nexthops === undefined || nexthops.length > 0, 'nexthops', 'is empty');
  const complete =
    removing ||
    spec.via !== undefined ||
    link !== undefined ||
    nexthops !== undefined ||
    deadEnds.includes(spec.type ?? '');
  problems.check(complete, 'via', 'or link or nexthops must say where the route leads');
  const local = spec.type === 'local' || spec.type === 'nat';
  const scope =
    numbered(RouteScope, spec.scope, 'scope', problems) ??
    defaultScope(destination, via !== undefined || nexthops !== undefined, local, removing, spec.type);
  const header = {
    family: familyNumber(family),
    dstLen: destination.length,
    table: table < 256 ? table : RouteTable.unspec,
    protocol,
    scope,
    type,
    flags: spec.onlink ? onlinkFlag : 0,
  };
  const attributes: RouteAttributes = {};
  if (destination.length > 0) attributes.dst = destination.address;
  if (table >= 256) attributes.table = table;
  if (via !== undefined) setGateway(attributes, via, family);
  if (link !== undefined) attributes.oif = 0;
  if (source !== undefined) attributes.prefsrc = source.address;
  if (metric !== undefined) attributes.priority = metric;
  if (mtu !== undefined) attributes.metrics = { mtu };
  if (nexthops !== undefined) attributes.multipath = nexthops.map((nexthop) => encodeNexthop(nexthop, family));
  return { header, attributes };
}

/** The message with the indexes of its links, which may have had to be looked up. */
export function withLinks(encoded: EncodedRoute, { link, nexthops }: RouteSpec, indexOf: IndexOf): EncodedRoute {
  const { attributes } = encoded;
  if (link !== undefined) attributes.oif = indexOf(link);
  for (const [at, { header }] of attributes.multipath?.entries() ?? []) {
    const out = nexthops?.[at]?.link;
    if (out !== undefined) header.ifindex = indexOf(out);
  }
  return encoded;
}

/** Whether it is the number of a routing table. */
export function isTable(table: unknown): boolean {
  return typeof table === 'number' && Number.isInteger(table) && table > 0 && table <= 0xffffffff;
}

function everything(family: InetFamily): Prefix {
  const bytes = new Uint8Array(family === 'inet' ? 4 : 16);
  return { family, address: family === 'inet' ? '0.0.0.0' : '::', bytes, length: 0, explicit: true };
}

/** What stands for a destination that is none. */
const nowhere = everything('inet');

function checkGateway(via: Prefix | undefined, family: InetFamily, path: string, problems: Problems): void {
  const possible = via === undefined || via.family === family || family === 'inet';
  problems.check(possible, path, 'is an IPv4 gateway for an IPv6 destination', via?.address);
}

/** The destination; `hint` is the family that the rest of the route speaks for. */
function parseDestination(spec: RouteSpec, hint: InetFamily | undefined, problems: Problems): Prefix {
  checkFamily(spec.family, problems);
  const destination =
    spec.destination === 'default'
      ? everything(spec.family ?? hint ?? 'inet')
      : parsePrefix(spec.destination, 'destination', problems);
  if (destination === undefined) return nowhere;
  const network = networkOf(destination);
  if (network !== destination.address) {
    const reason = `has bits set behind its prefix: ${network}/${destination.length} is meant`;
    problems.add('destination', reason, spec.destination);
  }
  problems.check(
    spec.family === undefined || spec.family === destination.family,
    'family',
    'is not that of the destination',
    spec.family,
  );
  return destination;
}

interface ParsedNexthop {
  readonly via: Prefix | undefined;
  readonly spec: NexthopSpec;
}

function parseNexthop(spec: NexthopSpec, path: string, problems: Problems): ParsedNexthop {
  const { link, weight } = spec;
  problems.keys(spec, ['via', 'link', 'weight', 'onlink'], `${path}.`);
  if (link !== undefined) checkRef(link, `${path}.link`, problems);
  problems.integer(weight, `${path}.weight`, 1, 256);
  problems.check(spec.via !== undefined || link !== undefined, path, 'has neither via nor link');
  return { via: spec.via === undefined ? undefined : parseAddress(spec.via, `${path}.via`, problems), spec };
}

function encodeNexthop({ via, spec }: ParsedNexthop, family: InetFamily) {
  const { onlink, weight = 1 } = spec;
  const attributes: Pick<RouteAttributes, 'gateway' | 'via'> = {};
  if (via !== undefined) setGateway(attributes, via, family);
  return { header: { flags: onlink ? onlinkFlag : 0, hops: weight - 1, ifindex: 0 }, attributes };
}

/** `RTA_GATEWAY`, or `RTA_VIA` when the gateway is of another family than the route. */
function setGateway(attributes: Pick<RouteAttributes, 'gateway' | 'via'>, via: Prefix, family: InetFamily): void {
  if (via.family === family) attributes.gateway = via.address;
  else attributes.via = { family: familyNumber(via.family), addr: via.address };
}

/** The defaults of `ip route`; RT_SCOPE_NOWHERE when removing: whatever it is. */
function defaultScope(
  destination: Prefix,
  hasGateway: boolean,
  local: boolean,
  removing: boolean,
  type: string | undefined,
): number {
  if (removing) return RouteScope.nowhere;
  if (destination.family === 'inet6') return RouteScope.global;
  if (local) return RouteScope.host;
  if (type === 'broadcast' || type === 'multicast' || type === 'anycast') return RouteScope.link;
  return hasGateway || (type !== undefined && type !== 'unicast') ? RouteScope.global : RouteScope.link;
}

/** The number that a word or number stands for; a problem under `path` when none. */
export function numbered(
  table: Readonly<Record<string, number>>,
  value: string | number | undefined,
  path: string,
  problems: Problems,
): number | undefined {
  if (value === undefined) return undefined;
  const number = numberOf(table, value);
  problems.check(number !== undefined, path, 'is not known', value);
  return number;
}
