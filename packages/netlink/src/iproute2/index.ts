/**
 * What `ip` shows, without `ip`: the objects of `ip -j` and the lines of `ip`, from the same messages.
 *
 * ```ts
 * import { Rtnetlink } from '@nsnet/netlink';
 * import { json, text } from '@nsnet/netlink/iproute2';
 *
 * await using rt = await Rtnetlink.open();
 * process.stdout.write(await text(rt, 'address'));
 * const [loopback] = await json(rt, 'link');
 * ```
 *
 * Equal to iproute2 6.1, colour off, with its mistakes; other versions say a little more or less. Names of tables,
 * protocols, groups … are read from `/etc/iproute2`, of namespaces from `/run/netns`, as `ip` does.
 *
 * Not said as `ip` says it: the name and tag of XDP programs (their number is); settings of light-weight tunnels other
 * than `ip`, `ip6`, `mpls` and `seg6`, an HMAC of the latter, and options of geneve, vxlan and erspan; with `details`, what a nexthop object
 * is (its id is), and the settings of link kinds that are not in `kinds.ts`; MPLS and multicast routes among those of
 * all tables.
 *
 * @module @nsnet/netlink/iproute2
 */

import { EncodeError } from '../errors.ts';
import { showAddresses } from './address.ts';
import type { Context, ShowOptions } from './context.ts';
import type { Entry, JsonObject, JsonValue } from './entry.ts';
import type { Kernel } from './kernel.ts';
import { showLinks } from './link.ts';
import { showNeighbours } from './neighbour.ts';
import { showRoutes } from './route.ts';
import { showRules } from './rule.ts';
import { readConventions } from './words.ts';

export type { JsonObject, JsonValue, Kernel, ShowOptions };

/** What there is to show: `ip WHAT show`. To add one: its file, and a line here. */
const shows = {
  link: showLinks,
  address: showAddresses,
  route: showRoutes,
  neighbour: showNeighbours,
  rule: showRules,
} satisfies Record<string, (rt: Kernel, context: Context) => Promise<Entry[]>>;

/** An object of `ip`: `link`, `address`, `route`, `neighbour`, `rule`. */
export type What = keyof typeof shows;

/** The objects that `ip -j WHAT show` prints. */
export async function json(rt: Kernel, what: What, options: ShowOptions = {}): Promise<JsonObject[]> {
  const entries = await show(rt, what, options);
  return entries.map(({ object }) => object);
}

/** The lines that `ip WHAT show` prints, each with its end. */
export async function text(rt: Kernel, what: What, options: ShowOptions = {}): Promise<string> {
  const entries = await show(rt, what, options);
  return entries.map((entry) => entry.text).join('');
}

async function show(rt: Kernel, what: What, options: ShowOptions): Promise<Entry[]> {
  if (!Object.hasOwn(shows, what))
    throw new EncodeError({ path: 'what', reason: `is not one of ${Object.keys(shows).join(', ')}`, value: what });
  if (options.table !== undefined && what !== 'route' && what !== 'rule')
    throw new EncodeError({ path: 'options.table', reason: 'is for routes and rules', value: options.table });
  return await shows[what](rt, { ...options, words: await readConventions() });
}
