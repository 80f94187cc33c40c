import {
  AF,
  bind,
  close,
  connect,
  getsockname,
  getsockoptInt,
  MSG,
  NETLINK,
  netlinkAddress,
  parseAddress,
  SO,
  SOCK,
  SOL,
  SystemError,
  sendAsync,
  setsockopt,
  socket,
  tryRecv,
  trySend,
  type Watcher,
  watchReadable,
} from '@nsnet/sys';
import type { RawSocket } from './raw-socket.ts';

/** Opens a socket of `(domain, type, protocol)` somewhere; the caller owns the descriptor. */
export type OpenSocket = (domain: number, type: number, protocol: number) => number | Promise<number>;

/** What a netlink socket is opened for. */
export interface NetlinkSocketOptions {
  /** `NETLINK_ROUTE` (0), `NETLINK_NETFILTER` (12), `NETLINK_GENERIC` (16) …. */
  readonly protocol: number;
  /** Receive buffer to ask for, bytes. */
  readonly receiveBuffer: number;
  /** Where: default, the process's own namespace. */
  readonly open?: OpenSocket;
}

/** Opens an AF_NETLINK socket for requests: connected to the kernel, with extended acks and strict checking. */
export async function openNetlinkSocket({
  protocol,
  receiveBuffer,
  open = socket,
}: NetlinkSocketOptions): Promise<NetlinkSocket> {
  const fd = await open(AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC | SOCK.NONBLOCK, protocol);
  try {
    return new NetlinkSocket(fd, receiveBuffer);
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** A request socket over FFI. It owns its descriptor. */
export class NetlinkSocket implements RawSocket {
  readonly port: number;
  readonly receiveBuffer: number;
  readonly sendLimit: number;
  #fd: number;
  #sending = 0;
  #closed = false;
  #watcher: Watcher | undefined;

  /** Takes over the AF_NETLINK socket `fd`, which must be unbound and in the namespace to speak to. */
  constructor(fd: number, receiveBuffer: number) {
    this.#fd = fd;
    for (const option of [NETLINK.EXT_ACK, NETLINK.CAP_ACK, NETLINK.GET_STRICT_CHK]) enable(fd, option);
    setReceiveBuffer(fd, receiveBuffer);
    // Autobind; then connect, so that the kernel refuses unicast from anybody but itself (another program that
    // knows our port could otherwise forge answers).
    bind(fd, netlinkAddress({ port: 0, groups: 0 }));
    connect(fd, netlinkAddress({ port: 0, groups: 0 }));
    const address = parseAddress(getsockname(fd));
    this.port = address.family === 'netlink' ? address.port : 0;
    this.receiveBuffer = getsockoptInt(fd, SOL.SOCKET, SO.RCVBUF);
    // netlink_sendmsg(): EMSGSIZE when the datagram is longer than sk_sndbuf - 32.
    this.sendLimit = getsockoptInt(fd, SOL.SOCKET, SO.SNDBUF) - 32;
  }

  send(bytes: Uint8Array, length: number): number {
    return this.#closed ? -EBADF : trySend(this.#fd, bytes, 0, length, 0);
  }

  async sendBlocking(bytes: Uint8Array, length: number): Promise<number> {
    if (this.#closed) return -EBADF;
    this.#sending++;
    try {
      return await sendAsync(this.#fd, bytes, 0, length, 0);
    } finally {
      // A descriptor that a thread is using must not be closed under it: its number could be somebody else's by then.
      this.#sending--;
      if (this.#closed && this.#sending === 0) close(this.#fd);
    }
  }

  receive(into: Uint8Array): number {
    return this.#closed ? -EBADF : tryRecv(this.#fd, into, 0, into.length, MSG.DONTWAIT | MSG.TRUNC);
  }

  watch(callback: (() => void) | undefined): void {
    this.#watcher?.close();
    this.#watcher = callback === undefined || this.#closed ? undefined : watchReadable(this.#fd, callback);
  }

  close(): void {
    if (this.#closed) return;
    this.watch(undefined);
    this.#closed = true;
    if (this.#sending === 0) close(this.#fd);
  }
}

const EBADF = 9;

/** Sets a boolean netlink option; kernels without it (ENOPROTOOPT) do without. */
function enable(fd: number, option: number): void {
  try {
    setsockopt(fd, SOL.NETLINK, option, 1);
  } catch (error) {
    if (!(error instanceof SystemError && error.code === 'ENOPROTOOPT')) throw error;
  }
}

/** Asks for `bytes` past the administrator's limit, then within it: without CAP_NET_ADMIN the limit holds. */
export function setReceiveBuffer(fd: number, bytes: number): void {
  try {
    setsockopt(fd, SOL.SOCKET, SO.RCVBUFFORCE, bytes);
  } catch {
    setsockopt(fd, SOL.SOCKET, SO.RCVBUF, bytes);
  }
}
