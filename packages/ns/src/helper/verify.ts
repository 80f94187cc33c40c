import { CLONE, close, getsockoptInt, SO, SOL } from '@nsnet/sys';
import { NamespaceError } from '../errors.ts';
import { namespaceKind } from '../inspect.ts';

/**
 * Makes sure that what came from the helper is what was asked for. Closes it if not.
 *
 * @throws NamespaceError ERR_HELPER_PROTOCOL
 */
export function verifySocket(fd: number, domain: number): number {
  return verify(fd, 'socket', domainOf(fd) === domain);
}

/** The same for a network namespace. */
export function verifyNamespace(fd: number): number {
  return verify(fd, 'network namespace', namespaceKind(fd) === CLONE.NEWNET);
}

function verify(fd: number, what: string, right: boolean): number {
  if (right) return fd;
  close(fd);
  throw new NamespaceError(`The helper process handed over something else than a ${what}.`, {
    code: 'ERR_HELPER_PROTOCOL',
    step: 'helper',
  });
}

function domainOf(fd: number): number | undefined {
  try {
    return getsockoptInt(fd, SOL.SOCKET, SO.DOMAIN);
  } catch {
    return undefined; // No socket at all.
  }
}
