import { closeSync, fstatSync, openSync, readlinkSync } from 'node:fs';
import { CLONE, close, ERRNO, ioctl, NS, O, open, SystemError } from '@nsnet/sys';

/** What there is at a path. */
export type Finding =
  /** A network namespace, opened; the caller owns the descriptor. */
  | { readonly kind: 'namespace'; readonly fd: number }
  /** Anything else, in words: `a FIFO`. */
  | { readonly kind: 'other'; readonly what: string }
  /** An ordinary file: what `ip netns` leaves where a mount is missing. */
  | { readonly kind: 'file'; readonly size: number }
  /** A symbolic link that was not to be followed. */
  | { readonly kind: 'link'; readonly target: string };

const NAMESPACE_KINDS: Readonly<Record<number, string>> = {
  [CLONE.NEWCGROUP]: 'a cgroup namespace',
  [CLONE.NEWIPC]: 'an IPC namespace',
  [CLONE.NEWNS]: 'a mount namespace',
  [CLONE.NEWPID]: 'a PID namespace',
  [CLONE.NEWTIME]: 'a time namespace',
  [CLONE.NEWUSER]: 'a user namespace',
  [CLONE.NEWUTS]: 'a UTS namespace',
};

/**
 * Kind of a namespace, one of `CLONE`.
 *
 * @returns undefined if the descriptor is no namespace
 */
export function namespaceKind(fd: number): number | undefined {
  try {
    // Only nsfs may be asked: the number means something else to devices.
    return fstatSync(fd).isFile() ? ioctl(fd, NS.GET_NSTYPE) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Looks at what a path leads to without touching it: a FIFO would block, a device could start something.
 *
 * @param path a path, in bytes if it may be no UTF-8
 * @param follow follow a symbolic link at the end of the path
 * @throws Error of `node:fs`: ENOENT, EACCES, ELOOP …
 */
export function inspect(path: string | Buffer, follow: boolean): Finding {
  const named = openSync(path, O.PATH | (follow ? 0 : O.NOFOLLOW));
  try {
    const self = `/proc/self/fd/${named}`;
    const status = fstatSync(named);
    if (status.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) };
    if (!status.isFile()) return { kind: 'other', what: nameOf(status) };
    const fd = openFile(self);
    const kind = fd === undefined ? undefined : namespaceKind(fd);
    if (fd !== undefined && kind === CLONE.NEWNET) return { kind: 'namespace', fd };
    if (fd !== undefined) close(fd);
    if (kind !== undefined) return { kind: 'other', what: NAMESPACE_KINDS[kind] ?? 'a namespace of another kind' };
    return { kind: 'file', size: status.size };
  } finally {
    closeSync(named);
  }
}

/** An ordinary file that may not be read is no namespace: those are readable for everyone. */
function openFile(path: string): number | undefined {
  try {
    return open(path, O.RDONLY | O.NONBLOCK);
  } catch (error) {
    const errno = error instanceof SystemError ? error.errno : 0;
    if (errno === ERRNO.EACCES || errno === ERRNO.EPERM) return undefined;
    throw error;
  }
}

function nameOf(status: ReturnType<typeof fstatSync>): string {
  if (status.isDirectory()) return 'a directory';
  if (status.isFIFO()) return 'a FIFO';
  if (status.isSocket()) return 'a socket';
  return 'a device';
}

/** What there is, for an error text. */
export function describeFinding(finding: Finding): string {
  if (finding.kind === 'namespace') return 'a network namespace';
  if (finding.kind === 'link') return `a symbolic link to ${finding.target}`;
  if (finding.kind === 'other') return finding.what;
  return finding.size === 0 ? 'an empty file without a mount, left over or from another mount namespace' : 'a file';
}
