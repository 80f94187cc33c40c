import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Namespace, NamespaceError, type NamespaceSource } from '@nsnet/ns';

/** How long the event loop is held at a stretch, milliseconds. */
const slice = 2;
/** The machine has no descriptors left: looking on would only hide it. */
const fatal = new Set(['EMFILE', 'ENFILE']);

/**
 * The first namespace of this host that a test accepts: by names, then this process's own and those it holds open, then
 * those of other processes, mounts and descriptors. One that is held by sockets alone can't be found.
 *
 * @param accept must not keep the handle of what it refuses
 * @returns a handle, which the caller owns; undefined if none is accepted
 */
export async function searchNamespaces(
  accept: (namespace: Namespace) => boolean | Promise<boolean>,
): Promise<Namespace | undefined> {
  let since = performance.now();
  for await (const namespace of candidates()) {
    if (performance.now() - since > slice) {
      await nextTurn();
      since = performance.now();
    }
    let accepted = false;
    try {
      accepted = await accept(namespace);
      if (accepted) return namespace;
    } finally {
      if (!accepted) await namespace.close();
    }
  }
  return undefined;
}

/** Each at most once, unless it comes to be while we look. What can't be opened is passed over. */
async function* candidates(): AsyncGenerator<Namespace> {
  const seen = new Set<bigint>();
  for await (const source of sources()) {
    const namespace = await tryOpen(source);
    if (namespace === undefined) continue;
    if (seen.has(namespace.cookie)) await namespace.close();
    else {
      seen.add(namespace.cookie);
      yield namespace;
    }
  }
}

/** From cheap to expensive: the last one looks at every descriptor of every process. */
async function* sources(): AsyncGenerator<NamespaceSource> {
  for (const { name, stale } of await Namespace.list()) if (!stale) yield name;
  yield { path: '/proc/thread-self/ns/net' };
  for (const path of ownDescriptors()) yield { path };
  for (const { paths, pids } of await Namespace.discover()) {
    for (const path of paths) yield { path };
    for (const pid of pids.slice(0, 1)) yield { pid };
  }
}

/** Namespaces that this process holds open. */
function ownDescriptors(): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => `/proc/self/fd/${fd}`)
    .filter((path) => {
      try {
        return readlinkSync(path).startsWith('net:[');
      } catch {
        return false; // Closed meanwhile.
      }
    });
}

async function tryOpen(source: NamespaceSource): Promise<Namespace | undefined> {
  try {
    return await Namespace.open(source);
  } catch (error) {
    if (error instanceof NamespaceError && !fatal.has(error.code)) return undefined;
    throw error;
  }
}

/** The first of its names, if it has any. */
export async function nameOf({ cookie }: { readonly cookie: bigint }): Promise<string | undefined> {
  return (await Namespace.list()).find((entry) => entry.cookie === cookie)?.name;
}
