/** Words for the kernel's numbers, one file per noun. The words are those that `ip` prints, in lower case. */
export { AddressFlag, AddressFlag6, AddressProtocol } from './constants/address.ts';
export { AddressFamily, MulticastGroup } from './constants/address-family.ts';
export { ArpType } from './constants/arp-type.ts';
export { AddrGenMode, LinkExtFilter, LinkFlag, LinkMode, OperState } from './constants/link.ts';
export { NeighbourFlag, NeighbourFlagExt, NeighbourState } from './constants/neighbour.ts';
export {
  RouteEncap,
  RouteFeature,
  RouteFlag,
  RoutePreference,
  RouteProtocol,
  RouteScope,
  RouteTable,
  RouteType,
} from './constants/route.ts';
export { RuleAction, RuleFlag } from './constants/rule.ts';
export { BridgePortState } from './link/kinds/bridge-port.ts';
export { IpvlanMode } from './link/kinds/ipvlan.ts';
export { MacvlanMode } from './link/kinds/macvlan.ts';
export { VlanFlag } from './link/kinds/vlan.ts';
