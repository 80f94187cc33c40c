import type { Server, Socket } from 'node:net';
import {
  AF,
  bind,
  close,
  connect,
  dup,
  ERRNO,
  getpeername,
  getsockname,
  getsockoptInt,
  parseAddress,
  SO,
  SOL,
  SystemError,
  watchWritable,
} from '@nsnet/sys';
import { interfaceName, parseLiteral, socketAddress } from './address.ts';
import { handleOf, type TcpHandle } from './handle.ts';

/**
 * Link-local addresses belong to a link: `fe80::1%eth0`. Node and libuv look for the link's name and index in the
 * namespace of the process: they connect by another link, show the name of another one, or throw ENXIO for an index they
 * haven't got. Here is what asks the socket instead, which knows the links of its namespace.
 */

/** Lets a socket bind, connect and be shown with link-local addresses, by doing four of its handle's calls here. */
export function useLinksOf(handle: TcpHandle, socket: Socket): void {
  showLinksOf(handle);
  handle.bind6 = (address, port) => result(() => bind(handle.fd, encode(handle.fd, address, port)));
  handle.connect6 = (request, address, port) => {
    const status = result(() => connect(handle.fd, encode(handle.fd, address, port)));
    if (status !== 0 && status !== -ERRNO.EINPROGRESS) return status;
    // libuv has the descriptor, and may close it any time.
    const own = dup(handle.fd);
    const watcher = watchWritable(own, () => {
      const error = getsockoptInt(own, SOL.SOCKET, SO.ERROR);
      end();
      request.oncomplete(-error, handle, request, true, true);
    });
    const end = () => {
      if (watcher.closed) return;
      watcher.close();
      close(own);
      socket.off('close', end);
    };
    socket.on('close', end);
    return 0;
  };
}

/** Lets connections of a server be shown with link-local addresses, and its own address. */
export function showLinksOfServer(server: Server): void {
  const handle = handleOf(server);
  if (handle && isBoundToLinkLocal(handle.fd)) showLinksOf(handle);
  const accepted = (socket: Socket) => {
    const handle = handleOf(socket);
    if (handle && isBoundToLinkLocal(handle.fd)) showLinksOf(handle);
  };
  server.prependListener('connection', accepted);
  server.once('close', () => server.off('connection', accepted));
}

/** Shows the addresses of one socket as its namespace does. */
export function showLinksOf(handle: Pick<TcpHandle, 'fd' | 'getsockname' | 'getpeername'>): void {
  handle.getsockname = (out) => result(() => Object.assign(out, describe(handle.fd, getsockname(handle.fd))));
  handle.getpeername = (out) => result(() => Object.assign(out, describe(handle.fd, getpeername(handle.fd))));
}

/** Looks at the bytes: it is done for every connection. */
function isBoundToLinkLocal(fd: number): boolean {
  const name = getsockname(fd);
  return name.readUInt16LE() === AF.INET6 && name[8] === 0xfe && ((name[9] ?? 0) & 0xc0) === 0x80;
}

/** An IPv6 address as Node describes it. */
export function describe(fd: number, bytes: Uint8Array): { address: string; family: string; port: number } | undefined {
  const parsed = parseAddress(bytes);
  if (parsed.family !== 'inet6') return undefined;
  const { address, port, scopeId } = parsed;
  const zone = scopeId === 0 ? '' : `%${interfaceName(fd, scopeId)}`;
  return { address: `${address}${zone}`, family: 'IPv6', port };
}

/** `struct sockaddr_in6` of what Node gives to a handle. */
export function encode(fd: number, text: string, port: number): Buffer {
  return socketAddress(fd, parseLiteral(text) ?? { address: text, family: 6 }, port);
}

/** As libuv answers: 0, or a negative errno. */
export function result(action: () => unknown): number {
  try {
    action();
    return 0;
  } catch (error) {
    if (error instanceof SystemError) return -error.errno;
    throw error;
  }
}
