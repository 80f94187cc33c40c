import { OPEN_TREE } from './constants.ts';
import { callAt, native } from './native.ts';

const mountCall = native<
  [source: string | null, target: string, type: string | null, flags: number, data: string | null]
>('int mount(const char *, const char *, const char *, unsigned long, const char *)');
const umount2Call = native<[target: string, flags: number]>('int umount2(const char *, int)');

// glibc has wrappers since 2.36 and musl has none; the numbers are the same on every architecture.
const SYS_OPEN_TREE = 428;
const SYS_MOVE_MOUNT = 429;
const openTreeCall = native<[number: number, 'int', number, 'const char *', string, 'unsigned int', number]>(
  'long syscall(long, ...)',
  'open_tree',
);
const moveMountCall = native<
  [
    number: number,
    ...['int', number, 'const char *', string],
    ...['int', number, 'const char *', string],
    ...['unsigned int', number],
  ]
>('long syscall(long, ...)', 'move_mount');

/**
 * `mount(2)`.
 *
 * @param source what to mount; `null` where the call ignores it
 * @param fstype file system type; `null` for bind mounts and changes of propagation
 * @param flags bits of `MS`
 * @param data options of the file system
 * @throws SystemError, its `path` being the target
 */
export function mount(
  source: string | null,
  target: string,
  fstype: string | null,
  flags: number,
  data: string | null,
): void {
  callAt(target, mountCall, source, target, fstype, flags, data);
}

/**
 * `umount2(2)`.
 *
 * @param flags bits of `MNT` and `UMOUNT`
 * @throws SystemError EINVAL (not a mount point), EBUSY, ENOENT …
 */
export function umount2(target: string, flags: number): void {
  callAt(target, umount2Call, target, flags);
}

/**
 * `open_tree(2)`, close-on-exec; Linux 5.2.
 *
 * @param dirfd directory that a relative path starts from, or `AT.FDCWD`
 * @param path may be empty with `AT.EMPTY_PATH`: then `dirfd` itself
 * @param flags bits of `OPEN_TREE` and `AT`
 * @returns a new descriptor, which the caller owns
 * @throws SystemError
 */
export function openTree(dirfd: number, path: string, flags: number): number {
  const all = flags | OPEN_TREE.CLOEXEC;
  return callAt(path, openTreeCall, SYS_OPEN_TREE, 'int', dirfd, 'const char *', path, 'unsigned int', all);
}

/**
 * `move_mount(2)`: attaches what `openTree` has cloned; Linux 5.2.
 *
 * @param fromPath may be empty with `MOVE_MOUNT.F_EMPTY_PATH`: then `fromDirfd` itself
 * @param toPath may be empty with `MOVE_MOUNT.T_EMPTY_PATH`: then `toDirfd` itself
 * @param flags bits of `MOVE_MOUNT`
 * @throws SystemError, its `path` being the target
 */
export function moveMount(fromDirfd: number, fromPath: string, toDirfd: number, toPath: string, flags: number): void {
  const from = ['int', fromDirfd, 'const char *', fromPath] as const;
  const to = ['int', toDirfd, 'const char *', toPath] as const;
  callAt(toPath, moveMountCall, SYS_MOVE_MOUNT, ...from, ...to, 'unsigned int', flags);
}
