import { ArpType, LinkFlag } from '../rtnetlink/constants.ts';
import type { LinkAttributes, LinkMessage } from '../rtnetlink/link/link.ts';
import { formatHex } from '../wire/hex.ts';
import type { LinkedContext } from './context.ts';
import type { Entry } from './entry.ts';
import { vlanProtocol } from './ether-type.ts';
import { linkTypeName } from './hardware.ts';

/** One virtual function, as the kernel describes it. */
type VirtualFunction = NonNullable<NonNullable<LinkAttributes['vfinfoList']>['info']>[number];
/** A switch that the driver doesn't have. */
const absent = 0xffffffff;
/** `IFLA_VF_LINK_STATE_*` */
const linkStates = ['auto', 'enable'];
const plainVlan = 0x8100;

/** The virtual functions of an SR-IOV link, a line each. */
export function addVirtualFunctions(link: Entry, message: LinkMessage, context: LinkedContext): void {
  const { vfinfoList, numVf } = message.attributes;
  if (vfinfoList === undefined || numVf === undefined) return;
  link.sections('vfinfo_list', vfinfoList.info ?? [], (vf, info) => addFunction(vf, info, message.header, context));
}

function addFunction(vf: Entry, info: VirtualFunction, header: LinkMessage['header'], context: LinkedContext): void {
  const type = linkTypeName(header.type);
  const length = header.type === ArpType.ether ? 6 : 20;
  const number = info.mac?.vf ?? 0;
  vf.both('vf', number, `\n    vf ${number} `).both('link_type', type, `    link/${type} `);
  if (info.mac !== undefined) {
    const address = formatHex(info.mac.mac, 0, length);
    vf.both('address', address, address);
  }
  if (info.broadcast !== undefined) {
    const address = formatHex(info.broadcast.broadcast, 0, length);
    const isPeer = (header.flags & LinkFlag.pointopoint) !== 0;
    if (isPeer) vf.data('link_pointtopoint', true);
    vf.both('broadcast', address, ` ${isPeer ? 'peer' : 'brd'} ${address}`);
  }
  addVlans(vf, info);
  addRates(vf, info);
  addSettings(vf, info);
  if (context.statistics && info.stats !== undefined) addCounters(vf, info.stats);
}

function addVlans(vf: Entry, { vlan, vlanList }: VirtualFunction): void {
  const add = (entry: Entry, id: number, qos: number) => {
    if (id !== 0) entry.both('vlan', id, `, vlan ${id}`);
    if (qos !== 0) entry.both('qos', qos, `, qos ${qos}`);
  };
  if (vlanList === undefined) {
    add(vf, vlan?.vlan ?? 0, vlan?.qos ?? 0);
    return;
  }
  vf.sections('vlan_list', vlanList.info ?? [], (entry, one) => {
    add(entry, one.vlan, one.qos);
    const protocol = vlanProtocol(one.vlanProto);
    if (one.vlanProto !== 0 && one.vlanProto !== plainVlan)
      entry.both('protocol', protocol, `, vlan protocol ${protocol}`);
  });
}

function addRates(vf: Entry, { txRate, rate }: VirtualFunction): void {
  if (txRate !== undefined && txRate.rate !== 0) vf.both('tx_rate', txRate.rate, `, tx rate ${txRate.rate} (Mbps)`);
  if (rate === undefined) return;
  const { maxTxRate, minTxRate } = rate;
  vf.data('rate', { max_tx: maxTxRate, min_tx: minTxRate });
  if (maxTxRate !== 0) vf.say(`, max_tx_rate ${maxTxRate}Mbps`);
  if (minTxRate !== 0) vf.say(`, min_tx_rate ${minTxRate}Mbps`);
}

function addSettings(vf: Entry, info: VirtualFunction): void {
  addSwitch(vf, 'spoofchk', info.spoofchk, 'spoof checking');
  addGuid(vf, 'node', info.ibNodeGuid);
  addGuid(vf, 'port', info.ibPortGuid);
  if (info.linkState !== undefined) {
    const state = linkStates[info.linkState.linkState] ?? 'disable';
    vf.both('link_state', state, `, link-state ${state}`);
  }
  addSwitch(vf, 'trust', info.trust, 'trust');
  addSwitch(vf, 'query_rss_en', info.rssQueryEn, 'query_rss');
}

function addSwitch(vf: Entry, key: string, value: VirtualFunction['trust'], words: string): void {
  if (value === undefined || value.setting === absent) return;
  const on = value.setting !== 0;
  vf.both(key, on, `, ${words} ${on ? 'on' : 'off'}`);
}

function addGuid(vf: Entry, which: 'node' | 'port', value: VirtualFunction['ibNodeGuid']): void {
  if (value === undefined) return;
  const text = value.guid
    .toString(16)
    .padStart(16, '0')
    .replaceAll(/..(?!$)/g, '$&:');
  vf.both(`${which} guid`, text, `, ${which.toUpperCase()}_GUID ${text}`);
}

function addCounters(vf: Entry, stats: NonNullable<VirtualFunction['stats']>): void {
  const { rxBytes = 0n, rxPackets = 0n, multicast = 0n, broadcast = 0n, rxDropped } = stats;
  const { txBytes = 0n, txPackets = 0n, txDropped } = stats;
  const number = (count: bigint, width: number) => `${String(count).padStart(width)} `;
  const dropped = (count: bigint | undefined) => (count === undefined ? {} : { dropped: Number(count) });
  const rx = { bytes: Number(rxBytes), packets: Number(rxPackets), multicast: Number(multicast) };
  vf.data('stats', {
    rx: { ...rx, broadcast: Number(broadcast), ...dropped(rxDropped) },
    tx: { tx_bytes: Number(txBytes), tx_packets: Number(txPackets), ...dropped(txDropped) },
  });
  const received = number(rxBytes, 10) + number(rxPackets, 8) + number(multicast, 7) + number(broadcast, 7);
  const sent = number(txBytes, 10) + number(txPackets, 8);
  const table = (heading: string, numbers: string, lost: bigint | undefined) =>
    lost === undefined
      ? `\n    ${heading}\n    ${numbers}`
      : `\n    ${heading}  dropped \n    ${numbers}${number(lost, 8)}`;
  vf.say(table('RX: bytes  packets  mcast   bcast ', received, rxDropped));
  vf.say(table('TX: bytes  packets ', sent, txDropped));
}
