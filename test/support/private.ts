import { execFile } from 'node:child_process';

/** Why a test that needs root can't run here, or false: for `t.test(name, { skip: needsRoot }, …)`. */
export const needsRoot: string | false = process.getuid?.() === 0 ? false : 'needs root';

/** How a program ended and what it printed. */
export interface Outcome {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a compiled script in a Node process with network and mount namespaces of its own and an empty `/run`: it may
 * create, rename and break what it likes, and whatever it leaves disappears with it. Needs root.
 *
 * @param script - JavaScript file to run.
 * @param seconds - Limit after which the process is killed.
 */
export function runPrivately(script: string, seconds = 60): Promise<Outcome> {
  const unshare = [
    '--net',
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-c',
    'mount -t tmpfs tmpfs /run && exec "$@"',
  ];
  const args = [...unshare, 'sh', process.execPath, '--enable-source-maps', script];
  return new Promise((resolve) => {
    execFile('unshare', args, { timeout: seconds * 1000, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      const code =
        error === null ? 0 : error.killed ? `killed after ${seconds} s` : (error.code ?? error.signal ?? null);
      resolve({ code, stdout, stderr });
    });
  });
}
