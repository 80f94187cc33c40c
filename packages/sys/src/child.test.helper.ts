import { spawn } from 'node:child_process';

/** True if tests that make namespaces can run. */
export const isRoot = process.getuid?.() === 0;

/** For the `skip` option of a test that needs root. */
export const needsRoot = isRoot ? false : 'needs root: it makes namespaces or mounts';

/** What became of a program. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs JavaScript in a Node process of its own, where everything this package exports is in scope.
 *
 * @param code body of an ES module
 * @param options.node arguments for Node
 * @param options.through a program and its arguments that runs Node, e.g. `['unshare', '-n']`
 */
export function child(
  code: string,
  { node = [], through = [] }: { node?: readonly string[]; through?: readonly string[] } = {},
): Promise<Outcome> {
  const index = new URL('./index.js', import.meta.url).href;
  const script = `import * as sys from ${JSON.stringify(index)};\n${code}`;
  const [command = '', ...args] = [...through, process.execPath, ...node, '--input-type=module', '-e', script];
  const running = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000, killSignal: 'SIGKILL' });
  let stdout = '';
  let stderr = '';
  running.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  running.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    running.on('error', reject).on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
