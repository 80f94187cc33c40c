import type { ChildProcess, SpawnOptions } from 'node:child_process';
import type { ExecOptions } from './options.ts';
import { type Place, spawnInside } from './spawn.ts';

/** Time for a program to end after the first signal, milliseconds; then it is killed. */
const GRACE = 1000;

/** Options of `run`. */
export interface RunOptions
  extends ExecOptions,
    Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid' | 'shell' | 'killSignal'> {
  /** Standard input; without it the program reads the end at once. */
  readonly input?: string | Uint8Array;
  /** Ends the program; the call fails with an AbortError. */
  readonly signal?: AbortSignal;
  /** Milliseconds after which the program is sent `killSignal`, default SIGTERM, and a second later SIGKILL. */
  readonly timeout?: number;
}

/** How a program ended, and what it wrote. */
export interface RunResult {
  /** Exit status; null if a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it, else null. */
  readonly signal: NodeJS.Signals | null;
  /** What it wrote, read as UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program in a namespace to its end.
 *
 * @throws NamespaceError as `spawnInside`
 * @throws AbortError
 */
export async function runInside(
  place: Place,
  command: string,
  args: readonly string[],
  { input, timeout, signal, killSignal, ...options }: RunOptions,
): Promise<RunResult> {
  signal?.throwIfAborted();
  const stdio = [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] as const;
  const child = await spawnInside(place, command, args, { ...options, stdio: [...stdio] });
  const stop = stopper(child, killSignal ?? 'SIGTERM');
  const timer = timeout === undefined ? undefined : setTimeout(stop.now, timeout);
  signal?.addEventListener('abort', stop.now, { once: true });
  if (signal?.aborted) stop.now();
  try {
    const result = await collect(child, input);
    signal?.throwIfAborted();
    return result;
  } finally {
    clearTimeout(timer);
    stop.cancel();
    signal?.removeEventListener('abort', stop.now);
  }
}

/** Ends a program: by a signal, by SIGKILL if it does not listen, and without those who hold its output open. */
function stopper(child: ChildProcess, killSignal: NodeJS.Signals | number): { now(): void; cancel(): void } {
  let timer: NodeJS.Timeout | undefined;
  const now = () => {
    child.kill(killSignal);
    timer ??= setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, GRACE);
  };
  return { now, cancel: () => clearTimeout(timer) };
}

function collect(child: ChildProcess, input: string | Uint8Array | undefined): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const stdout = textOf(child.stdout);
    const stderr = textOf(child.stderr);
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout: stdout(), stderr: stderr() }));
    if (input !== undefined) {
      // A program may end without reading all.
      child.stdin?.on('error', () => {});
      child.stdin?.end(input);
    }
  });
}

function textOf(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: string[] = [];
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => chunks.push(chunk));
  return () => chunks.join('');
}
