import { readSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { close } from '@nsnet/sys';
import { kernelAnswer, NamespaceError } from './errors.ts';
import type { HelperClient } from './helper/client.ts';
import { allProcesses, linkText, namespaceOf } from './processes.ts';

/** Exists in every namespace. */
const SIGN = 'core/somaxconn';
/** First and longest pause between two looks, milliseconds; taking down a namespace takes 10 to 150. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 20;

/** How long to wait. */
export interface EndOptions {
  /** Milliseconds; default 10 000. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A namespace, watched without keeping it alive. */
export interface Ending {
  /**
   * Resolves when the kernel has taken the namespace down.
   *
   * @throws NamespaceError ERR_NAMESPACE_BUSY after the time
   */
  wait(options: EndOptions): Promise<void>;
  close(): void;
}

/**
 * Watches for the end of a namespace. No event tells of it, but there is a sure sign: a file of its `/proc/sys/net`,
 * opened inside, doesn't keep the namespace alive, and answers ENOENT once the kernel has removed the table. That
 * comes after all links, and so their peers in other namespaces, are gone.
 *
 * @param fd the namespace; may be closed as soon as this has resolved
 */
export async function watchEnding(fd: number, label: string, helper: HelperClient): Promise<Ending> {
  const link = linkText(fd);
  const asked = `watch namespace ${label}`;
  const sign = await helper.make({ operation: 'open', fd, text: SIGN, asked, step: 'open', namespace: label });
  return {
    close: () => close(sign),
    async wait({ timeout = 10_000, signal }) {
      const deadline = performance.now() + timeout;
      for (let pause = FIRST_PAUSE; isThere(sign); pause = Math.min(LONGEST_PAUSE, pause * 2)) {
        if (performance.now() >= deadline) throw stillThere(label, link, timeout);
        signal?.throwIfAborted();
        await delay(pause);
      }
    },
  };
}

function isThere(sign: number): boolean {
  try {
    readSync(sign, Buffer.alloc(1), 0, 1, 0);
    return true;
  } catch (error) {
    if (kernelAnswer(error)?.code === 'ENOENT') return false;
    throw error;
  }
}

function stillThere(label: string, link: string, timeout: number): NamespaceError {
  // The namespace is there, so that its inode number can't mean another.
  const pids = allProcesses().filter((pid) => namespaceOf(pid) === link);
  const who =
    pids.length > 0
      ? `by ${pids.length === 1 ? 'process' : 'processes'} ${pids.join(', ')}`
      : 'by an open descriptor or socket';
  return new NamespaceError(`Namespace ${label} is still in use ${who} after ${timeout} ms; its name is gone.`, {
    code: 'ERR_NAMESPACE_BUSY',
    step: 'wait',
    namespace: label,
  });
}
