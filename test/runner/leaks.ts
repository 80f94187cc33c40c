import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { markerVariable } from './run-file.ts';

/** What a test could leave behind on the machine, as text that can be compared: `link veth0`. */
export type Snapshot = readonly string[];

/** Named namespaces, links of this namespace, mounts, and processes that belong to the tests or to `@nsnet/ns`. */
export function snapshot(): Snapshot {
  return [...namespaces(), ...links(), ...mounts(), ...processes().map(({ text }) => text)].sort();
}

/**
 * What differs from `before`, in words. The kernel takes namespaces and links down asynchronously, so up to `patience`
 * milliseconds may pass until the difference is believed.
 */
export async function leaksSince(before: Snapshot, patience: number): Promise<string[]> {
  const deadline = Date.now() + patience;
  for (;;) {
    const after = snapshot();
    const differences = [
      ...without(after, before).map((thing) => `left behind: ${thing}`),
      ...without(before, after)
        .filter((thing) => !thing.startsWith('process '))
        .map((thing) => `gone: ${thing}`),
    ];
    if (differences.length === 0 || Date.now() >= deadline) return differences;
    await delay(50);
  }
}

/** Ends what tests of this run left running, so that a failed run doesn't spoil the next one. */
export function killLeftProcesses(): void {
  for (const { pid, ours } of processes()) {
    try {
      if (ours) process.kill(pid, 'SIGKILL');
    } catch {
      // Ended meanwhile
    }
  }
}

/** Elements of `list` that aren't in `taken`, each as often as it is there too many. */
function without(list: Snapshot, taken: Snapshot): string[] {
  const rest = [...taken];
  return list.filter((item) => {
    const index = rest.indexOf(item);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}

function namespaces(): string[] {
  return names('/run/netns').map((name) => `namespace ${name} in /run/netns`);
}

/** Links of the runner's own namespace. `/sys/class/net` would show the namespace that `/sys` was mounted in. */
function links(): string[] {
  const rows = read('/proc/self/net/dev').split('\n').slice(2).filter(Boolean);
  return rows.map((row) => `link ${row.slice(0, row.lastIndexOf(':')).trim()}`);
}

/** Mounts except `/run/netns` itself, which `ip netns add` makes and leaves for ever as well. */
function mounts(): string[] {
  return read('/proc/self/mountinfo')
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' '))
    .filter((fields) => !/^(\/var)?\/run\/netns$/.test(fields[4] ?? ''))
    .map((fields) => `mount ${fields[4]} of type ${fields[fields.indexOf('-') + 1]}`);
}

interface LeftProcess {
  readonly pid: number;
  readonly text: string;
  /** Carries the marker of this run. */
  readonly ours: boolean;
}

/**
 * Processes that inherited the marker of this run, and helpers of `@nsnet/ns` (which have an empty environment) whose
 * parent is gone: those of a live Node process are somebody's, but not left behind.
 */
function processes(): LeftProcess[] {
  const marker = `${markerVariable}=${process.pid}:`;
  return names('/proc').flatMap((entry): LeftProcess[] => {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) return [];
    const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
    const mark = read(`/proc/${pid}/environ`)
      .split('\0')
      .find((variable) => variable.startsWith(marker));
    if (mark !== undefined) {
      return [{ pid, ours: true, text: `process ${pid}: ${command} (started by ${mark.slice(marker.length)})` }];
    }
    const orphan = command.includes('packages/ns/dist/helper') && !hasNodeParent(pid);
    return orphan ? [{ pid, ours: false, text: `process ${pid}: ${command}` }] : [];
  });
}

function hasNodeParent(pid: number): boolean {
  const parent = Number(/^PPid:\s*(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 1);
  return parent > 1 && /(^|\/)node\0/.test(read(`/proc/${parent}/cmdline`));
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Content of a file, empty if there is none or it isn't ours to read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
