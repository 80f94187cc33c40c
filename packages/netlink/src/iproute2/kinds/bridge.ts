import type { KindData } from '../../rtnetlink/link/info.ts';
import type { Entry } from '../entry.ts';
import { vlanProtocol } from '../ether-type.ts';
import { addTimer, bridgeId } from './bridge-words.ts';

type Bridge = KindData['bridge'];

/** `BR_BOOLOPT_*`, by bit. */
const switches = ['no_linklocal_learn', 'mcast_vlan_snooping'];

/** `ip -d link show type bridge`. */
export function bridge(info: Entry, data: Bridge): void {
  info.fact('forward_delay', data.forwardDelay);
  info.fact('hello_time', data.helloTime);
  info.fact('max_age', data.maxAge);
  info.fact('ageing_time', data.ageingTime);
  info.fact('stp_state', data.stpState);
  info.fact('priority', data.priority);
  info.fact('vlan_filtering', data.vlanFiltering);
  if (data.vlanProtocol !== undefined) info.fact('vlan_protocol', vlanProtocol(data.vlanProtocol));
  addSpanningTree(info, data);
  info.fact('vlan_default_pvid', data.vlanDefaultPvid);
  info.fact('vlan_stats_enabled', data.vlanStatsEnabled);
  info.fact('vlan_stats_per_port', data.vlanStatsPerPort);
  info.hexFact('group_fwd_mask', data.groupFwdMask);
  info.fact('group_addr', data.groupAddr, 'group_address');
  info.fact('mcast_snooping', data.mcastSnooping);
  for (const [bit, name] of switches.entries()) {
    const { optval = 0, optmask = 0 } = data.multiBoolopt ?? {};
    if ((optmask >>> bit) % 2 === 1) info.fact(name, (optval >>> bit) % 2);
  }
  addMulticast(info, data);
  info.fact('nf_call_iptables', data.nfCallIptables);
  info.fact('nf_call_ip6tables', data.nfCallIp6tables);
  info.fact('nf_call_arptables', data.nfCallArptables);
}

function addSpanningTree(info: Entry, data: Bridge): void {
  if (data.bridgeId !== undefined) info.fact('bridge_id', bridgeId(data.bridgeId));
  // `ip` shows the bridge itself as the root; fixed after iproute2 6.1.
  if (data.rootId !== undefined && data.bridgeId !== undefined)
    info.fact('root_id', bridgeId(data.bridgeId), 'designated_root');
  info.fact('root_port', data.rootPort);
  info.fact('root_path_cost', data.rootPathCost);
  info.fact('topology_change', data.topologyChange);
  info.fact('topology_change_detected', data.topologyChangeDetected);
  addTimer(info, 'hello_timer', data.helloTimer);
  addTimer(info, 'tcn_timer', data.tcnTimer);
  addTimer(info, 'topology_change_timer', data.topologyChangeTimer);
  addTimer(info, 'gc_timer', data.gcTimer);
}

function addMulticast(info: Entry, data: Bridge): void {
  info.fact('mcast_router', data.mcastRouter);
  info.fact('mcast_query_use_ifaddr', data.mcastQueryUseIfaddr);
  info.fact('mcast_querier', data.mcastQuerier);
  info.fact('mcast_hash_elasticity', data.mcastHashElasticity);
  info.fact('mcast_hash_max', data.mcastHashMax);
  info.fact('mcast_last_member_cnt', data.mcastLastMemberCnt, 'mcast_last_member_count');
  info.fact('mcast_startup_query_cnt', data.mcastStartupQueryCnt, 'mcast_startup_query_count');
  info.fact('mcast_last_member_intvl', data.mcastLastMemberIntvl, 'mcast_last_member_interval');
  info.fact('mcast_membership_intvl', data.mcastMembershipIntvl, 'mcast_membership_interval');
  info.fact('mcast_querier_intvl', data.mcastQuerierIntvl, 'mcast_querier_interval');
  info.fact('mcast_query_intvl', data.mcastQueryIntvl, 'mcast_query_interval');
  info.fact('mcast_query_response_intvl', data.mcastQueryResponseIntvl, 'mcast_query_response_interval');
  info.fact('mcast_startup_query_intvl', data.mcastStartupQueryIntvl, 'mcast_startup_query_interval');
  info.fact('mcast_stats_enabled', data.mcastStatsEnabled);
  info.fact('mcast_igmp_version', data.mcastIgmpVersion);
  info.fact('mcast_mld_version', data.mcastMldVersion);
}
