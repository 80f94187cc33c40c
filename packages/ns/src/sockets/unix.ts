import { lstatSync, unlinkSync } from 'node:fs';
import { type Server, Socket } from 'node:net';
import { AF, bind, close, connect, ERRNO, SOCK, SystemError, unixAddress } from '@nsnet/sys';
import type { Bound } from './bound.ts';
import { asNetworkError, networkError, type Where } from './node-error.ts';
import type { SocketPlace } from './place.ts';

/**
 * Opens a unix socket in the namespace and binds it to a path, which is the file system's and not the namespace's, or to
 * an abstract name, which is the namespace's.
 *
 * @throws Error as `server.listen`
 * @throws NamespaceError the socket can't be opened
 */
export async function bindUnix(place: SocketPlace, path: string): Promise<Bound> {
  const where = { address: path, port: -1 };
  const address = addressOf(path, 'listen', where);
  const fd = await openUnix(place);
  try {
    bind(fd, address);
    const undo = isAbstract(path) ? () => {} : remover(path);
    return { fd, where, undo, introduce: (server) => introduce(server, path, undo) };
  } catch (error) {
    close(fd);
    // As libuv tells it: a directory that isn't there is one that can't be written to.
    if (error instanceof SystemError && error.code === 'ENOENT') throw networkError(ERRNO.EACCES, 'listen', where);
    throw asNetworkError(error, 'listen', where);
  }
}

/**
 * Connects with a unix socket, from inside the namespace. That is done at once or never.
 *
 * @throws Error as `net.connect`: ENOENT, ECONNREFUSED, EAGAIN: too many are waiting …
 * @throws NamespaceError the socket can't be opened
 */
export async function connectUnix(place: SocketPlace, path: string, allowHalfOpen = false): Promise<Socket> {
  const where = { address: path };
  const address = addressOf(path, 'connect', where);
  const fd = await openUnix(place);
  try {
    connect(fd, address);
    return new Socket({ fd, allowHalfOpen });
  } catch (error) {
    close(fd);
    throw asNetworkError(error, 'connect', where);
  }
}

function openUnix(place: SocketPlace): Promise<number> {
  return place.socket(AF.UNIX, SOCK.STREAM | SOCK.NONBLOCK, 0);
}

function isAbstract(path: string): boolean {
  return path.startsWith('\0');
}

function addressOf(path: string, syscall: string, where: Where): Buffer {
  try {
    return unixAddress(path);
  } catch {
    // Too long, or with NUL inside.
    throw networkError(ERRNO.EINVAL, syscall, where);
  }
}

/** Removes the file that was made just now, unless there is another in its place. */
function remover(path: string): () => void {
  const inode = (): string => {
    const { dev, ino } = lstatSync(path, { bigint: true });
    return `${dev} ${ino}`;
  };
  const made = inode();
  return () => {
    try {
      if (inode() === made) unlinkSync(path);
    } catch {
      // Somebody else has removed it.
    }
  };
}

function introduce(server: Server, path: string, undo: () => void): void {
  // What `server.address()` answers: Node keeps the path here, and never asks a unix socket for it.
  Reflect.set(server, '_pipeName', path);
  server.prependOnceListener('close', undo);
}
