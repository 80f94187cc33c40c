import { setTimeout as delay } from 'node:timers/promises';
import {
  AT,
  close,
  ERRNO,
  MNT,
  MOVE_MOUNT,
  MS,
  mount,
  moveMount,
  O,
  OPEN_TREE,
  openat,
  openTree,
  SystemError,
  UMOUNT,
  umount2,
  unlinkat,
} from '@nsnet/sys';
import { openDirectory } from './directory.ts';

/** More mounts than this on one name are nobody's accident. */
const MAX_STACKED = 64;
/** Tries to remove a file that is a mount point elsewhere; kernels before 4.x keep it for a moment. */
const UNLINK_TRIES = 10;

/**
 * Gives a namespace a name: a file in the directory with the namespace mounted on it, what `ip netns add` does.
 * Synchronous from the first check to the last, and nothing is left behind by a failure.
 *
 * @param directory prepared by `prepareDirectory`
 * @param fd the namespace
 * @throws SystemError EEXIST: the name is taken; EPERM, ENOSPC …
 */
export function pin(directory: string, name: string, fd: number): void {
  const dirfd = openDirectory(directory);
  try {
    // First what can fail without traces. Linux 5.2; undefined before.
    const tree = cloneMount(fd);
    try {
      const file = openat(dirfd, name, O.RDONLY | O.CREAT | O.EXCL | O.NOFOLLOW, 0);
      try {
        if (tree === undefined) mountOn(file, fd);
        else moveMount(tree, '', dirfd, name, MOVE_MOUNT.F_EMPTY_PATH); // Follows no link at the end.
      } catch (error) {
        removeQuietly(dirfd, name);
        throw error;
      } finally {
        close(file);
      }
    } finally {
      if (tree !== undefined) close(tree);
    }
  } finally {
    close(dirfd);
  }
}

/** After a failure, which is what the caller hears of. */
function removeQuietly(dirfd: number, name: string): void {
  try {
    unlinkat(dirfd, name, 0);
  } catch {
    // Somebody else was faster.
  }
}

function cloneMount(fd: number): number | undefined {
  try {
    return openTree(fd, '', OPEN_TREE.CLONE | AT.EMPTY_PATH);
  } catch (error) {
    if (error instanceof SystemError && error.errno === ERRNO.ENOSYS) return undefined;
    throw error;
  }
}

/** `mount --bind` onto the very file that was made, whatever its name leads to now. */
export function mountOn(file: number, fd: number): void {
  mount(`/proc/self/fd/${fd}`, `/proc/self/fd/${file}`, 'none', MS.BIND, null);
}

/**
 * Takes a name away: unmounts what is mounted on it and removes the file. Never follows a link at the name.
 *
 * @throws SystemError ENOENT, EPERM, EBUSY: still a mount point in another mount namespace
 */
export async function unpin(directory: string, name: string): Promise<void> {
  const dirfd = openDirectory(directory);
  try {
    unmountAll(`/proc/self/fd/${dirfd}/${name}`);
    for (let tries = 1; ; tries++) {
      try {
        unlinkat(dirfd, name, 0);
        return;
      } catch (error) {
        const busy = error instanceof SystemError && error.errno === ERRNO.EBUSY;
        if (!busy || tries === UNLINK_TRIES) throw error;
      }
      await delay(20);
      unmountAll(`/proc/self/fd/${dirfd}/${name}`);
    }
  } finally {
    close(dirfd);
  }
}

/** Until there is no mount any more: names can be mounted upon several times. */
function unmountAll(path: string): void {
  for (let count = 0; count < MAX_STACKED; count++) {
    try {
      umount2(path, MNT.DETACH | UMOUNT.NOFOLLOW);
    } catch (error) {
      // No mount point, or a link.
      if (error instanceof SystemError && error.errno === ERRNO.EINVAL) return;
      throw error;
    }
  }
}
