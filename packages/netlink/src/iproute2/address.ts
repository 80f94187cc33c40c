import { familyNumber } from '../client/prefix.ts';
import type { AddressMessage } from '../rtnetlink/address.ts';
import { AddressFamily, AddressFlag } from '../rtnetlink/constants.ts';
import type { Context } from './context.ts';
import { type Entry, entry } from './entry.ts';
import { familyName } from './family.ts';
import { dump, type Kernel } from './kernel.ts';
import { addLink, dumpLinks, linkContextOf } from './link.ts';
import { addStatistics } from './statistics.ts';

/** A lifetime that doesn't end. */
const forever = 0xffffffff;

/** `ip address show`: the links, each with its addresses; of one family, only the links that have some. */
export async function showAddresses(kernel: Kernel, context: Context): Promise<Entry[]> {
  const family = context.family === undefined ? AddressFamily.unspec : familyNumber(context.family);
  const [links, addresses] = await Promise.all([
    dumpLinks(kernel, family, context),
    dump(kernel, 'RTM_GETADDR', family),
  ]);
  const linkContext = await linkContextOf(kernel, context, links, false);
  const addressesOf = new Map<number, AddressMessage[]>(links.map(({ header }) => [header.index, []]));
  for (const address of addresses) addressesOf.get(address.header.index)?.push(address);
  return links.flatMap((message) => {
    const own = addressesOf.get(message.header.index) ?? [];
    if (own.length === 0 && context.family !== undefined) return [];
    return entry((link) => {
      addLink(link, message, linkContext);
      link.say('\n').sections('addr_info', own, (info, address) => addAddress(info, address, context));
      if (!context.statistics) return;
      addStatistics(link, message.attributes);
      link.say('\n');
    });
  });
}

/** The two lines of an address. */
function addAddress(info: Entry, { header, attributes }: AddressMessage, { words }: Context): void {
  const { rtPriority, broadcast, anycast, label, cacheinfo } = attributes;
  const name = familyName(header.family);
  if (name === undefined) info.both('family_index', header.family, `    family ${header.family} `);
  else info.both('family', name, `    ${name} `);
  const local = attributes.local ?? attributes.address;
  const other = attributes.address ?? local;
  if (local !== undefined) {
    info.both('local', local, local);
    if (other !== undefined && other !== local) info.both('address', other, ` peer ${other}`);
    info.both('prefixlen', header.prefixlen, `/${header.prefixlen} `);
    info.fact('metric', rtPriority);
  }
  info.fact('broadcast', broadcast, 'brd');
  info.fact('anycast', anycast, 'any');
  info.fact('scope', words.scope(header.scope));
  const flags = attributes.flags ?? header.flags;
  addFlags(info, flags, header.family);
  if (label !== undefined) info.both('label', label, label);
  if (cacheinfo !== undefined) {
    info.say('\n       ');
    addLifetime(info, 'valid', cacheinfo.valid);
    // Past its end, the kernel counts a deprecated address's time on below zero.
    addLifetime(info.say(' '), 'preferred', cacheinfo.prefered, (flags & AddressFlag.deprecated) !== 0);
  }
  info.say('\n');
}

/** `tentative `, `dynamic ` …. That an address is permanent is not said; that it is not, is. */
function addFlags(info: Entry, flags: number, family: number): void {
  let rest = flags;
  for (const [word, bit] of Object.entries(AddressFlag)) {
    const isSet = (flags & bit) !== 0;
    const permanent = bit === AddressFlag.permanent;
    const ipv6 = family === AddressFamily.inet6 && bit === AddressFlag.secondary;
    const shown = permanent ? 'dynamic' : ipv6 ? 'temporary' : word;
    if (isSet !== permanent) info.both(shown, true, `${shown} `);
    rest &= ~bit;
  }
  if (rest === 0) return;
  const unknown = (rest >>> 0).toString(16).padStart(2, '0');
  info.both('ifa_flags', unknown, `flags ${unknown} `);
}

function addLifetime(info: Entry, which: 'valid' | 'preferred', seconds: number, signed = false): void {
  const shown = signed && seconds !== forever ? seconds | 0 : seconds;
  info.both(`${which}_life_time`, shown, `${which}_lft ${seconds === forever ? 'forever' : `${shown}sec`}`);
}
