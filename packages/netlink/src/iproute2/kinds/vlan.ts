import { VlanFlag } from '../../rtnetlink/constants.ts';
import type { KindData } from '../../rtnetlink/link/info.ts';
import type { Entry } from '../entry.ts';
import { vlanProtocol } from '../ether-type.ts';

type Vlan = KindData['vlan'];

/** In the order of `ip`. */
const flagOrder = [
  'reorder_hdr',
  'gvrp',
  'mvrp',
  'loose_binding',
  'bridge_binding',
] as const satisfies readonly (keyof typeof VlanFlag)[];

/** `ip -d link show type vlan`. */
export function vlan(info: Entry, data: Vlan): void {
  if (data.id === undefined) return;
  info.fact('protocol', data.protocol === undefined ? '802.1q' : vlanProtocol(data.protocol));
  info.fact('id', data.id);
  if (data.flags !== undefined) addFlags(info, data.flags.flags);
  addPriorities(info, 'ingress', data.ingressQos);
  addPriorities(info, 'egress', data.egressQos);
}

function addFlags(info: Entry, flags: number): void {
  const words: string[] = [];
  let rest = flags;
  for (const name of flagOrder) {
    if ((rest & VlanFlag[name]) === 0) continue;
    words.push(name.toUpperCase());
    rest &= ~VlanFlag[name];
  }
  if (rest !== 0) words.push((rest >>> 0).toString(16));
  info.both('flags', words, `<${words.join(',')}> `);
}

/** Which priorities become which. */
function addPriorities(info: Entry, direction: 'ingress' | 'egress', qos: Vlan['egressQos']): void {
  if (qos === undefined) return;
  const { mapping = [] } = qos;
  const pairs = mapping.map(({ from, to }) => `${from}:${to} `);
  const objects = mapping.map(({ from, to }) => ({ from, to }));
  info.both(`${direction}_qos`, objects, `\n      ${direction}-qos-map { ${pairs.join('')}} `);
}
