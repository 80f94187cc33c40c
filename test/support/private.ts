import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Why a test that needs root can't run here, or false: for `t.test(name, { skip: needsRoot }, …)`. */
export const needsRoot: string | false = missingPrivilege();

/** Root in a container often lacks the capabilities that count. */
function missingPrivilege(): string | false {
  const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : '';
  const effective = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(status)?.[1] ?? '0'}`);
  const has = (capability: bigint) => (effective >> capability) % 2n === 1n;
  const [netAdmin, sysAdmin] = [12n, 21n];
  if (process.getuid?.() === 0 && has(netAdmin) && has(sysAdmin)) return false;
  return 'needs root with CAP_NET_ADMIN and CAP_SYS_ADMIN';
}

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
