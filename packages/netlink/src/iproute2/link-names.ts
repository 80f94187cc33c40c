import { AddressFamily, LinkExtFilter, LinkFlag } from '../rtnetlink/constants.ts';
import type { LinkMessage } from '../rtnetlink/link/link.ts';
import { dump, type Kernel } from './kernel.ts';

/** What is said of a link where another object mentions it. */
export interface LinkNames {
  /** The link's name; `if7` when there is none, `*` for 0. */
  name(index: number): string;
  /** Whether there is such a link and it is set down. */
  isDown(index: number): boolean;
  /** `ARPHRD_*`; undefined when there is no such link. */
  type(index: number): number | undefined;
  /** Packets in its transmit queue. */
  queueLength(index: number): number;
}

/** Asks for the links. */
export async function readLinkNames(kernel: Kernel): Promise<LinkNames> {
  return linkNames(await dump(kernel, 'RTM_GETLINK', AddressFamily.unspec, { extMask: LinkExtFilter.skipStats }));
}

/** The names of the links in `messages`. */
export function linkNames(messages: readonly LinkMessage[]): LinkNames {
  const links = new Map(messages.map((message) => [message.header.index, message]));
  return {
    name: (index) => (index === 0 ? '*' : (links.get(index)?.attributes.ifname ?? `if${index}`)),
    isDown: (index) => ((links.get(index)?.header.flags ?? LinkFlag.up) & LinkFlag.up) === 0,
    type: (index) => links.get(index)?.header.type,
    queueLength: (index) => links.get(index)?.attributes.txqlen ?? 0,
  };
}
