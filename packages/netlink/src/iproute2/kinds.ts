import type { KindData, LinkInfo, SlaveData } from '../rtnetlink/link/info.ts';
import type { Entry } from './entry.ts';
import { bridge } from './kinds/bridge.ts';
import { bridgePort } from './kinds/bridge-port.ts';
import { ipvlan } from './kinds/ipvlan.ts';
import { macvlan } from './kinds/macvlan.ts';
import { vlan } from './kinds/vlan.ts';
import { vxlan } from './kinds/vxlan.ts';
import type { LinkNames } from './link-names.ts';

/** Says what `ip -d` says of a kind's settings. */
export type Details<T> = (info: Entry, data: T, links: LinkNames) => void;

/** One for every name in `T` that has settings to show. */
type Registry<T> = { readonly [K in keyof T]?: Details<T[K]> };

/**
 * Settings of kinds. A kind without a line here is shown by its name alone: right for those of which `ip` has nothing
 * to say either (veth, dummy, ifb). To add one: a file like these, and a line here.
 */
const kinds: Registry<KindData> = { bridge, ipvlan, macvlan, macvtap: macvlan, vlan, vxlan };

/** Settings of ports, by the kind of the link they are ports of. */
const portKinds: Registry<SlaveData> = { bridge: bridgePort };

/** What kind of link it is and, for a port, what it is a port of: a line each. */
export function addKind(info: Entry, { kind, data, slaveKind, slaveData }: LinkInfo, links: LinkNames): void {
  if (kind !== undefined) {
    info.both('info_kind', kind, `\n    ${kind} `);
    addSettings(info, 'info_data', detailsOf(kinds, kind), data, links);
  }
  if (slaveKind !== undefined) {
    info.both('info_slave_kind', slaveKind, `\n    ${slaveKind}_slave `);
    addSettings(info, 'info_slave_data', detailsOf(portKinds, slaveKind), slaveData, links);
  }
}

/** Own properties only: a kind may be called `constructor`. */
function detailsOf(registry: Registry<object>, kind: string): Details<unknown> | undefined {
  return Object.hasOwn(registry, kind) ? (registry as Record<string, Details<unknown>>)[kind] : undefined;
}

function addSettings(
  info: Entry,
  key: string,
  details: Details<unknown> | undefined,
  data: unknown,
  links: LinkNames,
): void {
  if (details === undefined) return;
  info.section(key, (settings) => {
    if (data !== undefined && !(data instanceof Uint8Array)) details(settings, data, links);
  });
}
