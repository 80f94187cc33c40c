import { ArpType, LinkFlag, OperState } from '../rtnetlink/constants.ts';
import { linkinfo } from '../rtnetlink/link/info.ts';
import { linkMessage } from '../rtnetlink/link/link.ts';
import { flagNames, namesOf } from '../rtnetlink/names.ts';
import type { Infer } from '../schema/type.ts';
import { AttributeView } from '../schema/view.ts';
import type { Reader } from '../wire/reader.ts';
import { type LinkData, readData } from './kinds.ts';

/** Values of the link attributes. */
export type LinkAttributes = Infer<typeof linkMessage.attributes>;

/** A network interface, as `ip link` shows it. */
export interface Link {
  /** ifindex: its number in this namespace. */
  index: number;
  name: string;
  /** `veth`, `bridge`, `vxlan` …; absent for hardware and loopback. */
  kind?: string;
  /** Set up by the administrator. */
  up: boolean;
  /** Able to send: up, and with a carrier. */
  running: boolean;
  /** `up`, `broadcast`, `loopback`, `multicast`, `running`, `lower_up` …. */
  flags: string[];
  /** Bytes. */
  mtu: number;
  /** Link-layer address (MAC). */
  address?: string;
  /** Link-layer broadcast address. */
  broadcast?: string;
  /** RFC 2863: `up`, `down`, `lowerlayerdown`, `unknown`, `dormant` …. */
  operstate: string;
  /** ifindex of the bridge, bond … it is a port of. */
  master?: number;
  /** ifindex of its peer (veth) or of the link below it (vlan, macvlan): in the namespace `linkNsid`, if there is one. */
  link?: number;
  /** Id of the namespace where `link` counts, relative to this one. */
  linkNsid?: number;
  /** Group for bulk operations; 0 by default. */
  group: number;
  /** Free text. */
  alias?: string;
  altnames: string[];
  /** Packets. */
  txQueueLength?: number;
  /** Queueing discipline at the root. */
  qdisc?: string;
  /** `ether`, `loopback`, `none` …. */
  type: string;
  /** Settings of its kind, in the words in which it is added. */
  data?: LinkData;
}

const { span } = linkMessage.header;
const at = {
  type: linkMessage.header.offsetOf('type'),
  index: linkMessage.header.offsetOf('index'),
  flags: linkMessage.header.offsetOf('flags'),
};

/** Scratch of {@link readLink}: nothing of it outlives a call. */
const view = new AttributeView(linkMessage.attributes);
const info = new AttributeView(linkinfo);

const states = namesOf(OperState);
const types = namesOf(ArpType);

function nameOf(names: ReadonlyMap<number, string>, value: number): string {
  return names.get(value) ?? String(value);
}

/** `RTM_NEWLINK` at `[start, end)` as an object. */
export function readLink(reader: Reader, start: number, end: number): Link {
  view.index(reader, start + span, end);
  const { fields } = view;
  const mask = reader.u32At(start + at.flags);
  const index = reader.s32At(start + at.index);
  const name = view.get(fields.ifname) ?? '';
  const up = (mask & LinkFlag.up) !== 0;
  const running = (mask & LinkFlag.running) !== 0;
  const flags = flagNames(LinkFlag, mask);
  const mtu = view.get(fields.mtu) ?? 0;
  const operstate = nameOf(states, view.get(fields.operstate) ?? 0);
  const group = view.get(fields.group) ?? 0;
  const altnames = view.get(fields.propList)?.altIfname ?? [];
  const type = nameOf(types, reader.u16At(start + at.type));
  const address = view.get(fields.address);
  const broadcast = view.get(fields.broadcast);
  // Keys of a literal are inside the object, keys added later in another one beside it: nearly all links have these.
  const link: Link =
    address !== undefined && broadcast !== undefined
      ? { index, name, up, running, flags, mtu, operstate, group, altnames, type, address, broadcast }
      : { index, name, up, running, flags, mtu, operstate, group, altnames, type };
  const master = view.get(fields.master);
  const lower = view.get(fields.link);
  const linkNsid = view.get(fields.linkNetnsid);
  const alias = view.get(fields.ifalias);
  const txQueueLength = view.get(fields.txqlen);
  const qdisc = view.get(fields.qdisc);
  if (address !== undefined) link.address = address;
  if (broadcast !== undefined) link.broadcast = broadcast;
  if (master !== undefined) link.master = master;
  if (lower !== undefined) link.link = lower;
  if (linkNsid !== undefined) link.linkNsid = linkNsid;
  if (alias !== undefined) link.alias = alias;
  if (txQueueLength !== undefined) link.txQueueLength = txQueueLength;
  if (qdisc !== undefined) link.qdisc = qdisc;
  if (view.open(fields.linkinfo, info)) readInfo(link);
  return link;
}

/** The kind and its data; what a port is a port of is left where it is. */
function readInfo(link: Link): void {
  const kind = info.get(info.fields.kind);
  if (kind === undefined) return;
  link.kind = kind;
  const data = readData(kind, info.get(info.fields.data, { kind }));
  if (data !== undefined) link.data = data;
}
