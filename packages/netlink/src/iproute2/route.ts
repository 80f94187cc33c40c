import { familyNumber } from '../client/prefix.ts';
import { NetlinkError } from '../errors.ts';
import {
  AddressFamily,
  RouteFlag,
  RoutePreference,
  RouteProtocol,
  RouteScope,
  RouteTable,
  RouteType,
} from '../rtnetlink/constants.ts';
import { valueName } from '../rtnetlink/names.ts';
import type { RouteAttributes, RouteMessage } from '../rtnetlink/route.ts';
import type { Context, LinkedContext } from './context.ts';
import { addEncap } from './encap.ts';
import { type Entry, entry } from './entry.ts';
import { addressBits } from './family.ts';
import { dump, type Kernel } from './kernel.ts';
import { readLinkNames } from './link-names.ts';
import { addFlow, addGateway, addNexthops, addRouteFlags } from './nexthop.ts';
import { addMetrics } from './route-metrics.ts';

/** Hundredths of a second, in which the kernel counts. */
const ticksPerSecond = 100;

/**
 * `ip route show`: of the main table, or of `table`. Without a family those of IPv4; with `table: 'all'` those of every
 * family. A table other than main that doesn't exist is refused with ENOENT.
 */
export async function showRoutes(kernel: Kernel, context: Context): Promise<Entry[]> {
  const table = context.table ?? RouteTable.main;
  const wanted = table === 'all' || table === RouteTable.unspec ? undefined : table;
  const family = familyOf(context, wanted === undefined);
  const [links, routes] = await Promise.all([
    readLinkNames(kernel),
    dump(kernel, 'RTM_GETROUTE', family, wanted === undefined ? {} : { table: wanted }).catch((error: unknown) => {
      // The kernel makes the main table with its first route.
      if (wanted === RouteTable.main && error instanceof NetlinkError && error.code === 'ENOENT') return [];
      throw error;
    }),
  ]);
  // Kernels before 4.20 don't filter.
  const shown = routes.filter(
    (route) =>
      (route.header.flags & RouteFlag.cloned) === 0 &&
      (wanted === undefined || tableOf(route) === wanted) &&
      (family === AddressFamily.unspec || route.header.family === family),
  );
  return shown.map((route) => entry((line) => addRoute(line, route, { ...context, links }, wanted !== undefined)));
}

function familyOf({ family }: Context, everyTable: boolean): number {
  if (family !== undefined) return familyNumber(family);
  return everyTable ? AddressFamily.unspec : AddressFamily.inet;
}

function tableOf({ header, attributes }: RouteMessage): number {
  return attributes.table ?? header.table;
}

function addRoute(line: Entry, route: RouteMessage, context: LinkedContext, oneTable: boolean): void {
  const { header, attributes } = route;
  const { details = false, links, words } = context;
  const { nhId, oif, prefsrc, priority, flow, uid, mark, metrics, iif, pref, ttlPropagate, multipath } = attributes;
  if (header.type !== RouteType.unicast || details) {
    const type = String(valueName(RouteType, header.type));
    line.both('type', type, `${type} `);
  }
  addPrefixes(line, route);
  line.fact('nhid', nhId);
  addEncap(line, attributes);
  if (header.tos !== 0) line.fact('tos', words.service(header.tos));
  addGateway(line, attributes);
  if (oif !== undefined) line.fact('dev', links.name(oif));
  const table = tableOf(route);
  if (table !== RouteTable.unspec && !oneTable && (table !== RouteTable.main || details))
    line.fact('table', words.table(table));
  if (header.protocol !== RouteProtocol.boot || details)
    line.fact('protocol', words.protocol(header.protocol), 'proto');
  if (header.scope !== RouteScope.global || details) line.fact('scope', words.scope(header.scope));
  line.fact('prefsrc', prefsrc, 'src');
  line.fact('metric', priority);
  addRouteFlags(line, header.flags);
  if (mark !== undefined && mark !== 0)
    line.both('mark', mark, `mark ${mark >= 16 ? `0x${mark.toString(16)}` : mark} `);
  if (flow !== undefined) addFlow(line, flow, words);
  line.fact('uid', uid);
  addCacheInfo(line, attributes, context);
  if (metrics !== undefined) addMetrics(line, metrics);
  if (iif !== undefined) line.fact('iif', links.name(iif));
  if (pref !== undefined) addPreference(line, pref);
  if (ttlPropagate !== undefined)
    line.both('ttl-propogate', ttlPropagate !== 0, `ttl-propogate ${ttlPropagate === 0 ? 'disabled' : 'enabled'}`);
  if (multipath !== undefined) addNexthops(line, multipath, context);
  line.say('\n');
}

/** Where it leads, and the sources it is for. */
function addPrefixes(line: Entry, { header, attributes }: RouteMessage): void {
  const bits = addressBits(header.family);
  const { dst, src } = attributes;
  const text = (address: string, length: number) => (length === bits ? address : `${address}/${length}`);
  if (dst !== undefined) line.both('dst', text(dst, header.dstLen), `${text(dst, header.dstLen)} `);
  else if (header.dstLen === 0) line.both('dst', 'default', 'default ');
  else line.both('dst', `0/${header.dstLen} `, `0/${header.dstLen}  `);
  if (src !== undefined) line.fact('from', text(src, header.srcLen));
  else if (header.srcLen !== 0) line.fact('src', `0/${header.srcLen}`, 'from');
}

/** What the kernel remembers of the route's use. */
function addCacheInfo(line: Entry, { cacheinfo }: RouteAttributes, { statistics }: Context): void {
  if (cacheinfo === undefined) return;
  const { expires, error, clntref, used, lastuse, id, ts, tsage } = cacheinfo;
  const seconds = Math.trunc(expires / ticksPerSecond);
  if (expires !== 0) line.both('expires', seconds, `expires ${seconds}sec `);
  if (error !== 0) line.fact('error', error >>> 0);
  if (statistics) {
    if (clntref !== 0) line.fact('users', clntref);
    if (used !== 0) line.fact('used', used);
    const age = Math.trunc(lastuse / ticksPerSecond);
    if (lastuse !== 0) line.both('age', age, `age ${age}sec `);
  }
  if (id !== 0) line.both('ipid', `0x${id.toString(16)}`, `ipid 0x${id.toString(16).padStart(4, '0')} `);
  if (ts === 0 && tsage === 0) return;
  line.both('ts', ts === 0 ? '0' : `0x${ts.toString(16)}`, `ts 0x${ts.toString(16)}`);
  line.both('tsage', tsage, `tsage ${tsage}sec `);
}

function addPreference(line: Entry, preference: number): void {
  const name = valueName(RoutePreference, preference);
  line.both('pref', name, typeof name === 'number' ? `${name}` : `pref ${name}`);
}
