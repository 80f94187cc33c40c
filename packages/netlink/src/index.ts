/**
 * rtnetlink for Node.js: links, addresses, routes, neighbours and rules of any network namespace.
 *
 * @module @nsnet/netlink
 */
export { type Address, Addresses, type AddressFilter, type AddressOptions } from './client/addresses.ts';
export type { ChangeEvent, RtEvent, Subject } from './client/events.ts';
export type { GenericReply, GenericRequest } from './client/generic-request.ts';
export type { BridgeSettings } from './client/kinds/bridge.ts';
export type { MacvlanSettings } from './client/kinds/macvlan.ts';
export type { VlanSettings } from './client/kinds/vlan.ts';
export type { VxlanSettings } from './client/kinds/vxlan.ts';
export type { LinkData } from './client/kinds.ts';
export type { Link } from './client/link-object.ts';
export type { LinkRef } from './client/link-ref.ts';
export type { CommonLink, KindSettings, LinkChanges, LinkSpec, LinkSpecOf, PeerSpec } from './client/link-spec.ts';
export { type LinkFilter, Links } from './client/links.ts';
export { Mirror, type MirrorOptions } from './client/mirror.ts';
export type { MonitorOptions } from './client/monitor.ts';
export type { NamespaceRef, SocketFactory } from './client/namespace.ts';
export { type Neighbour, type NeighbourFilter, type NeighbourSpec, Neighbours } from './client/neighbours.ts';
export { Nsids, type NsidTarget } from './client/nsids.ts';
export type { CallOptions, RtnetlinkOptions } from './client/options.ts';
export type { InetFamily } from './client/prefix.ts';
export type { Nexthop, Route } from './client/route-object.ts';
export type { NexthopSpec, RouteSpec } from './client/route-spec.ts';
export { type RouteFilter, type RouteQuery, Routes } from './client/routes.ts';
export { Rtnetlink } from './client/rtnetlink.ts';
export { type Rule, type RuleFilter, type RuleSpec, Rules } from './client/rules.ts';
export type { TraceEvent } from './client/trace.ts';
export {
  ClosedError,
  DecodeError,
  DumpInterruptedError,
  EncodeError,
  NetlinkError,
  type NetlinkFailure,
  OverrunError,
  type Problem,
  TimeoutError,
} from './errors.ts';
