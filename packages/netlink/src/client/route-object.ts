import { RouteFlag, RouteProtocol, RouteScope, RouteType } from '../rtnetlink/constants.ts';
import { flagNames, namesOf } from '../rtnetlink/names.ts';
import { routeMessage } from '../rtnetlink/route.ts';
import type { Infer } from '../schema/type.ts';
import { AttributeView } from '../schema/view.ts';
import type { Reader } from '../wire/reader.ts';
import { familyName, type InetFamily, prefixText } from './prefix.ts';

/** Values of the route attributes. */
export type RouteAttributes = Infer<typeof routeMessage.attributes>;

/** One way of a multipath route. */
export interface Nexthop {
  /** Gateway; absent when the destination is on the link. */
  via?: string;
  /** ifindex of the outgoing link. */
  index?: number;
  /** Share of the traffic, from 1. */
  weight?: number;
  /** `onlink`, `dead`, `linkdown`, `pervasive` …. */
  flags?: string[];
}

/** A route, as `ip route` shows it. */
export interface Route {
  family: InetFamily;
  /** `default`, a prefix `10.0.0.0/8`, or a single address `10.0.0.1`. */
  destination: string;
  /** Gateway, of either family. */
  via?: string;
  /** ifindex of the outgoing link. */
  index?: number;
  /** Preferred source address (`src`). */
  source?: string;
  metric?: number;
  table: number;
  /** Who made it: `kernel`, `boot`, `static`, `dhcp` …, or a number without a name. */
  protocol: string | number;
  scope: string | number;
  /** `unicast`, `local`, `broadcast`, `blackhole`, `unreachable` …. */
  type: string;
  /** `onlink`, `dead`, `linkdown`, `offload` …. */
  flags: string[];
  /** The ways of a multipath route. */
  nexthops?: Nexthop[];
  /** `RTAX_*`: mtu (bytes), advmss (bytes), window, rtt (ms/8), hoplimit …. */
  metrics?: { mtu?: number; advmss?: number; [name: string]: number | undefined };
  /** Id of the nexthop object it uses. */
  nexthopId?: number;
  /** IPv6 router preference: `low`, `medium`, `high`. */
  preference?: string;
  /** Seconds until it goes away (IPv6 routes learned from routers). */
  expires?: number;
  /** Source prefix (`from`), IPv6. */
  from?: string;
  /** Type of service, IPv4. */
  tos?: number;
}

/** Header offsets of `struct rtmsg`. */
const at = {
  family: routeMessage.header.offsetOf('family'),
  dstLen: routeMessage.header.offsetOf('dstLen'),
  srcLen: routeMessage.header.offsetOf('srcLen'),
  tos: routeMessage.header.offsetOf('tos'),
  table: routeMessage.header.offsetOf('table'),
  protocol: routeMessage.header.offsetOf('protocol'),
  scope: routeMessage.header.offsetOf('scope'),
  type: routeMessage.header.offsetOf('type'),
  flags: routeMessage.header.offsetOf('flags'),
};
const { span } = routeMessage.header;

/** Scratch of {@link readRoute}: nothing of it outlives a call. */
const view = new AttributeView(routeMessage.attributes);

const protocols = namesOf(RouteProtocol);
const scopes = namesOf(RouteScope);
const types = namesOf(RouteType);
const preferences = ['medium', 'high', 'invalid', 'low'] as const;

/**
 * `RTM_NEWROUTE` at `[start, end)` as an object; undefined for families that are neither IPv4 nor IPv6.
 *
 * One literal, and keys added only for what is there: a table of 100,000 routes is made here.
 */
export function readRoute(reader: Reader, start: number, end: number): Route | undefined {
  const { bytes } = reader;
  const family = familyName(bytes[start + at.family] as number);
  if (family === undefined) return undefined;
  view.index(reader, start + span, end);
  const { fields } = view;
  const destination = destinationOf(family, view.get(fields.dst), bytes[start + at.dstLen] as number);
  const via = view.get(fields.gateway) ?? view.get(fields.via)?.addr;
  const index = view.get(fields.oif);
  const table = view.get(fields.table) ?? (bytes[start + at.table] as number);
  const protocol = nameOf(protocols, bytes[start + at.protocol] as number);
  const scope = nameOf(scopes, bytes[start + at.scope] as number);
  const type = String(nameOf(types, bytes[start + at.type] as number));
  const mask = reader.u32At(start + at.flags);
  const flags = mask === 0 ? [] : flagNames(RouteFlag, mask);
  // Keys of a literal are inside the object, keys added later in another one beside it: so one for what most routes have.
  let route: Route;
  if (index === undefined) route = { family, destination, table, protocol, scope, type, flags };
  else if (via === undefined) route = { family, destination, index, table, protocol, scope, type, flags };
  else route = { family, destination, via, index, table, protocol, scope, type, flags };
  const source = view.get(fields.prefsrc);
  const metric = view.get(fields.priority);
  if (via !== undefined && index === undefined) route.via = via;
  if (source !== undefined) route.source = source;
  if (metric !== undefined) route.metric = metric;
  readRest(route, family, bytes[start + at.srcLen] as number, bytes[start + at.tos] as number);
  return route;
}

/** What most routes don't have. */
function readRest(route: Route, family: InetFamily, srcLen: number, tos: number): void {
  const { fields } = view;
  const multipath = view.get(fields.multipath);
  const metrics = view.get(fields.metrics);
  const nexthopId = view.get(fields.nhId);
  if (multipath !== undefined) route.nexthops = multipath.map(readNexthop);
  if (metrics !== undefined) route.metrics = { ...metrics } as NonNullable<Route['metrics']>;
  if (nexthopId !== undefined) route.nexthopId = nexthopId;
  if (tos !== 0) route.tos = tos;
  if (family === 'inet') return;
  const preference = view.get(fields.pref);
  const cache = view.get(fields.cacheinfo);
  const from = view.get(fields.src);
  if (preference !== undefined) route.preference = preferences[preference & 3] ?? 'medium';
  // In hundredths of a second (USER_HZ).
  if (cache !== undefined && cache.expires !== 0) route.expires = Math.trunc(cache.expires / 100);
  if (from !== undefined) route.from = prefixText(from, srcLen, family);
}

function destinationOf(family: InetFamily, address: string | undefined, length: number): string {
  if (address !== undefined) return prefixText(address, length, family);
  return length === 0 ? 'default' : `${family === 'inet' ? '0.0.0.0' : '::'}/${length}`;
}

function nameOf(names: ReadonlyMap<number, string>, value: number): string | number {
  return names.get(value) ?? value;
}

function readNexthop({ header, attributes }: NonNullable<RouteAttributes['multipath']>[number]): Nexthop {
  const nexthop: Nexthop = {};
  const via = attributes.gateway ?? attributes.via?.addr;
  if (via !== undefined) nexthop.via = via;
  if (header.ifindex !== 0) nexthop.index = header.ifindex;
  nexthop.weight = header.hops + 1;
  if (header.flags !== 0) nexthop.flags = flagNames(RouteFlag, header.flags);
  return nexthop;
}
