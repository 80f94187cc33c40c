import type { LinkAttributes } from '../rtnetlink/link/link.ts';
import type { Context } from './context.ts';
import type { Entry } from './entry.ts';

/** What `ip -d` says of a link besides. */
export function addLinkDetails(link: Entry, attributes: LinkAttributes, _context: Context): void {
  link.fact('promiscuity', attributes.promiscuity, ' promiscuity');
}
