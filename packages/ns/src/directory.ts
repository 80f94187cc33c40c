import { chmodSync, fstatSync, mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { close, ERRNO, flock, LOCK, MS, mount, O, open, SystemError } from '@nsnet/sys';
import { NamespaceError } from './errors.ts';

/** Where `ip netns` keeps its names. */
export const NETNS_DIRECTORY = '/run/netns';

/** How long others may hold the lock, milliseconds. */
const LOCK_TIMEOUT = 5000;

/**
 * Opens the directory of names.
 *
 * @returns a descriptor, which the caller owns
 * @throws SystemError ENOENT: there is none yet
 * @throws NamespaceError ERR_NAMESPACE_DIRECTORY: others than root or we could have planted something there
 */
export function openDirectory(path: string): number {
  const fd = open(path, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
  try {
    const { uid, mode } = fstatSync(fd);
    const writable = (mode & 0o022) !== 0;
    if (writable || (uid !== 0 && uid !== process.geteuid?.())) {
      const owner = writable ? 'can be written by others than its owner' : `belongs to user ${uid}`;
      throw new NamespaceError(`The directory ${path} ${owner}, so that its names can't be trusted.`, {
        code: 'ERR_NAMESPACE_DIRECTORY',
        step: 'directory',
      });
    }
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

/**
 * Makes the directory if it is missing, and makes it a shared mount, as `ip netns add` does: names appear and go in
 * every mount namespace of the host then. The lock is the one of `ip netns`: without it, two processes that do this for
 * the first time mount it on itself twice.
 *
 * @throws SystemError EACCES, EROFS, EPERM …
 * @throws NamespaceError ERR_NAMESPACE_DIRECTORY
 */
export async function prepareDirectory(path: string): Promise<void> {
  makeDirectory(path);
  const fd = openDirectory(path);
  try {
    await lock(fd, path);
    share(path);
  } finally {
    close(fd); // Unlocks it.
  }
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o755 });
    chmodSync(path, 0o755); // The umask took some away.
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/** `flock(LOCK_EX)` without holding up the event loop. */
async function lock(fd: number, path: string): Promise<void> {
  const deadline = performance.now() + LOCK_TIMEOUT;
  for (let pause = 1; ; pause = Math.min(50, pause * 2)) {
    try {
      flock(fd, LOCK.EX | LOCK.NB);
      return;
    } catch (error) {
      if (!(error instanceof SystemError) || error.errno !== ERRNO.EAGAIN) throw error;
      if (performance.now() > deadline) {
        const message = `Another process holds the lock of ${path} for more than ${LOCK_TIMEOUT / 1000} s.`;
        throw new NamespaceError(message, { code: 'ERR_NAMESPACE_BUSY', step: 'directory', cause: error });
      }
    }
    await delay(pause);
  }
}

/** `mount --make-shared`, preceded by `mount --bind` onto itself if it is no mount point. */
function share(path: string): void {
  try {
    mount('', path, 'none', MS.SHARED | MS.REC, null);
    return;
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno !== ERRNO.EINVAL) throw error;
  }
  mount(path, path, 'none', MS.BIND | MS.REC, null);
  mount('', path, 'none', MS.SHARED | MS.REC, null);
}
