import { setTimeout as delay } from 'node:timers/promises';
import { type EndOptions, watchEnding } from './ending.ts';
import { kernelAnswer } from './errors.ts';
import { verifyNamespace } from './helper/verify.ts';
import type { Host } from './host.ts';
import { processesIn } from './processes.ts';
import { trace } from './trace.ts';

/** How long to try while the kernel is still taking earlier namespaces down, milliseconds. */
const CREATE_PATIENCE = 1000;

/**
 * A new network namespace.
 *
 * @param asked for error texts
 * @returns its descriptor, the only thing that keeps it alive; the caller owns it
 * @throws NamespaceError EPERM, ENOSPC, EMFILE …
 */
export async function makeNamespace(host: Host, asked: string, name: string | undefined): Promise<number> {
  const deadline = performance.now() + CREATE_PATIENCE;
  for (let pause = 5; ; pause = Math.min(50, pause * 2)) {
    try {
      return verifyNamespace(await host.helper.make({ operation: 'create', asked, step: 'create', namespace: name }));
    } catch (error) {
      // The kernel counts a namespace until it is taken down, which goes on after its end.
      if (kernelAnswer(error)?.code !== 'ENOSPC' || performance.now() > deadline) throw error;
    }
    await delay(pause);
  }
}

/** How to remove a namespace. */
export interface RemoveOptions extends EndOptions {
  readonly wait?: boolean | undefined;
  /** Called when the namespace has been looked at, to close the caller's descriptors of it. */
  readonly letGo: () => void;
}

/**
 * Takes the name from a namespace, and waits for its end if asked to.
 *
 * @param fd the namespace; `letGo` is called in every case
 * @param name undefined if it has none; taken away only if it stands for this namespace
 * @returns the processes that were inside
 * @throws NamespaceError
 */
export async function removeNamespace(
  host: Host,
  fd: number,
  name: string | undefined,
  { wait, letGo, ...options }: RemoveOptions,
): Promise<{ pids: number[] }> {
  const label = name === undefined ? 'without a name' : `'${name}'`;
  let open = true;
  const letGoOnce = () => {
    if (open) letGo();
    open = false;
  };
  try {
    if (name !== undefined) host.names.check(name, fd);
    const ending = wait ? await watchEnding(fd, label, host.helper) : undefined;
    try {
      const pids = await processesIn(fd);
      if (name !== undefined) await host.names.remove(name, fd);
      trace('deleted namespace %s, processes inside: %o', label, pids);
      letGoOnce();
      await ending?.wait(options);
      return { pids };
    } finally {
      ending?.close();
    }
  } finally {
    letGoOnce();
  }
}
