/**
 * `@nsnet/netlink/messages`: rtnetlink messages as the kernel defines them, lossless in both directions.
 *
 * @packageDocumentation
 */
export { DecodeError, EncodeError, type Problem } from './errors.ts';
export { type AddressAttributes, type AddressMessage, addressMessage } from './rtnetlink/address.ts';
export {
  AddressFamily,
  AddressFlag,
  AddressFlag6,
  AddressProtocol,
  AddrGenMode,
  ArpType,
  BridgePortState,
  IpvlanMode,
  LinkExtFilter,
  LinkFlag,
  LinkMode,
  MacvlanMode,
  MulticastGroup,
  NeighbourFlag,
  NeighbourFlagExt,
  NeighbourState,
  OperState,
  RouteEncap,
  RouteFeature,
  RouteFlag,
  RoutePreference,
  RouteProtocol,
  RouteScope,
  RouteTable,
  RouteType,
  RuleAction,
  RuleFlag,
  VlanFlag,
} from './rtnetlink/constants.ts';
export {
  type MessageType,
  messageOf,
  messageTypeName,
  messageTypeOf,
  messageTypes,
} from './rtnetlink/families.ts';
export type { AnyMessage } from './rtnetlink/family.ts';
export type {
  Kind,
  KindData,
  KindInfo,
  LinkInfo,
  OpaqueData,
  SlaveData,
  SlaveKind,
  SlaveKindInfo,
} from './rtnetlink/link/info.ts';
export { type LinkAttributes, type LinkMessage, linkMessage } from './rtnetlink/link/link.ts';
export { flagBits, flagNames, type NameTable, valueName, valueNumber } from './rtnetlink/names.ts';
export { type NeighbourAttributes, type NeighbourMessage, neighbourMessage } from './rtnetlink/neighbour.ts';
export { type NsidAttributes, type NsidMessage, nsidMessage } from './rtnetlink/nsid.ts';
export { type RouteAttributes, type RouteMessage, routeMessage } from './rtnetlink/route.ts';
export { type RuleAttributes, type RuleMessage, ruleMessage } from './rtnetlink/rule.ts';
export type { AttributeSet, Entry, Shape } from './schema/attributes.ts';
export type { Fields } from './schema/fields.ts';
export type { Message, MessageInput, MessageValue } from './schema/message.ts';
export { type RawAttribute, rawAttributes } from './schema/residue.ts';
export type { SelectedType, Selector } from './schema/selected.ts';
export type { Struct } from './schema/struct.ts';
export type { Infer, Siblings, Type } from './schema/type.ts';
