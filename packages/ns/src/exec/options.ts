import type { SpawnOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { NamespaceError } from '../errors.ts';
import { shown } from '../name.ts';
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

/** The options there are: those of `child_process`, of `run`, and our own. */
const known = [
  ...['argv0', 'cwd', 'detached', 'encoding', 'env', 'gid', 'input', 'killSignal', 'serialization', 'shell', 'signal'],
  ...['stdio', 'timeout', 'uid', 'windowsHide', 'windowsVerbatimArguments'],
  ...['mountNamespace', 'noNewPrivileges', 'dropCapabilities'],
];

/** Refuses options that would be passed over: a program must not run with less isolation than was asked for. */
export function checkOptions(options: object, asked: string, namespace: string | undefined): void {
  const unknown = Object.entries(options).flatMap(([name, value]) =>
    value === undefined || known.includes(name) ? [] : [name],
  );
  if (unknown.length === 0) return;
  const message = `Can't ${asked}: there is no option ${unknown.join(', ')}. The options are ${known.join(', ')}.`;
  throw new NamespaceError(message, { code: 'ERR_NAMESPACE_OPTION', step: 'execute', namespace });
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
  const privileges = privilegeFlags(options, namespace);
  // Last: entering and mounting need the rights that are given up here.
  if (privileges.length > 0) add('setpriv', ...privileges);
  return { words, tools };
}

/** Arguments of `setpriv`. */
function privilegeFlags(options: SpawnOptions & ExecOptions, namespace: string | undefined): string[] {
  const { uid, gid, noNewPrivileges, dropCapabilities } = options;
  const flags: string[] = [];
  if (gid !== undefined) flags.push(`--regid=${checkedId(gid, 'gid', namespace)}`);
  if (uid !== undefined) flags.push(`--reuid=${checkedId(uid, 'uid', namespace)}`);
  // As Node does: the groups of root are not for the program.
  if (uid !== undefined || gid !== undefined) flags.push('--clear-groups');
  if (noNewPrivileges) flags.push('--no-new-privs');
  if (dropCapabilities) {
    const names =
      dropCapabilities === true ? ['all'] : dropCapabilities.map((name) => checkedCapability(name, namespace));
    const list = names.map((name) => `-${name}`).join(',');
    if (names.length > 0) flags.push(`--inh-caps=${list}`, `--bounding-set=${list}`);
  }
  return flags;
}

/** `setpriv` would fail over these, which would look like a failure of the program. */
function checkedId(id: number, option: string, namespace: string | undefined): number {
  if (Number.isInteger(id) && id >= 0 && id < 2 ** 32 - 1) return id;
  throw invalid(`${option} ${id} is no user or group number`, namespace);
}

function checkedCapability(name: string, namespace: string | undefined): string {
  const short = String(name).toLowerCase().replace(/^cap_/, '');
  if (CAPABILITIES.has(short)) return short;
  throw invalid(`there is no capability '${shown(name)}'`, namespace);
}

function invalid(reason: string, namespace: string | undefined): NamespaceError {
  const message = `Can't run a program with these rights: EINVAL: ${reason}.`;
  return new NamespaceError(message, { code: 'EINVAL', errno: 22, step: 'privileges', namespace });
}

/** Names of `linux/capability.h`, without `CAP_`, that `setpriv` knows. */
const CAPABILITIES: ReadonlySet<string> = new Set(
  (
    'chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service ' +
    'net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct ' +
    'sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap ' +
    'mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore'
  ).split(' '),
);
