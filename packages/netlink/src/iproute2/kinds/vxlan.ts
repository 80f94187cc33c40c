import type { KindData } from '../../rtnetlink/link/info.ts';
import { type Entry, hex } from '../entry.ts';
import type { LinkNames } from '../link-names.ts';

type Vxlan = KindData['vxlan'];

/** `VXLAN_DF_*`: the bit that forbids fragments. */
const fragmentation = ['unset', 'set', 'inherit'];
/** A field of 1: taken from the inner packet. */
const inherited = 1;

/** `ip -d link show type vxlan`. */
export function vxlan(info: Entry, data: Vxlan, links: LinkNames): void {
  addWord(info, 'external', data.collectMetadata);
  if (data.vnifilter) info.both('vnifilter', true, 'vnifilter');
  info.fact('id', data.id);
  addEnds(info, data);
  if (data.link) info.fact('link', links.name(data.link), 'dev');
  if (data.portRange !== undefined) {
    const { low, high } = data.portRange;
    info.both('port_range', { low, high }, `srcport ${low} ${high} `);
  }
  info.fact('port', data.port, 'dstport');
  if (data.learning !== undefined) info.both('learning', data.learning !== 0, data.learning === 0 ? 'nolearning ' : '');
  addWord(info, 'proxy', data.proxy);
  addWord(info, 'rsc', data.rsc);
  addWord(info, 'l2miss', data.l2miss);
  addWord(info, 'l3miss', data.l3miss);
  addOuterFields(info, data);
  if (data.ageing !== undefined)
    info.both('ageing', data.ageing, `ageing ${data.ageing === 0 ? 'none' : data.ageing} `);
  if (data.limit) info.fact('limit', data.limit, 'maxaddr');
  addChecksum(info, 'udp_csum', data.udpCsum, 'udpcsum');
  addChecksum(info, 'udp_zero_csum6_tx', data.udpZeroCsum6Tx, 'udp6zerocsumtx');
  addChecksum(info, 'udp_zero_csum6_rx', data.udpZeroCsum6Rx, 'udp6zerocsumrx');
  addWord(info, 'remcsum_tx', data.remcsumTx, 'remcsumtx');
  addWord(info, 'remcsum_rx', data.remcsumRx, 'remcsumrx');
  addWord(info, 'gbp', data.gbp);
  addWord(info, 'gpe', data.gpe);
}

/** A word for what is switched on; none for what is off. */
function addWord(info: Entry, key: string, value: number | boolean | undefined, word = key): void {
  if (value) info.both(key, true, `${word} `);
}

/** A word for what is on, and one with `no` for what is off. */
function addChecksum(info: Entry, key: string, value: number | undefined, word: string): void {
  if (value !== undefined) info.both(key, value !== 0, `${value === 0 ? 'no' : ''}${word} `);
}

/** Both ends of the tunnel; an address of zeros is none. */
function addEnds(info: Entry, { group, group6, local, local6 }: Vxlan): void {
  if (group !== undefined) {
    const [first = 0] = group.split('.').map(Number);
    if (group !== '0.0.0.0') info.fact(first >= 224 && first < 240 ? 'group' : 'remote', group);
  } else if (group6 !== undefined && group6 !== '::') {
    const word = /^ff..:/.test(group6) ? 'group' : 'remote';
    info.fact(`${word}6`, group6, word);
  }
  if (local !== undefined) {
    if (local !== '0.0.0.0') info.fact('local', local);
  } else if (local6 !== undefined && local6 !== '::') info.fact('local6', local6, 'local');
}

/** Fields of the outer IP header. */
function addOuterFields(info: Entry, { tos = 0, ttl, ttlInherit, df, label }: Vxlan): void {
  if (tos !== 0) info.both('tos', hex(tos), `tos ${tos === inherited ? 'inherit' : hex(tos)} `);
  if (ttlInherit) info.say('ttl inherit ');
  else if (ttl !== undefined) info.both('ttl', ttl, `ttl ${ttl === 0 ? 'auto' : ttl} `);
  const word = df === undefined ? undefined : fragmentation[df];
  if (word !== undefined) info.both('df', word, word === 'unset' ? '' : `df ${word} `);
  if (label) info.fact('label', hex(label), 'flowlabel');
}
