import { EncodeError, Rtnetlink } from '@nsnet/netlink';
import type { Namespace } from '@nsnet/ns';
import { Deadline } from './deadline.ts';
import { TopologyError } from './errors.ts';
import { elementOf, placeOf } from './label.ts';
import { type Obstacle, Readiness } from './readiness.ts';
import { trace } from './trace.ts';

/** How long to wait. */
export interface UsableOptions {
  /** Milliseconds. Default 10 000: finding out whether an IPv6 address is free takes 1 to 2 seconds. */
  readonly timeout?: number | undefined;
  /** Ends the wait: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits until links can be used: each is there, is up, has a carrier, and none of its IPv6 addresses is still being
 * checked for duplicates (while it is, nothing can be bound to it). It follows the kernel's events, and never polls.
 *
 * ```sh
 * ip -n NAMESPACE link show up          # … LOWER_UP … state UP
 * ip -n NAMESPACE address show tentative
 * ```
 *
 * A bridge without ports needs no carrier. A link that goes down again afterwards is not noticed.
 *
 * @param links their names, also of links that are yet to come. Default: every link that is up, `lo` excepted; if none
 *   is, there is nothing to wait for
 * @throws TopologyError ERR_TOPOLOGY_TIMEOUT: says what each link was last seen to lack;
 *   ERR_TOPOLOGY_DUPLICATE_ADDRESS: somebody else on the link has the address
 */
export async function usable(
  namespace: Namespace,
  links?: readonly string[],
  options: UsableOptions = {},
): Promise<void> {
  if (links !== undefined && !(Array.isArray(links) && links.every((name) => typeof name === 'string'))) {
    throw new EncodeError({ path: 'links', reason: 'is not an array of names', value: links });
  }
  const { timeout = 10_000, signal } = options;
  signal?.throwIfAborted();
  const state = new Readiness(links);
  using deadline = new Deadline({ signal, timeout });
  try {
    await follow(namespace, state, deadline.signal);
  } catch (error) {
    throw deadline.overdue && error === deadline.signal.reason ? overdue(namespace, timeout, state.lastSeen()) : error;
  }
  trace('usable: %s in %s', links?.join(' ') ?? 'all links', placeOf(namespace));
}

/** Takes in events until nothing is in the way. */
async function follow(namespace: Namespace, state: Readiness, signal: AbortSignal): Promise<void> {
  await using rt = await Rtnetlink.open({ namespace, signal });
  for await (const event of rt.monitor({ groups: ['link', 'address'], snapshot: true, signal })) {
    state.apply(event);
    if (state.obstacles()?.length === 0) {
      // The kernel tells of an IPv6 address when its check is over; only a listing shows it while it is checked.
      for (const address of await rt.addresses.list({ signal }))
        state.apply({ type: 'address', action: 'new', address });
    }
    const obstacles = state.obstacles();
    if (obstacles?.length === 0) return;
    const final = obstacles?.find((obstacle) => obstacle.final);
    if (final !== undefined) throw duplicate(namespace, final);
  }
}

function overdue(namespace: Namespace, timeout: number, obstacles: Obstacle[]): TopologyError {
  const lacking = obstacles.map(({ link, reason }) => `${elementOf(namespace, link)} ${reason}`);
  const seen = lacking.length > 0 ? lacking.join('; ') : 'nothing had been seen yet';
  const [first] = obstacles;
  const element = first === undefined ? placeOf(namespace) : elementOf(namespace, first.link);
  return new TopologyError(`Not usable after ${timeout} ms: ${seen}.`, { element, code: 'ERR_TOPOLOGY_TIMEOUT' });
}

function duplicate(namespace: Namespace, { link, reason }: Obstacle): TopologyError {
  const element = elementOf(namespace, link);
  const message = `${element} ${reason}. Give it another address, or find the other one.`;
  return new TopologyError(message, { element, code: 'ERR_TOPOLOGY_DUPLICATE_ADDRESS' });
}
