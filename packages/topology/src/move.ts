import { type CallOptions, type Link, type LinkRef, NetlinkError, Rtnetlink } from '@nsnet/netlink';
import { Namespace, type NamespaceSource } from '@nsnet/ns';
import { checkLinkName, Problems } from './checks.ts';
import { codeOf, reasonOf, TopologyError } from './errors.ts';
import { elementOf, placeOf } from './label.ts';
import { trace } from './trace.ts';

/** Where from, where to. */
export interface MoveOptions extends CallOptions {
  /** Where the link is. */
  readonly from: Namespace;
  /**
   * Where it goes: a handle, or what `Namespace.open` takes: a name (of digits too: it is never a process), a process
   * (found through a pidfd, so that no other can be mistaken for it), a path, a descriptor.
   */
  readonly to: Namespace | NamespaceSource;
  /** Name to have there. Default: the one it has. */
  readonly name?: string | undefined;
}

/**
 * Moves a link into another namespace: `ip -n FROM link set LINK netns TO [name NAME]`.
 *
 * The kernel takes its addresses and routes away, lets it leave its bridge, sets it down, and gives it another index if
 * the old one is taken there. None of this is repaired: what it is to be there is for its new place to say. The peer of
 * a veth stays where it is, and stays its peer.
 *
 * `signal` and `timeout` count before and after the move itself, which takes the kernel some 20 ms and is waited for.
 *
 * @returns its index in the namespace it has come to
 * @throws EncodeError for what can't be a name
 * @throws TopologyError ENODEV: no such link; EEXIST: one of that name is there already (say `name`); EINVAL: this kind
 *   of link stays where it is (`lo`, bridges); EPERM: no CAP_NET_ADMIN in one of the two
 * @throws NamespaceError if `to` can't be opened: ENOENT, ESRCH …
 */
export async function move(link: LinkRef, options: MoveOptions): Promise<{ index: number }> {
  const { from, to, name, signal, timeout } = options;
  const problems = new Problems();
  if (name !== undefined) checkLinkName(name, 'name', problems);
  problems.throwIfAny();
  signal?.throwIfAborted();
  const target = to instanceof Namespace ? to : await Namespace.open(to);
  try {
    await using here = await Rtnetlink.open({ namespace: from, signal });
    await using there = await Rtnetlink.open({ namespace: target, signal });
    const element = elementOf(from, typeof link === 'object' ? link.index : link);
    const what = `Can't move ${element} to ${placeOf(target)}`;
    try {
      const found = await here.links.get(link, { signal, timeout });
      await here.links.set(found.index, { namespace: { fd: target.fd }, name });
      const { index } = await arrived(there, found, name ?? found.name);
      trace('moved %s to %s, where it is %s, index %d', element, placeOf(target), name ?? found.name, index);
      return { index };
    } catch (cause) {
      if (!(cause instanceof NetlinkError)) throw cause;
      throw new TopologyError(`${what}: ${reasonOf(cause)}.${advice(cause)}`, { element, cause });
    }
  } finally {
    if (target !== to) await target.close();
  }
}

/** The link where it has come to: by its name, unless somebody there (udev) was quick to change that. */
async function arrived(there: Rtnetlink, left: Link, name: string): Promise<Link> {
  const isIt = ({ kind, address, type }: Link) => kind === left.kind && address === left.address && type === left.type;
  const found = await there.links.find(name);
  if (found !== undefined && isIt(found)) return found;
  const [only, ...others] = (await there.links.list()).filter(isIt);
  if (only !== undefined && others.length === 0) return only;
  throw new TopologyError(`It was moved, but there is no '${name}' any more where it went.`, {
    element: name,
    code: 'ERR_TOPOLOGY_CHANGED',
  });
}

/** What to do about it, with a space in front. */
function advice(error: unknown): string {
  const { EEXIST, EINVAL } = {
    EEXIST: ' Give it another name there: { name }.',
    EINVAL: ' Loopback, bridges and some others stay in the namespace they were made in.',
  };
  const code = codeOf(error);
  return code === 'EEXIST' ? EEXIST : code === 'EINVAL' ? EINVAL : '';
}
