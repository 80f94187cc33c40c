import type { Nsids } from '../client/nsids.ts';
import type { Rtnetlink } from '../client/rtnetlink.ts';
import type { AddressMessage } from '../rtnetlink/address.ts';
import type { LinkMessage } from '../rtnetlink/link/link.ts';
import type { NeighbourMessage } from '../rtnetlink/neighbour.ts';
import type { RouteMessage } from '../rtnetlink/route.ts';
import type { RuleMessage } from '../rtnetlink/rule.ts';

/** Whom to ask: a client, or what stands in for one. */
export interface Kernel extends Pick<Rtnetlink, 'request'> {
  /** Gives the id that a namespace has here. */
  readonly nsids: Pick<Nsids, 'get'>;
}

/** What the answers to a dump hold. */
interface Answers {
  RTM_GETLINK: LinkMessage;
  RTM_GETADDR: AddressMessage;
  RTM_GETROUTE: RouteMessage;
  RTM_GETNEIGH: NeighbourMessage;
  RTM_GETRULE: RuleMessage;
}

/** All objects of a kind, as the kernel describes them and in its order. `family` is a number of `AF_*`. */
export async function dump<T extends keyof Answers>(
  kernel: Kernel,
  type: T,
  family: number,
  attributes: Answers[T]['attributes'] = {},
): Promise<Answers[T][]> {
  const answers = await kernel.request({ type, flags: ['dump'], header: { family }, attributes: { ...attributes } });
  return answers as unknown as Answers[T][];
}
