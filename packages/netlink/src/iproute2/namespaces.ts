import { constants } from 'node:fs';
import { open, opendir } from 'node:fs/promises';
import { NetlinkError } from '../errors.ts';
import type { Kernel } from './kernel.ts';

/** Where `ip netns` keeps names. */
const folder = '/run/netns';

/**
 * Names under `/run/netns` of the namespaces with these ids, which are relative to the client's namespace. Of several
 * names for one namespace the first in the directory, as `ip` does.
 */
export async function namesOfNamespaces(kernel: Kernel, nsids: ReadonlySet<number>): Promise<Map<number, string>> {
  const names = new Map<number, string>();
  if (nsids.size === 0) return names;
  const directory = await opendir(folder).catch(() => undefined);
  if (directory === undefined) return names;
  for await (const { name } of directory) {
    const nsid = await nsidOf(kernel, `${folder}/${name}`);
    if (nsid !== undefined && nsids.has(nsid) && !names.has(nsid)) names.set(nsid, name);
    if (names.size === nsids.size) break;
  }
  return names;
}

/** The id that the client's namespace has for the one behind a file; undefined when it has none, or it is no namespace. */
async function nsidOf(kernel: Kernel, path: string): Promise<number | undefined> {
  // Leftovers can be anything: a FIFO must not make us wait.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    return await kernel.nsids.get({ fd: file.fd });
  } catch (error) {
    if (error instanceof NetlinkError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}
