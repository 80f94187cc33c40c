import { spawn } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import type { TestFile } from './find.ts';
import { type Results, readTap } from './results.ts';

/** Environment variable that every process started by a test inherits: `<pid of the runner>:<file>`. */
export const markerVariable = 'NSNET_TEST';

export interface FileResults extends Results {
  readonly file: TestFile;
  /** Wall time, seconds. */
  readonly seconds: number;
}

export interface RunOptions {
  /** Working directory of the tests. */
  readonly root: string;
  /** Seconds until a file's whole process group is killed. */
  readonly timeout: number;
  /** Aborted when the runner itself is told to stop. */
  readonly signal: AbortSignal;
}

interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  timedOut: boolean;
}

/**
 * Runs one test file in a Node process (and process group) of its own and reads the TAP on its standard output.
 * Never rejects: whatever goes wrong with the process is one more failed point of the file.
 */
export async function runFile(file: TestFile, options: RunOptions): Promise<FileResults> {
  const started = performance.now();
  const timeout = ownTimeout(file.script) ?? options.timeout;
  const { parser, results } = readTap();
  const { ending, errors } = await execute(file, parser, timeout, options);
  const problem = problemOf(ending, results, timeout);
  if (problem !== undefined) {
    results.failed++;
    results.failures.push({ name: problem, detail: errors.trimEnd() });
  } else if (results.failed > 0) {
    results.extra += errors;
  }
  return { ...results, file, seconds: (performance.now() - started) / 1000 };
}

function execute(
  file: TestFile,
  parser: ReturnType<typeof readTap>['parser'],
  timeout: number,
  options: RunOptions,
): Promise<{ ending: Ending; errors: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', file.script], {
      cwd: options.root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      // tap's own limit is a little shorter: it can still say which test hangs
      env: {
        ...process.env,
        [markerVariable]: `${process.pid}:${file.name}`,
        TAP_TIMEOUT: `${Math.max(1, timeout - 2)}`,
      },
    });
    let errors = '';
    let timedOut = false;
    const killGroup = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // Already gone
      }
    };
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup();
    }, timeout * 1000);
    options.signal.addEventListener('abort', killGroup);
    child.stdout.on('data', (chunk: Buffer) => parser.write(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-16_384);
    });
    child.on('error', (error) => {
      errors += `${error.message}\n`;
    });
    // A process left behind may hold the pipes open: don't wait for it
    child.on('exit', () => {
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, 1000).unref();
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', killGroup);
      parser.end();
      resolve({ ending: { code, signal, timedOut }, errors });
    });
  });
}

/** Why the file as a whole failed, beyond the failed points it reported itself. */
function problemOf(ending: Ending, results: Results, timeout: number): string | undefined {
  // tap has said which test hangs, and either waited for it or ended itself
  const hangReported = results.failures.some(({ name }) => name.endsWith('timeout!'));
  if (hangReported && (ending.timedOut || ending.signal === 'SIGALRM')) return undefined;
  if (ending.timedOut) return `timed out after ${timeout} s; its process group was killed`;
  if (ending.signal !== null) return `died of ${ending.signal}`;
  if (results.failed > 0) return undefined;
  const code = ending.code === 0 ? '' : ` (exit code ${ending.code})`;
  if (results.problem !== undefined) return `${results.problem}${code}`;
  return ending.code === 0 ? undefined : `exit code ${ending.code} without a failed test`;
}

/** A file that needs longer says so in its first lines: `// timeout: 300 s`. */
function ownTimeout(script: string): number | undefined {
  const head = Buffer.alloc(1024);
  try {
    const fd = openSync(script, 'r');
    readSync(fd, head);
    closeSync(fd);
  } catch {
    return undefined;
  }
  const seconds = /^\/\/ timeout: (\d+) s$/m.exec(head.toString())?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
