import { type CallOptions, type Link, type LinkRef, NetlinkError, Rtnetlink } from '@nsnet/netlink';
import { Namespace } from '@nsnet/ns';
import { codeOf, reasonOf, TopologyError } from './errors.ts';
import { elementOf, placeOf } from './label.ts';
import { nameOf, searchNamespaces } from './search.ts';
import { trace } from './trace.ts';

/** The other end of a pair. */
export interface Peer {
  /** Where it is: a handle of the caller's own, to be closed (`await using`). */
  readonly namespace: Namespace;
  /** The first name of that namespace, if it has any. */
  readonly namespaceName?: string;
  readonly name: string;
  /** ifindex, there. */
  readonly index: number;
}

/** Links that come in pairs. */
const paired = new Set(['veth', 'netkit']);
/** How often to look again when an end moves while it is looked for. */
const attempts = 3;

/**
 * The other end of a veth, wherever it is: in a namespace with a name, of a process, or held by an open descriptor.
 *
 * ```sh
 * ip -n NAMESPACE link show LINK        # LINK@if7 … link-netnsid 3
 * ip -n NAMESPACE netns list-id         # which namespace is 3
 * ip -n OTHER link show                 # which link has index 7
 * ```
 *
 * An index alone is no identity: most containers' `eth0` have the same. Here the namespace is found by the number that
 * the kernel knows it by, and the answer is verified from the other side.
 *
 * @param link a veth (or netkit) in `namespace`
 * @returns the other end; `namespace` in it is a new handle, which the caller closes
 * @throws TopologyError ENODEV: no such link; ERR_TOPOLOGY_NO_PEER: a link of this kind has none;
 *   ERR_TOPOLOGY_PEER_HIDDEN: nothing visible to this process leads to its namespace; ERR_TOPOLOGY_CHANGED
 */
export async function peerOf(namespace: Namespace, link: LinkRef, options: CallOptions = {}): Promise<Peer> {
  const element = elementOf(namespace, typeof link === 'object' ? link.index : link);
  await using rt = await Rtnetlink.open({ namespace, ...options });
  for (let attempt = 0; attempt < attempts; attempt++) {
    const own = await look(rt, link, element, options);
    const place = await placeOfPeer(rt, namespace, own, element, options);
    let peer: Peer | undefined;
    try {
      peer = await verified(own, namespace, place, options);
    } finally {
      if (peer === undefined) await place.close();
    }
    if (peer !== undefined) {
      trace('the peer of %s is %s', element, elementOf(peer.namespace, peer.name));
      return peer;
    }
  }
  const message = `Can't tell the peer of ${element}: one of the ends was moved or removed in each of ${attempts} attempts.`;
  throw new TopologyError(message, { element, code: 'ERR_TOPOLOGY_CHANGED' });
}

/** A link that has a peer, and where that is. */
interface OwnEnd {
  readonly index: number;
  readonly kind: string;
  /** ifindex of the peer, in its namespace. */
  readonly peer: number;
  /** That namespace as this one knows it; undefined: this one. */
  readonly nsid: number | undefined;
}

async function look(rt: Rtnetlink, ref: LinkRef, element: string, options: CallOptions): Promise<OwnEnd> {
  let own: Link;
  try {
    own = await rt.links.get(ref, options);
  } catch (cause) {
    if (!(cause instanceof NetlinkError)) throw cause;
    const why = codeOf(cause) === 'ENODEV' ? 'ENODEV: there is no such link' : reasonOf(cause);
    throw new TopologyError(`Can't tell the peer of ${element}: ${why}.`, { element, cause });
  }
  const { index, kind, link: peer, linkNsid: nsid } = own;
  if (kind !== undefined && paired.has(kind) && peer !== undefined && peer !== 0) return { index, kind, peer, nsid };
  const what = kind === undefined ? 'it is no virtual link' : `it is a ${kind}`;
  const message = `${element} has no peer: ${what}. Those of kind veth have one.`;
  throw new TopologyError(message, { element, code: 'ERR_TOPOLOGY_NO_PEER' });
}

/** A handle of the peer's namespace. */
async function placeOfPeer(
  rt: Rtnetlink,
  namespace: Namespace,
  { peer, nsid }: OwnEnd,
  element: string,
  options: CallOptions,
): Promise<Namespace> {
  if (nsid === undefined) return Namespace.open({ fd: namespace.fd });
  const found = await searchNamespaces(async ({ fd }) => {
    options.signal?.throwIfAborted();
    return (await rt.nsids.get({ fd }, options)) === nsid;
  });
  if (found !== undefined) return found;
  const name = await nameByNsid(rt, peer, nsid, options);
  const where = `a namespace (number ${nsid} in ${placeOf(namespace)}) that no name, process, mount or descriptor leads to`;
  const message =
    `The peer of ${element} is ${name === undefined ? '' : `'${name}', `}index ${peer}, in ${where}. ` +
    'It may be in use by a process of another PID namespace, or by sockets alone: ask there, or as root.';
  throw new TopologyError(message, { element, code: 'ERR_TOPOLOGY_PEER_HIDDEN' });
}

/** The kernel tells about links of namespaces that it has a number for, even if nobody can open them. */
async function nameByNsid(rt: Rtnetlink, index: number, nsid: number, options: CallOptions) {
  try {
    const request = { type: 'RTM_GETLINK', header: { index }, attributes: { targetNetnsid: nsid } };
    const [reply] = await rt.request(request, options);
    const name = reply?.attributes.ifname;
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined; // Gone, or not for us to see.
  }
}

/** The peer as it sees itself; undefined if it isn't, or has moved on. */
async function verified(
  own: OwnEnd,
  namespace: Namespace,
  place: Namespace,
  options: CallOptions,
): Promise<Peer | undefined> {
  await using rt = await Rtnetlink.open({ namespace: place, ...options });
  const peer = await rt.links.find(own.peer, options);
  if (peer === undefined || peer.kind !== own.kind || peer.link !== own.index) return undefined;
  const back = namespace.equals(place) ? undefined : await rt.nsids.get({ fd: namespace.fd }, options);
  if (peer.linkNsid !== back) return undefined;
  const namespaceName = place.name ?? (await nameOf(place));
  const { name, index } = peer;
  return { namespace: place, ...(namespaceName === undefined ? {} : { namespaceName }), name, index };
}
