import { type CallOptions, EncodeError, type GenericReply, NetlinkError, type Rtnetlink } from '@nsnet/netlink';
import { close, dup } from '@nsnet/sys';
import { type Clients, openClients } from './clients.ts';
import { Deadline } from './deadline.ts';
import { checkEnds, type End } from './end.ts';
import { codeOf, reasonOf, TopologyError } from './errors.ts';
import { elementOf } from './label.ts';
import { trace } from './trace.ts';
import { UndoStack } from './undo.ts';
import { type BornEnd, deleteLink, describePair, type VethPair, vethPair } from './veth-pair.ts';

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
  options.signal?.throwIfAborted();
  using deadline = new Deadline(options);
  const undo = new UndoStack();
  let there: number | undefined;
  let clients: Clients | undefined;
  try {
    // A descriptor of our own: the number of one that the caller closes meanwhile could become another namespace's.
    there = dup(b.namespace.fd);
    clients = await openClients(a.namespace, b.namespace, { signal: deadline.signal });
    deadline.check();
    const pair = await join({ a, b, there, clients, undo, deadline });
    trace('connected %s', describePair(a, b));
    return pair;
  } catch (error) {
    const { undone, leftovers } = await undo.run();
    const givenUp = deadline.signal.aborted && error === deadline.signal.reason;
    if (givenUp && !deadline.overdue && leftovers.length === 0) throw error;
    throw refusal(a, b, givenUp && deadline.overdue ? tooLate(a, b) : error, undone, leftovers);
  } finally {
    await clients?.[Symbol.asyncDispose]();
    if (there !== undefined) close(there);
  }
}

/** What is to be joined, and what it takes. */
interface Work {
  readonly a: End;
  readonly b: End;
  /** Descriptor of the namespace of `b`. */
  readonly there: number;
  readonly clients: Clients;
  readonly undo: UndoStack;
  readonly deadline: Deadline;
}

async function join(work: Work): Promise<VethPair> {
  const { a, b, clients, undo, deadline } = work;
  const echo = await create(work);
  let indexes = indexesIn(echo);
  undo.push(`veth ${describePair(a, b)}`, async () => {
    if (await deleteLink(clients.a, indexes?.index ?? a.name)) return;
    if (indexes !== undefined) await deleteLink(clients.b, indexes.peer);
  });
  indexes ??= await lookUp(clients.a, a.name);
  deadline.check();
  // Both are waited for: nothing may still be going on when the pair is undone.
  const sides = await Promise.allSettled([
    configure(clients.a, a, indexes.index),
    configure(clients.b, b, indexes.peer),
  ]);
  const [first, second] = sides;
  if (first.status === 'fulfilled' && second.status === 'fulfilled') return vethPair(first.value, second.value);
  throw sides.find((side) => side.status === 'rejected')?.reason;
}

/** Makes the pair; answers with the kernel's echo, in which a name can't have been changed yet (by udev). */
async function create({ a, b, there, clients, undo }: Work): Promise<GenericReply[]> {
  const peer = { header: {}, attributes: { ...birth(b), netNsFd: there } };
  const attributes = { ...birth(a), linkinfo: { kind: 'veth', data: { peer } } };
  try {
    return await clients.a.request({ type: 'RTM_NEWLINK', flags: ['create', 'exclusive', 'echo'], attributes });
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') throw await nameTaken(clients, a, b, cause);
    // No answer: it may exist, and nobody can tell it from another's.
    const unknown = cause instanceof NetlinkError ? cause.outcome === 'unknown' : !(cause instanceof EncodeError);
    if (unknown) undo.unknown(`veth ${describePair(a, b)}`);
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
function indexesIn([echo]: readonly GenericReply[]): Indexes | undefined {
  const index = echo?.header.index;
  const peer = echo?.attributes.link;
  return typeof index === 'number' && typeof peer === 'number' ? { index, peer } : undefined;
}

async function lookUp(rt: Rtnetlink, name: string): Promise<Indexes> {
  const { index, link: peer } = await rt.links.get(name);
  if (peer === undefined) throw new TypeError(`the kernel does not tell the peer of '${name}'`);
  return { index, peer };
}

/** The kernel doesn't say which of the names is taken. */
async function nameTaken(clients: Clients, a: End, b: End, cause: unknown): Promise<TopologyError> {
  const atFirst = (await clients.a.links.find(a.name).catch(() => undefined)) !== undefined;
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

function tooLate(a: End, b: End): TopologyError {
  return new TopologyError('it took too long', { element: describePair(a, b), code: 'ERR_TOPOLOGY_TIMEOUT' });
}

function refusal(a: End, b: End, error: unknown, undone: string[], leftovers: string[]): TopologyError {
  const inner = error instanceof TopologyError ? error : undefined;
  const rest = leftovers.length > 0 ? ` Left over: ${leftovers.join(', ')}.` : ' Nothing is left of it.';
  return new TopologyError(`Can't connect ${describePair(a, b)}: ${reasonOf(error)}.${rest}`, {
    element: inner?.element ?? describePair(a, b),
    code: codeOf(error),
    undone,
    leftovers,
    cause: inner === undefined ? error : inner.cause,
  });
}
