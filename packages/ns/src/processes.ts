import { fstatSync, readdirSync, readlinkSync } from 'node:fs';
import { breather } from './breathe.ts';

/** The kernel's name of a namespace in `/proc`: `net:[4026531840]`. Unique as long as the descriptor is open. */
export function linkText(fd: number): string {
  return `net:[${fstatSync(fd, { bigint: true }).ino}]`;
}

/** Every process number there is now. */
export function allProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** What a process' namespace link says; undefined if it has ended, or may not be looked at. */
export function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/**
 * The processes in a namespace, sorted. Those that may not be looked at are missing: even root needs CAP_SYS_PTRACE for
 * processes with more capabilities than its own.
 *
 * @param fd the namespace; stays open meanwhile
 */
export async function processesIn(fd: number): Promise<number[]> {
  const wanted = linkText(fd);
  const breathe = breather();
  const found: number[] = [];
  for (const pid of allProcesses()) {
    await breathe();
    if (namespaceOf(pid) === wanted) found.push(pid);
  }
  // Helpers are in a namespace for microseconds only, while they work there.
  return found.filter((pid) => namespaceOf(pid) === wanted).sort((a, b) => a - b);
}
