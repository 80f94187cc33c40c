import { LinkExtFilter } from '../rtnetlink/constants.ts';
import { encodeText } from '../wire/text.ts';
import type { LinkAttributes } from './link-object.ts';
import { type LinkRef, nameLimit } from './link-ref.ts';

/**
 * Listings and look-ups do without counters, which are a third of a link's message. In a dump any mask has another
 * effect: the kernel makes room for the longest link, where it would silently leave out what exceeds 32 KiB.
 */
export const withoutStatistics = LinkExtFilter.skipStats;

/** The message about a link: the kernel finds names and altnames itself. `attributes` is completed in place. */
export function identify(
  ref: LinkRef,
  attributes: LinkAttributes,
): { header: { index: number }; attributes: LinkAttributes } {
  if (typeof ref !== 'string') return { header: { index: typeof ref === 'number' ? ref : ref.index }, attributes };
  if (encodeText(ref).length > nameLimit) attributes.altIfname = ref;
  else attributes.ifname = ref;
  return { header: { index: 0 }, attributes };
}
