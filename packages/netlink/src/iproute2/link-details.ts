import { AddrGenMode } from '../rtnetlink/constants.ts';
import type { LinkAttributes } from '../rtnetlink/link/link.ts';
import { valueName } from '../rtnetlink/names.ts';
import type { Entry } from './entry.ts';
import { addKind } from './kinds.ts';
import type { LinkContext } from './link.ts';

/** What `ip -d` says of a link besides: a second line goes on, and kinds begin lines of their own. */
export function addLinkDetails(link: Entry, attributes: LinkAttributes, context: LinkContext): void {
  link.fact('promiscuity', attributes.promiscuity, ' promiscuity');
  link.fact('allmulti', attributes.allmulti, ' allmulti');
  link.fact('min_mtu', attributes.minMtu, 'minmtu');
  link.fact('max_mtu', attributes.maxMtu, 'maxmtu');
  const { linkinfo } = attributes;
  if (linkinfo !== undefined) link.section('linkinfo', (info) => addKind(info, linkinfo, context.links));
  const { afSpec } = attributes;
  const mode = afSpec !== undefined && 'inet6' in afSpec ? afSpec.inet6?.addrGenMode : undefined;
  if (context.alone && mode !== undefined) link.fact('inet6_addr_gen_mode', addrGenMode(mode), 'addrgenmode');
  link.fact('num_tx_queues', attributes.numTxQueues, 'numtxqueues');
  link.fact('num_rx_queues', attributes.numRxQueues, 'numrxqueues');
  link.fact('gso_max_size', attributes.gsoMaxSize);
  link.fact('gso_max_segs', attributes.gsoMaxSegs);
  link.fact('tso_max_size', attributes.tsoMaxSize);
  link.fact('tso_max_segs', attributes.tsoMaxSegs);
  link.fact('gro_max_size', attributes.groMaxSize);
  link.fact('phys_port_name', attributes.physPortName, 'portname');
  link.fact('phys_port_id', digits(attributes.physPortId), 'portid');
  link.fact('phys_switch_id', digits(attributes.physSwitchId), 'switchid');
  link.fact('parentbus', attributes.parentDevBusName);
  link.fact('parentdev', attributes.parentDevName);
}

function addrGenMode(mode: number): string {
  const name = valueName(AddrGenMode, mode);
  return typeof name === 'number' ? `0x${name.toString(16).padStart(2, '0')}` : name;
}

function digits(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('hex');
}
