/**
 * The setns helper: a small process that enters network namespaces, makes a descriptor there, comes back and hands it
 * over. Node itself never changes namespace, because its threads would end up in different ones.
 *
 * It waits in a blocking `recvmsg` on the main thread, without an event loop, and ends when the other side closes the
 * socket or does not keep to the protocol.
 */
import { readFileSync } from 'node:fs';
import {
  AF,
  close,
  ERRNO,
  getsockopt,
  getsockoptInt,
  MSG,
  PR,
  prctl,
  recvmsg,
  SO,
  SOL,
  SystemError,
  sendmsg,
} from '@nsnet/sys';
import {
  create,
  findHome,
  type Home,
  listSysctls,
  type Outcome,
  openSocket,
  openSysctl,
  readSysctl,
  writeSysctl,
} from './operations.ts';
import { decodeRequest, encodeReply, MAX_FRAME, type Request } from './protocol.ts';

/** The control socket; the client put it there. */
const CONTROL = 3;
/** Exit status: started by hand, or spoken to in no language we know. */
const EXIT_PROTOCOL = 2;

/** `create` and `hello` are the only operations that bring no namespace along. */
function perform(home: Home, namespace: number | undefined, request: Request): Outcome {
  if (request.operation === 'hello') return { value: process.pid, data: capabilities() };
  if (request.operation === 'create') return create(home);
  if (namespace === undefined) return { errno: ERRNO.EBADF, step: 'request' };
  if (request.operation === 'socket') return openSocket(home, namespace, request);
  if (request.operation === 'open') return openSysctl(home, namespace, request);
  if (request.operation === 'read') return readSysctl(home, namespace, request);
  if (request.operation === 'write') return writeSysctl(home, namespace, request);
  return listSysctls(home, namespace, request);
}

/** The effective capabilities, 64 bits: error texts name what is missing. */
function capabilities(): Buffer {
  const bytes = Buffer.alloc(8);
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  bytes.writeBigUInt64LE(BigInt(`0x${hex}`));
  return bytes;
}

/** Answers one request; its descriptors are closed whatever happens. */
function answer(home: Home, frame: Buffer, fds: readonly number[], fdsLost: boolean): void {
  let made: number | undefined;
  try {
    const request = decodeRequest(frame);
    if (request === undefined) process.exit(EXIT_PROTOCOL);
    if (typeof request === 'number') {
      reply(encodeReply({ id: request, errno: ERRNO.EINVAL, step: 'request' }));
    } else if (fdsLost) {
      // No free number here, or more descriptors than one.
      reply(encodeReply({ id: request.id, errno: fds.length > 0 ? ERRNO.EINVAL : ERRNO.EMFILE, step: 'request' }));
    } else {
      const outcome = perform(home, fds[0], request);
      made = outcome.fd;
      reply(encodeReply({ ...outcome, id: request.id }), made);
    }
  } finally {
    if (made !== undefined) close(made);
    for (const fd of fds) close(fd);
  }
}

function reply(frame: Buffer, fd?: number): void {
  sendmsg(CONTROL, { data: frame, ...(fd === undefined ? {} : { fds: [fd] }) }, MSG.NOSIGNAL);
}

/** The other side must be who started us: a socketpair made by the same user. */
function isOurs(): boolean {
  const uid = getsockopt(CONTROL, SOL.SOCKET, SO.PEERCRED, 12).readUInt32LE(4);
  return getsockoptInt(CONTROL, SOL.SOCKET, SO.DOMAIN) === AF.UNIX && uid === process.getuid?.();
}

function serve(): void {
  // A terminal's Ctrl-C and a service manager's SIGTERM are for the process we serve: it may need us to clean up.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2']) process.on(signal, () => {});
  if (!isOurs()) process.exit(EXIT_PROTOCOL);
  prctl(PR.SET_NO_NEW_PRIVS, 1);
  const home = findHome();
  const buffer = Buffer.alloc(MAX_FRAME);
  for (;;) {
    const { length, fds, truncated, controlTruncated } = recvmsg(CONTROL, buffer, { maxFds: 1 });
    if (length === 0 || truncated) process.exit(truncated ? EXIT_PROTOCOL : 0);
    answer(home, buffer.subarray(0, length), fds, controlTruncated);
  }
}

try {
  serve();
} catch (error) {
  // The other side has gone, which is how every helper ends.
  const gone = error instanceof SystemError && ['EPIPE', 'ECONNRESET'].includes(error.code);
  if (!gone) process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exit(gone ? 0 : EXIT_PROTOCOL);
}
