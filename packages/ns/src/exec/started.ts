import { readFileSync } from 'node:fs';

/** Longest wait, milliseconds; the wrappers take about one on an idle machine. */
const LIMIT = 100;
/** Pause between two looks, milliseconds. */
const PAUSE = 0.2;

let sleeper: Int32Array | undefined;

/**
 * Waits until the wrappers have become the program, so that whoever gets the process finds it in the namespace, and
 * signals reach the program.
 *
 * It holds the event loop, for a millisecond: in another turn of the loop the program could end, and its `exit` event
 * and its output would be gone before the caller had the process.
 *
 * @param argv arguments of the process, from the first wrapper on
 * @param wrappers paths of the wrappers
 */
export function waitUntilStarted(pid: number, argv: readonly string[], wrappers: ReadonlySet<string>): void {
  const stages = new Set(
    argv.flatMap((word, index) => (wrappers.has(word) ? [`${argv.slice(index).join('\0')}\0`] : [])),
  );
  sleeper ??= new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + LIMIT;
  while (performance.now() < deadline) {
    const line = read(`/proc/${pid}/cmdline`);
    // Empty in the middle of execve(2), and after the end.
    if (line === '' ? hasEnded(pid) : !stages.has(line)) return;
    Atomics.wait(sleeper, 0, 0, PAUSE);
  }
}

function hasEnded(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return /^$|^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
