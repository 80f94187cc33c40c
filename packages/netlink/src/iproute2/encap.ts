import { RouteEncap } from '../rtnetlink/constants.ts';
import { ip6Encap, ipEncap, mplsEncap, Seg6Mode, seg6Encap, TunnelFlag } from '../rtnetlink/encap.ts';
import { valueName } from '../rtnetlink/names.ts';
import type { RouteAttributes } from '../rtnetlink/route.ts';
import type { AttributeSet } from '../schema/attributes.ts';
import { formatIpv6 } from '../schema/ip-text.ts';
import { Reader } from '../wire/reader.ts';
import type { Entry } from './entry.ts';

/** Says what a light-weight tunnel wraps packets in. */
type Details = (entry: Entry, bytes: Uint8Array) => void;

/**
 * Settings of tunnels, by `LWTUNNEL_ENCAP_*`. Those without a line here are shown by their name alone. To add one: its
 * declaration, and a line here.
 */
const tunnels: Readonly<Record<number, Details>> = {
  [RouteEncap.mpls]: details(mplsEncap, (entry, { dst, ttl }) => {
    if (dst !== undefined) entry.both('dst', labels(dst), ` ${labels(dst)} `);
    entry.fact('ttl', ttl);
  }),
  [RouteEncap.ip]: details(ipEncap, (entry, { id, src, dst, ttl, tos, flags }) => {
    entry.fact('id', id).fact('src', src).fact('dst', dst).fact('ttl', ttl).fact('tos', tos);
    addFlags(entry, flags);
  }),
  [RouteEncap.ip6]: details(ip6Encap, (entry, { id, src, dst, hoplimit, tc, flags }) => {
    entry.fact('id', id).fact('src', src).fact('dst', dst).fact('hoplimit', hoplimit).fact('tc', tc);
    addFlags(entry, flags);
  }),
  [RouteEncap.seg6]: details(seg6Encap, (entry, { srh }) => {
    if (srh === undefined) return;
    const count = srh.firstSegment + 1;
    const segments = Array.from({ length: count }, (_, index) => formatIpv6(srh.segments, 16 * (count - 1 - index)));
    entry.fact('mode', String(valueName(Seg6Mode, srh.mode)));
    entry.both('segs', segments, `segs ${count} [ ${segments.map((segment) => `${segment} `).join('')}] `);
  }),
};

/** `encap ip id 7 dst 192.0.2.1 `. For programs its settings lie among those of the route, and take their place. */
export function addEncap(entry: Entry, { encap, encapType }: Pick<RouteAttributes, 'encap' | 'encapType'>): void {
  if (encap === undefined || encapType === undefined) return;
  const name = valueName(RouteEncap, encapType);
  entry.fact('encap', typeof name === 'number' || name === 'none' ? 'unknown' : name, ' encap');
  if (Object.hasOwn(tunnels, encapType)) tunnels[encapType]?.(entry, encap);
}

function details<T extends object>(set: AttributeSet<T>, write: (entry: Entry, settings: T) => void): Details {
  return (entry, bytes) => write(entry, set.read(new Reader(bytes), 0, bytes.length, {}));
}

function addFlags(entry: Entry, flags = 0): void {
  for (const word of ['key', 'csum', 'seq'] as const)
    if ((flags & TunnelFlag[word]) !== 0) entry.both(word, true, `${word} `);
}

/** The label stack in `bytes`, `100/200`: to the one that says it is the last. */
function labels(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const entry = view.getUint32(at);
    found.push(entry >>> 12);
    if ((entry & 0x100) !== 0) break;
  }
  return found.join('/');
}
