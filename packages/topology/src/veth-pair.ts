import { type Link, type LinkRef, NetlinkError, Rtnetlink } from '@nsnet/netlink';
import { type Namespace, NamespaceError } from '@nsnet/ns';
import { reasonOf, TopologyError } from './errors.ts';
import { elementOf } from './label.ts';
import { searchNamespaces } from './search.ts';
import { trace } from './trace.ts';

/** An end of a pair as it was born. */
export interface BornEnd {
  readonly namespace: Namespace;
  readonly name: string;
  readonly index: number;
  /** MAC address. */
  readonly address: string | undefined;
}

/**
 * A veth pair that {@link connect} has made. It holds nothing open: the links live in their namespaces, and go with the
 * first of these that ends.
 */
export interface VethPair extends AsyncDisposable {
  /** The first end: its ifindex in its namespace. */
  readonly a: { readonly index: number };
  /** The second end: its ifindex in its namespace. */
  readonly b: { readonly index: number };
  /**
   * Removes both ends: `ip link delete LINK`. Resolves when they are gone; if they are gone already, nothing happens.
   * What has taken their place meanwhile is left alone. An end that was moved away goes with the one that was not.
   *
   * @throws TopologyError EPERM …; the next call tries again
   */
  remove(): Promise<void>;
}

/** The handle of a pair that has been made. */
export function vethPair(a: BornEnd, b: BornEnd): VethPair {
  let removal: Promise<void> | undefined;
  const remove = () => {
    removal ??= removePair(a, b).catch((error) => {
      removal = undefined;
      throw error;
    });
    return removal;
  };
  return { a: { index: a.index }, b: { index: b.index }, remove, [Symbol.asyncDispose]: remove };
}

async function removePair(a: BornEnd, b: BornEnd): Promise<void> {
  if ((await removeHere(a, b)) || (await removeHere(b, a))) trace('removed %s', describePair(a, b));
}

/** A pair as messages call it: `red:eth0 ↔ blue:eth0`. */
export function describePair(a: Pick<BornEnd, 'namespace' | 'name'>, b: Pick<BornEnd, 'namespace' | 'name'>): string {
  return `${elementOf(a.namespace, a.name)} ↔ ${elementOf(b.namespace, b.name)}`;
}

/** Removes a pair by one of its ends; false if that end is not there. */
async function removeHere(end: BornEnd, other: BornEnd): Promise<boolean> {
  try {
    const rt = await clientIn(end.namespace);
    if (rt === undefined) return false;
    try {
      const link = await rt.links.find(end.index);
      return link !== undefined && isStill(end, other, link) && (await deleteLink(rt, end.index));
    } finally {
      await rt.close();
    }
  } catch (cause) {
    const element = elementOf(end.namespace, end.name);
    throw new TopologyError(`Can't remove ${element}: ${reasonOf(cause)}.`, {
      element,
      leftovers: [describePair(end, other)],
      cause,
    });
  }
}

/** An ifindex can be given to another link: kind, and MAC address or peer, say whether it was. */
function isStill(end: BornEnd, other: BornEnd, link: Link): boolean {
  return link.kind === 'veth' && (link.address === end.address || link.link === other.index);
}

/** Deletes a link; false if it was gone already. */
export async function deleteLink(rt: Rtnetlink, link: LinkRef): Promise<boolean> {
  try {
    await rt.links.delete(link);
    return true;
  } catch (error) {
    if (error instanceof NetlinkError && error.code === 'ENODEV') return false;
    throw error;
  }
}

/** A client for a namespace whose handle may be closed by now; undefined if nothing leads to it any more. */
async function clientIn(namespace: Namespace): Promise<Rtnetlink | undefined> {
  try {
    return await Rtnetlink.open({ namespace });
  } catch (error) {
    if (!(error instanceof NamespaceError && error.code === 'ERR_NAMESPACE_CLOSED')) throw error;
  }
  const again = await searchNamespaces(({ cookie }) => cookie === namespace.cookie);
  if (again === undefined) return undefined;
  try {
    return await Rtnetlink.open({ namespace: again });
  } finally {
    await again.close();
  }
}
