import { AF, close, getsockopt, ioctl, NS, SO, SOCK, SOL } from '@nsnet/sys';
import type { HelperClient } from './helper/client.ts';

/**
 * The cookie of a namespace: 64 bits that no other namespace gets until the next boot. Its inode number, in contrast,
 * goes to the next namespace at once.
 *
 * @throws NamespaceError on kernels before 5.14, which have none
 */
export async function cookieOf(fd: number, helper: HelperClient): Promise<bigint> {
  const bytes = Buffer.alloc(8);
  try {
    ioctl(fd, NS.GET_ID, bytes); // Linux 6.17
    return bytes.readBigUInt64LE();
  } catch {
    return cookieOfSocket(fd, helper);
  }
}

/** What a socket in the namespace says, for kernels before 6.17. */
export async function cookieOfSocket(namespace: number, helper: HelperClient): Promise<bigint> {
  const asked = 'identify a namespace';
  const fd = await helper.make({
    operation: 'socket',
    fd: namespace,
    numbers: [AF.UNIX, SOCK.DGRAM, 0],
    asked,
    step: 'socket',
  });
  try {
    return getsockopt(fd, SOL.SOCKET, SO.NETNS_COOKIE, 8).readBigUInt64LE();
  } finally {
    close(fd);
  }
}
