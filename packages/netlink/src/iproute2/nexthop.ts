import { RouteFlag } from '../rtnetlink/constants.ts';
import type { RouteAttributes } from '../rtnetlink/route.ts';
import type { LinkedContext } from './context.ts';
import { addEncap } from './encap.ts';
import type { Entry } from './entry.ts';
import { familyName } from './family.ts';
import type { Conventions } from './words.ts';

/** In the order of `ip`. */
const flagOrder = [
  'dead',
  'onlink',
  'pervasive',
  'offload',
  'trap',
  'notify',
  'linkdown',
  'unresolved',
  'rt_offload',
  'rt_trap',
  'rt_offload_failed',
] as const satisfies readonly (keyof typeof RouteFlag)[];

/** `onlink linkdown `, of a route or one of its ways. */
export function addRouteFlags(entry: Entry, flags: number): void {
  const words = flagOrder.filter((name) => (flags & RouteFlag[name]) !== 0);
  entry.both('flags', [...words], words.map((word) => `${word} `).join(''));
}

/** `via 10.0.0.1 `; `via inet6 fe80::1 ` when the gateway is of another family. */
export function addGateway(entry: Entry, { gateway, via }: Pick<RouteAttributes, 'gateway' | 'via'>): void {
  entry.fact('gateway', gateway, 'via');
  if (via === undefined) return;
  const family = familyName(via.family) ?? '???';
  entry.both('via', { family, host: via.addr }, `via ${family} ${via.addr} `);
}

/** `realms 1/2 `: what the source and the destination are classed as. */
export function addFlow(entry: Entry, flow: number, words: Conventions): void {
  const from = flow >>> 16;
  const to = words.realm(flow & 0xffff);
  if (from === 0) entry.both('flow', { to }, `realm ${to} `);
  else entry.both('flow', { from: words.realm(from), to }, `realms ${words.realm(from)}/${to} `);
}

/** The ways of a route, one a line. */
export function addNexthops(
  line: Entry,
  nexthops: NonNullable<RouteAttributes['multipath']>,
  { links, words }: LinkedContext,
): void {
  line.sections('nexthops', nexthops, (way, { header, attributes }) => {
    way.say('\n\tnexthop ');
    addEncap(way, attributes);
    addGateway(way, attributes);
    if (attributes.flow !== undefined) addFlow(way, attributes.flow, words);
    way.fact('dev', links.name(header.ifindex));
    way.fact('weight', header.hops + 1);
    addRouteFlags(way, header.flags);
  });
}
