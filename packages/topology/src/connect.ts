import { type CallOptions, type GenericReply, NetlinkError, type Rtnetlink } from '@nsnet/netlink';
import { close, dup } from '@nsnet/sys';
import { type Clients, openClients } from './clients.ts';
import { Deadline } from './deadline.ts';
import { checkEnds, type End } from './end.ts';
import { codeOf, reasonOf, TopologyError } from './errors.ts';
import { elementOf } from './label.ts';
import { trace } from './trace.ts';
import { UndoStack } from './undo.ts';
import { type BornEnd, deleteLink, describePair, VethPair } from './veth-pair.ts';

/**
 * Joins two namespaces, or two places in one, by a veth pair with addresses:
 *
 * ```sh
 * ip -n A link add NAME type veth peer name NAME netns B
 * ip -n A address add ADDRESS dev NAME; ip -n A link set NAME up    # and the same in B
 * ```
 *
 * Both ends are born in their namespaces, by one request: there is no moment when one of them is elsewhere, or has
 * another name, MTU or MAC address. Either everything is done or nothing is left. The carrier, and IPv6 addresses, take
 * a moment longer: await {@link usable}.
 *
 * Each end gets one transmit and one receive queue, which saves the kernel two waits. `ip` lets it allocate one per
 * processor, of which a veth uses one as well, until `ethtool -L` or XDP asks for more: `numTxQueues` and `numRxQueues`
 * are for that.
 *
 * `signal` and `timeout` count between the steps: what the kernel is working on is waited for, so that it is known what
 * to undo.
 *
 * @returns the pair: the ifindexes of its ends, and `remove()`. It holds nothing open
 * @throws EncodeError with all that is wrong with the ends; nothing was done
 * @throws TopologyError EEXIST: one of the names is taken; EPERM: no CAP_NET_ADMIN; whatever else the kernel refuses.
 *   What had been made is in `undone`; `leftovers` is empty unless undoing failed as well
 */
export async function connect(a: End, b: End, options: CallOptions = {}): Promise<VethPair> {
  checkEnds(a, b);
  const pair = describePair(a, b);
  const overdue = () => new TopologyError('it took too long', { element: pair, code: 'ERR_TOPOLOGY_TIMEOUT' });
  using deadline = new Deadline(options, overdue);
  deadline.check();
  // A descriptor of our own: the number of one that the caller closes meanwhile could become another namespace's.
  const there = dup(b.namespace.fd);
  const undo = new UndoStack();
  let clients: Clients | undefined;
  try {
    clients = await openClients(a.namespace, b.namespace, { signal: deadline.signal });
    const made = await join(clients, { a, b, there }, undo, deadline);
    trace('connected %s', pair);
    return made;
  } catch (error) {
    const { undone, leftovers } = await undo.run();
    if (options.signal?.aborted && error === options.signal.reason && leftovers.length === 0) throw error;
    throw refusal(pair, error, undone, leftovers);
  } finally {
    await clients?.[Symbol.asyncDispose]();
    close(there);
  }
}

/** What is to be joined. */
interface Plan {
  readonly a: End;
  readonly b: End;
  /** Descriptor of the namespace of `b`. */
  readonly there: number;
}

async function join(clients: Clients, plan: Plan, undo: UndoStack, deadline: Deadline): Promise<VethPair> {
  const { a, b } = plan;
  deadline.check();
  const { index, peer } = await create(clients, plan, undo);
  undo.push(`veth ${describePair(a, b)}`, async () => {
    if (!(await deleteLink(clients.a, index))) await deleteLink(clients.b, peer);
  });
  deadline.check();
  // Both are waited for: nothing may still be going on when the pair is undone.
  const sides = await Promise.allSettled([configure(clients.a, a, index), configure(clients.b, b, peer)]);
  const [first, second] = sides;
  if (first.status === 'fulfilled' && second.status === 'fulfilled') return new VethPair(first.value, second.value);
  throw sides.find((side) => side.status === 'rejected')?.reason;
}

/** Makes the pair. Its indexes come with the kernel's echo: a name could be changed (udev) before it is looked up. */
async function create(clients: Clients, { a, b, there }: Plan, undo: UndoStack): Promise<Indexes> {
  const peer = { header: {}, attributes: { ...birth(b), netNsFd: there } };
  const attributes = { ...birth(a), linkinfo: { kind: 'veth', data: { peer } } };
  try {
    const flags = ['create', 'exclusive', 'echo'];
    const echo = await clients.a.request({ type: 'RTM_NEWLINK', flags, attributes });
    const { index, link } = indexesIn(echo) ?? (await clients.a.links.get(a.name));
    if (link === undefined) throw new TypeError('the kernel did not tell the ifindex of the second end');
    return { index, peer: link };
  } catch (cause) {
    if (!(cause instanceof NetlinkError && cause.outcome === 'refused')) undo.unknown(`veth ${describePair(a, b)}`);
    if (codeOf(cause) === 'EEXIST') throw await nameTaken(clients, a, b, cause);
    throw cause;
  }
}

/** The ifindexes of both ends, each in its namespace. */
interface Indexes {
  readonly index: number;
  readonly peer: number;
}

/** What an end is born with. */
function birth({ name, mtu, address, numTxQueues = 1, numRxQueues = 1 }: End): Record<string, unknown> {
  return {
    ifname: name,
    numTxQueues,
    numRxQueues,
    ...(mtu === undefined ? {} : { mtu }),
    ...(address === undefined ? {} : { address }),
  };
}

/** Undefined before Linux 6.2, which echoes no links. */
function indexesIn([echo]: readonly GenericReply[]): { readonly index: number; readonly link: number } | undefined {
  const index = echo?.header.index;
  const link = echo?.attributes.link;
  return typeof index === 'number' && typeof link === 'number' ? { index, link } : undefined;
}

/** The kernel doesn't say which of the names is taken. */
async function nameTaken(clients: Clients, a: End, b: End, cause: unknown): Promise<TopologyError> {
  const atFirst = (await clients.a.links.find(a.name)) !== undefined;
  const { namespace, name } = atFirst ? a : b;
  const element = elementOf(namespace, name);
  return new TopologyError(`EEXIST: there is a link ${element} already`, { element, cause });
}

/** Gives an end its addresses and brings it up, in one batch. */
async function configure(rt: Rtnetlink, end: End, index: number): Promise<BornEnd> {
  const { namespace, name, addresses = [], up = true } = end;
  const link = rt.links.get(index);
  const steps: Promise<unknown>[] = [link, ...addresses.map((address) => rt.addresses.add(index, address))];
  if (up) steps.push(rt.links.set(index, { up: true }));
  const failed = (await Promise.allSettled(steps)).find((step) => step.status === 'rejected');
  if (failed === undefined) return { namespace, name, index, address: (await link).address };
  const { reason: cause } = failed;
  throw new TopologyError(reasonOf(cause), { element: elementOf(namespace, name), cause });
}

function refusal(pair: string, error: unknown, undone: string[], leftovers: string[]): TopologyError {
  const inner = error instanceof TopologyError ? error : undefined;
  const element = inner?.element ?? pair;
  const rest = leftovers.length > 0 ? ` Left over: ${leftovers.join(', ')}.` : ' Nothing is left of it.';
  const message = `Can't connect ${pair}: ${reasonOf(error)}.${rest}`;
  return new TopologyError(message, { element, code: codeOf(error), undone, leftovers, cause: inner?.cause ?? error });
}
