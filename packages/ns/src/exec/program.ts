import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { kernelAnswer, NamespaceError, refused } from '../errors.ts';

/** Where programs are looked for without a PATH, as in libc. */
const DEFAULT_PATH = '/bin:/usr/bin';
/** Where the tools of the system are, whatever PATH a service runs with. */
const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Checks the working directory of a program to be.
 *
 * @throws NamespaceError step `'chdir'`: ENOENT, ENOTDIR, EACCES
 */
export function checkDirectory(path: string, namespace: string | undefined): void {
  const attempt = { asked: `run a program in directory ${path}`, step: 'chdir', namespace };
  try {
    if (statSync(path).isDirectory()) {
      accessSync(path, constants.X_OK);
      return;
    }
  } catch (error) {
    throw refused(attempt, error);
  }
  throw new NamespaceError(`Can't ${attempt.asked}: ENOTDIR: this is no directory.`, {
    code: 'ENOTDIR',
    errno: 20,
    step: 'chdir',
    namespace,
  });
}

/**
 * Finds a program as `execvp(3)` does: a command with a slash is a path from the working directory; any other is looked
 * for in PATH. Done before anything is started, so that a missing program can't be taken for a program that failed.
 *
 * @param path value of PATH
 * @param directory working directory of the program
 * @returns an absolute path
 * @throws NamespaceError step `'execute'`: ENOENT, EACCES
 */
export function findProgram(
  command: string,
  path: string | undefined,
  directory: string,
  namespace: string | undefined,
): string {
  const candidates = command.includes('/')
    ? [resolve(directory, command)]
    : (path ?? DEFAULT_PATH)
        .split(':')
        .map((folder) => join(isAbsolute(folder) ? folder : resolve(directory, folder), command));
  let denied = false;
  for (const candidate of candidates) {
    const answer = lookAt(candidate);
    if (answer === 'program') return candidate;
    if (answer === 'denied') denied = true;
  }
  const [code, errno, what] = denied
    ? (['EACCES', 13, 'it may not be executed'] as const)
    : (['ENOENT', 2, 'there is no such program'] as const);
  const where = command.includes('/') ? '' : ` in PATH (${path ?? DEFAULT_PATH})`;
  throw new NamespaceError(`Can't run ${command}: ${code}: ${what}${where}.`, {
    code,
    errno,
    step: 'execute',
    namespace,
  });
}

function lookAt(path: string): 'program' | 'denied' | 'missing' {
  try {
    // An exception for every folder of PATH would cost more than the start of the program.
    const status = statSync(path, { throwIfNoEntry: false });
    if (status === undefined) return 'missing';
    if (!status.isFile()) return 'denied';
    accessSync(path, constants.X_OK);
    return 'program';
  } catch (error) {
    return kernelAnswer(error)?.code === 'EACCES' ? 'denied' : 'missing';
  }
}

/**
 * Finds one of the tools of util-linux that programs are started with.
 *
 * @throws NamespaceError ENOENT
 */
export function findTool(name: string, namespace: string | undefined): string {
  try {
    return findProgram(name, `${process.env.PATH ?? ''}:${SYSTEM_PATH}`, '/', namespace);
  } catch (error) {
    const message = `Programs are started in a namespace by ${name}, which is not installed: it is part of util-linux.`;
    throw new NamespaceError(message, { code: 'ENOENT', errno: 2, step: 'tool', namespace, cause: error });
  }
}
