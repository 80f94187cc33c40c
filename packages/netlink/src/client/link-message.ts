import { LinkExtFilter } from '../rtnetlink/constants.ts';
import { encodeText } from '../wire/text.ts';
import type { LinkAttributes } from './link-object.ts';
import { type LinkRef, nameLimit } from './link-ref.ts';

/** Listings and look-ups do without counters, which are a third of a link's message. */
export const withoutStatistics = LinkExtFilter.skipStats;

/** Header and attributes that say which link is meant: the kernel finds names and altnames itself. */
export function identify(ref: LinkRef): { header: { index: number }; attributes: LinkAttributes } {
  if (typeof ref !== 'string') return { header: { index: typeof ref === 'number' ? ref : ref.index }, attributes: {} };
  const long = encodeText(ref).length > nameLimit;
  return { header: { index: 0 }, attributes: long ? { altIfname: ref } : { ifname: ref } };
}
