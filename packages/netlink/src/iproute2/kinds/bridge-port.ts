import { BridgePortState } from '../../rtnetlink/constants.ts';
import type { SlaveData } from '../../rtnetlink/link/info.ts';
import { valueName } from '../../rtnetlink/names.ts';
import { type Entry, hex } from '../entry.ts';
import type { LinkNames } from '../link-names.ts';
import { addTimer, bridgeId } from './bridge-words.ts';

type BridgePort = SlaveData['bridge'];

/** Protocols whose frames bridges don't forward unless told to, by bit of the mask. */
const groupNames: ReadonlyMap<number, string> = new Map([
  [0, 'stp'],
  [2, 'lacp'],
  [14, 'lldp'],
]);

/** `ip -d link show type bridge_slave`. */
export function bridgePort(info: Entry, data: BridgePort, links: LinkNames): void {
  addState(info, data.state);
  info.fact('priority', data.priority);
  info.fact('cost', data.cost === undefined ? undefined : data.cost | 0);
  info.switchFact('hairpin', data.mode);
  info.switchFact('guard', data.guard);
  info.switchFact('root_block', data.protect);
  info.switchFact('fastleave', data.fastLeave);
  info.switchFact('learning', data.learning);
  info.switchFact('flood', data.unicastFlood);
  info.hexFact('id', data.id, 'port_id');
  info.hexFact('no', data.no, 'port_no');
  info.fact('designated_port', data.designatedPort);
  info.fact('designated_cost', data.designatedCost);
  if (data.bridgeId !== undefined) info.fact('bridge_id', bridgeId(data.bridgeId), 'designated_bridge');
  if (data.rootId !== undefined) info.fact('root_id', bridgeId(data.rootId), 'designated_root');
  addTimer(info, 'hold_timer', data.holdTimer);
  addTimer(info, 'message_age_timer', data.messageAgeTimer);
  addTimer(info, 'forward_delay_timer', data.forwardDelayTimer);
  info.fact('topology_change_ack', data.topologyChangeAck);
  info.fact('config_pending', data.configPending);
  info.switchFact('proxy_arp', data.proxyarp);
  info.switchFact('proxy_arp_wifi', data.proxyarpWifi);
  info.fact('multicast_router', data.multicastRouter, 'mcast_router');
  if (data.fastLeave !== undefined) info.say(`mcast_fast_leave ${data.fastLeave === 0 ? 'off' : 'on'} `);
  info.switchFact('mcast_flood', data.mcastFlood);
  info.switchFact('bcast_flood', data.bcastFlood);
  info.switchFact('mcast_to_unicast', data.mcastToUcast);
  info.switchFact('neigh_suppress', data.neighSuppress);
  addForwardedGroups(info, data.groupFwdMask);
  info.switchFact('vlan_tunnel', data.vlanTunnel);
  info.switchFact('isolated', data.isolated);
  info.switchFact('locked', data.locked);
  if (data.backupPort !== undefined) info.fact('backup_port', links.name(data.backupPort));
}

function addState(info: Entry, state: number | undefined): void {
  if (state === undefined) return;
  const name = valueName(BridgePortState, state);
  if (typeof name === 'number') info.both('state_index', name, `state (${name}) `);
  else info.fact('state', name);
}

function addForwardedGroups(info: Entry, mask: number | undefined): void {
  if (mask === undefined) return;
  const bits = Array.from({ length: 16 }, (_, bit) => bit).filter((bit) => (mask >> bit) % 2 === 1);
  const names = bits.map((bit) => groupNames.get(bit) ?? hex(1 << bit));
  info.hexFact('group_fwd_mask', mask);
  info.fact('group_fwd_mask_str', names.length === 0 ? '0x0' : names.join(','));
}
