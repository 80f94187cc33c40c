import { familyNumber } from '../client/prefix.ts';
import { AddressFamily, NeighbourFlag, NeighbourFlagExt, NeighbourState } from '../rtnetlink/constants.ts';
import { flagNames } from '../rtnetlink/names.ts';
import type { NeighbourMessage } from '../rtnetlink/neighbour.ts';
import type { Context, LinkedContext } from './context.ts';
import { type Entry, entry } from './entry.ts';
import { hardwareAddress } from './hardware.ts';
import { dump, type Kernel } from './kernel.ts';
import { readLinkNames } from './link-names.ts';

/** Hundredths of a second, in which the kernel counts. */
const ticksPerSecond = 100;
/** What isn't shown unless asked for: multicast, loopback and the like. */
const hidden = NeighbourState.noarp;

/** `ip neighbour show`, both families unless one is asked for. */
export async function showNeighbours(kernel: Kernel, context: Context): Promise<Entry[]> {
  const family = context.family === undefined ? AddressFamily.unspec : familyNumber(context.family);
  const [links, neighbours] = await Promise.all([readLinkNames(kernel), dump(kernel, 'RTM_GETNEIGH', family)]);
  const shown = neighbours.filter(
    ({ header: { state, flags, family: own } }) =>
      (family === AddressFamily.unspec || own === family) &&
      ((state & ~hidden) !== 0 || (flags & (NeighbourFlag.proxy | NeighbourFlag.extern_learn)) !== 0),
  );
  return shown.map((neighbour) => entry((line) => addNeighbour(line, neighbour, { ...context, links })));
}

function addNeighbour(line: Entry, { header, attributes }: NeighbourMessage, context: LinkedContext): void {
  const { links, words, statistics } = context;
  const { dst, lladdr, flagsExt = 0, probes, protocol } = attributes;
  if (dst !== undefined) line.both('dst', dst, `${dst} `);
  if (header.ifindex !== 0) line.fact('dev', links.name(header.ifindex));
  if (lladdr !== undefined) line.fact('lladdr', hardwareAddress(lladdr, links.type(header.ifindex)));
  const flags = {
    router: header.flags & NeighbourFlag.router,
    proxy: header.flags & NeighbourFlag.proxy,
    managed: flagsExt & NeighbourFlagExt.managed,
    extern_learn: header.flags & NeighbourFlag.extern_learn,
    offload: header.flags & NeighbourFlag.offload,
  };
  // Programs find them without a value: `"router": null`, which `ip` shows as the word, or as nothing.
  for (const [word, bit] of Object.entries(flags)) if (bit !== 0) line.both(word, null, `${word} `);
  if (statistics) {
    addAges(line, attributes.cacheinfo);
    line.fact('probes', probes);
  }
  if (header.state !== 0) {
    const states = flagNames(NeighbourState, header.state & 0xff).map((state) => state.toUpperCase());
    line.both('state', states, states.map((state) => `${state} `).join(''));
  }
  if (protocol !== undefined && protocol !== 0) line.fact('protocol', words.protocol(protocol), 'proto');
  line.say('\n');
}

/** ` used 1/2/3`: seconds since it was used, confirmed, changed. */
function addAges(line: Entry, ages: NeighbourMessage['attributes']['cacheinfo']): void {
  if (ages === undefined) return;
  const seconds = (ticks: number) => Math.trunc(ticks / ticksPerSecond);
  if (ages.refcnt !== 0) line.both('refcnt', ages.refcnt, ` ref ${ages.refcnt}`);
  line.both('used', seconds(ages.used), ` used ${seconds(ages.used)}`);
  line.both('confirmed', seconds(ages.confirmed), `/${seconds(ages.confirmed)}`);
  line.both('updated', seconds(ages.updated), `/${seconds(ages.updated)}`);
}
