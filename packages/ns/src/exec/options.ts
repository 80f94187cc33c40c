import type { SpawnOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findTool } from './program.ts';

/** What a program may do, beyond the options of `child_process`. */
export interface ExecOptions {
  /** A mount namespace of its own: what it mounts is seen by nobody else. */
  readonly mountNamespace?: boolean;
  /** Neither it nor its children ever get more rights than they start with (`PR_SET_NO_NEW_PRIVS`). */
  readonly noNewPrivileges?: boolean;
  /**
   * Capabilities that neither it nor its children can have: names as in `capabilities(7)`, with or without `CAP_`;
   * true for all.
   */
  readonly dropCapabilities?: boolean | readonly string[];
}

/** The working directory of a program. */
export function directoryOf({ cwd }: SpawnOptions): string | undefined {
  return cwd instanceof URL ? fileURLToPath(cwd) : cwd;
}

/** Tools that change something and then become what follows them. */
export interface Wrappers {
  /** Their paths and arguments; the program follows. */
  readonly words: readonly string[];
  /** Their paths. */
  readonly tools: ReadonlySet<string>;
}

/**
 * What stands before the program. The process stays the same from first to last, so that its number, signals and status
 * are the program's.
 *
 * @param target path of the namespace
 */
export function wrappers(target: string, options: SpawnOptions & ExecOptions, namespace: string | undefined): Wrappers {
  const words: string[] = [];
  const tools = new Set<string>();
  const add = (tool: string, ...args: string[]) => {
    const path = findTool(tool, namespace);
    tools.add(path);
    words.push(path, ...args, '--');
  };
  add('nsenter', `--net=${target}`);
  if (options.mountNamespace) add('unshare', '--mount', '--propagation', 'slave');
  const privileges = privilegeFlags(options);
  // Last: entering and mounting need the rights that are given up here.
  if (privileges.length > 0) add('setpriv', ...privileges);
  return { words, tools };
}

/** Arguments of `setpriv`. */
function privilegeFlags({ uid, gid, noNewPrivileges, dropCapabilities }: SpawnOptions & ExecOptions): string[] {
  const flags: string[] = [];
  if (gid !== undefined) flags.push(`--regid=${gid}`);
  if (uid !== undefined) flags.push(`--reuid=${uid}`);
  // As Node does: the groups of root are not for the program.
  if (uid !== undefined || gid !== undefined) flags.push('--clear-groups');
  if (noNewPrivileges) flags.push('--no-new-privs');
  if (dropCapabilities) {
    const names =
      dropCapabilities === true ? ['all'] : dropCapabilities.map((name) => name.toLowerCase().replace(/^cap_/, ''));
    const list = names.map((name) => `-${name}`).join(',');
    if (names.length > 0) flags.push(`--inh-caps=${list}`, `--bounding-set=${list}`);
  }
  return flags;
}
