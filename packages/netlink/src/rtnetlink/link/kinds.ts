import { bridge } from './kinds/bridge.ts';
import { bridgePort } from './kinds/bridge-port.ts';
import { dummy } from './kinds/dummy.ts';
import { ifb } from './kinds/ifb.ts';
import { ipvlan } from './kinds/ipvlan.ts';
import { macvlan } from './kinds/macvlan.ts';
import { veth } from './kinds/veth.ts';
import { vlan } from './kinds/vlan.ts';
import { vxlan } from './kinds/vxlan.ts';

/** Link kinds, by `IFLA_INFO_KIND`: what `IFLA_INFO_DATA` holds. To add one: a file like these, and a line here. */
export const kinds = {
  bridge,
  dummy,
  ifb,
  ipvlan,
  macvlan,
  macvtap: macvlan,
  veth,
  vlan,
  vxlan,
};

/** Kinds that have ports, by `IFLA_INFO_SLAVE_KIND`: what `IFLA_INFO_SLAVE_DATA` of a port holds. */
export const slaveKinds = {
  bridge: bridgePort,
};
