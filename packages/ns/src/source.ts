import { CLONE, close, dup, ioctl, O, open, PIDFD, pidfdOpen, pidfdSendSignal, SystemError } from '@nsnet/sys';
import { NamespaceError, refused } from './errors.ts';
import { inspect, namespaceKind } from './inspect.ts';
import { checkName } from './name.ts';
import { type Names, notANamespace } from './names.ts';

/** How to say which namespace: by name, by a process in it, by a file, by a descriptor. */
export type NamespaceSource = string | { readonly pid: number } | { readonly path: string } | { readonly fd: number };

/** Largest process number there can be, `PID_MAX_LIMIT`. */
const PID_MAX = 2 ** 22;

/**
 * Opens what a source says.
 *
 * @param names where names are looked up
 * @returns a descriptor, which the caller owns
 * @throws NamespaceError
 */
export function openSource(source: NamespaceSource, names: Names): number {
  if (typeof source === 'string') {
    checkName(source);
    return names.open(source);
  }
  if (typeof source === 'object' && source !== null) {
    if ('pid' in source) return openProcess(source.pid);
    if ('path' in source) return openPath(source.path);
    if ('fd' in source) return openDescriptor(source.fd);
  }
  throw badSource('say a name, { pid }, { path } or { fd }');
}

/**
 * Opens the namespace of a process, through a pidfd: another process that gets the number meanwhile is not mistaken
 * for it.
 *
 * @returns a descriptor, which the caller owns
 * @throws NamespaceError ESRCH: no such process; EACCES
 */
export function openProcess(pid: number): number {
  const asked = `open the namespace of process ${pid}`;
  if (!Number.isInteger(pid) || pid <= 0 || pid > PID_MAX) throw badSource(`${pid} is no process number`);
  try {
    const pidfd = pidfdOpen(pid);
    try {
      return namespaceOfPidfd(pidfd) ?? namespaceWhileAlive(pidfd, pid);
    } finally {
      close(pidfd);
    }
  } catch (error) {
    throw refused({ asked, step: 'open', namespace: `process ${pid}` }, error);
  }
}

/** Linux 6.11; undefined before. */
function namespaceOfPidfd(pidfd: number): number | undefined {
  try {
    return ioctl(pidfd, PIDFD.GET_NET_NAMESPACE);
  } catch (error) {
    if (error instanceof SystemError && ['ENOTTY', 'EINVAL', 'ENOSYS'].includes(error.code)) return undefined;
    throw error;
  }
}

/** What was opened by number belongs to the process of the pidfd, if that is still there afterwards: before 6.11. */
export function namespaceWhileAlive(pidfd: number, pid: number): number {
  let fd: number;
  try {
    fd = open(`/proc/${pid}/ns/net`, O.RDONLY);
  } catch (error) {
    // ENOENT: a process that has ended, and that nobody has waited for yet.
    const ended = error instanceof SystemError && error.code === 'ENOENT';
    throw ended ? new SystemError(3, 'open') : error;
  }
  try {
    pidfdSendSignal(pidfd, 0);
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

/**
 * Opens a file that is a namespace: `/proc/PID/ns/net`, `/run/docker/netns/…`.
 *
 * @returns a descriptor, which the caller owns
 * @throws NamespaceError ENOENT, EACCES, ERR_NOT_A_NAMESPACE
 */
export function openPath(path: string): number {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) throw badSource(`'${path}' is no path`);
  const asked = `open the namespace at ${path}`;
  try {
    const finding = inspect(path, true);
    if (finding.kind === 'namespace') return finding.fd;
    throw notANamespace(asked, undefined, path, finding);
  } catch (error) {
    throw refused({ asked, step: 'open' }, error);
  }
}

/**
 * Takes a descriptor that is a namespace.
 *
 * @returns a duplicate, which the caller owns
 * @throws NamespaceError EBADF, ERR_NOT_A_NAMESPACE
 */
export function openDescriptor(fd: number): number {
  if (!Number.isInteger(fd) || fd < 0 || fd > 0x7fffffff) throw badSource(`${fd} is no descriptor`);
  const asked = `open the namespace of descriptor ${fd}`;
  try {
    const copy = dup(fd);
    if (namespaceKind(copy) === CLONE.NEWNET) return copy;
    close(copy);
    const finding = inspect(`/proc/self/fd/${fd}`, true);
    if (finding.kind === 'namespace') return finding.fd; // A descriptor opened with O_PATH.
    throw notANamespace(asked, undefined, `descriptor ${fd}`, finding);
  } catch (error) {
    throw refused({ asked, step: 'open' }, error);
  }
}

/** ERR_NAMESPACE_SOURCE. */
function badSource(reason: string): NamespaceError {
  return new NamespaceError(`Can't tell which namespace is meant: ${reason}.`, {
    code: 'ERR_NAMESPACE_SOURCE',
    step: 'open',
  });
}
