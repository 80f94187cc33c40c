import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { AF, close, dup, SOCK } from '@nsnet/sys';
import { refused } from '../errors.ts';
import type { HelperClient } from '../helper/client.ts';
import { shutDescriptors } from '../shut.ts';
import { trace } from '../trace.ts';
import { checkOptions, directoryOf, type ExecOptions, wrappers } from './options.ts';
import { checkDirectory, findProgram } from './program.ts';
import { waitUntilStarted } from './started.ts';

/** The namespace a program is started in. */
export interface Place {
  /** May be closed as soon as the call has returned. */
  readonly fd: number;
  readonly label: string;
  readonly name: string | undefined;
  readonly helper: HelperClient;
}

/**
 * Starts a program in a namespace, through `nsenter`.
 *
 * @throws NamespaceError step `'execute'`, `'chdir'`, `'enter'` or `'tool'`
 */
export async function spawnInside(
  place: Place,
  command: string,
  args: readonly string[],
  options: SpawnOptions & ExecOptions,
): Promise<ChildProcess> {
  const { name, label } = place;
  const directory = directoryOf(options);
  checkOptions(options, `run ${command} in ${label}`, name);
  options.signal?.throwIfAborted();
  if (directory !== undefined) checkDirectory(directory, name);
  const [first, ...rest] = shellCommand(command, args, options.shell);
  const program = findProgram(first, (options.env ?? process.env).PATH, directory ?? process.cwd(), name);
  // The program holds the namespace itself. Until it does, and nsenter has opened this, it is ours to hold.
  const held = dup(place.fd);
  try {
    const { words, tools } = wrappers(`/proc/${process.pid}/fd/${held}`, options, name);
    await tryToEnter(place, held);
    options.signal?.throwIfAborted();
    const child = await start([...words, program, ...rest], tools, options);
    child.once('exit', () => close(held));
    trace('process %d in %s: %s %o', child.pid, label, command, args);
    return child;
  } catch (error) {
    close(held);
    throw refused({ asked: `run ${command} in ${label}`, step: 'execute', namespace: name }, error);
  }
}

/** What `shell` means to `child_process`. */
function shellCommand(
  command: string,
  args: readonly string[],
  shell: boolean | string | undefined,
): [string, ...string[]] {
  if (!shell) return [command, ...args];
  return [shell === true ? '/bin/sh' : shell, '-c', [command, ...args].join(' ')];
}

/**
 * Enters the namespace as `nsenter` will, with the same rights: when that can't be done it is told here, and not by the
 * exit status of the program.
 */
async function tryToEnter({ helper, label, name }: Place, fd: number): Promise<void> {
  const asked = `run a program in ${label}`;
  const order = {
    operation: 'socket',
    fd,
    numbers: [AF.UNIX, SOCK.DGRAM, 0],
    asked,
    step: 'enter',
    namespace: name,
  } as const;
  close(await helper.make(order));
}

function start(
  argv: readonly string[],
  tools: ReadonlySet<string>,
  options: SpawnOptions & ExecOptions,
): Promise<ChildProcess> {
  // These are done by the wrappers, which need their own rights before.
  const { uid, gid, shell, argv0, ...others } = options;
  const [tool = '', ...args] = argv;
  shutDescriptors();
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, others);
    if (child.pid !== undefined) waitUntilStarted(child.pid, argv, tools);
    const failed = (error: Error) => reject(error);
    child.once('error', failed);
    child.once('spawn', () => {
      child.off('error', failed);
      resolve(child);
    });
  });
}
