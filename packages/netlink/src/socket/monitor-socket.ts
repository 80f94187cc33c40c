import {
  AF,
  bind,
  close,
  MSG,
  NETLINK,
  netlinkAddress,
  parseAddress,
  SOCK,
  SOL,
  setsockopt,
  socket,
  tryRecvmsg,
  type Watcher,
  watchReadable,
} from '@nsnet/sys';
import { type OpenSocket, setReceiveBuffer } from './netlink-socket.ts';

/** What a monitor socket is opened for. */
export interface MonitorSocketOptions {
  /** `NETLINK_ROUTE` (0) …. */
  readonly protocol: number;
  /** Multicast groups to join, by number. */
  readonly groups: readonly number[];
  /** Receive buffer to ask for, bytes: what holds the events until they are taken. */
  readonly receiveBuffer: number;
  /** Hear the events of all namespaces that have a number in this one. */
  readonly allNamespaces?: boolean;
  /** Where: default, the process's own namespace. */
  readonly open?: OpenSocket;
}

/** One received datagram of events. */
export interface Received {
  /** Its length; negative errno: `-EAGAIN` when there is none, `-ENOBUFS` after events were lost. */
  readonly length: number;
  /** Number of the namespace it comes from; absent for the socket's own. */
  readonly nsid: number | undefined;
}

/** Events of the kernel, over FFI. */
export class MonitorSocket {
  readonly #fd: number;
  #watcher: Watcher | undefined;
  #closed = false;
  /** Datagrams dropped because the sender was not the kernel: any root program can multicast. */
  forged = 0;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Opens the socket and joins the groups: from when this resolves, no event is missed without `-ENOBUFS`. */
  static async open({
    protocol,
    groups,
    receiveBuffer,
    allNamespaces,
    open = socket,
  }: MonitorSocketOptions): Promise<MonitorSocket> {
    const fd = await open(AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC | SOCK.NONBLOCK, protocol);
    try {
      setReceiveBuffer(fd, receiveBuffer);
      if (allNamespaces) setsockopt(fd, SOL.NETLINK, NETLINK.LISTEN_ALL_NSID, 1);
      bind(fd, netlinkAddress({ port: 0, groups: 0 }));
      // Groups above 32 don't fit into the bind mask.
      for (const group of groups) setsockopt(fd, SOL.NETLINK, NETLINK.ADD_MEMBERSHIP, group);
    } catch (error) {
      close(fd);
      throw error;
    }
    return new MonitorSocket(fd);
  }

  /** Receives the next datagram of the kernel. */
  receive(into: Uint8Array): Received {
    while (!this.#closed) {
      const message = tryRecvmsg(this.#fd, into, { flags: MSG.DONTWAIT, maxFds: 0, controlLength: 64 });
      if (typeof message === 'number') return { length: message, nsid: undefined };
      const sender = message.address === undefined ? undefined : parseAddress(message.address);
      if (sender?.family !== 'netlink' || sender.port !== 0) {
        this.forged++;
        continue;
      }
      const nsid = message.control.find(({ level, type }) => level === SOL.NETLINK && type === NETLINK.LISTEN_ALL_NSID);
      return { length: message.length, nsid: nsid?.data.readInt32LE(0) };
    }
    return { length: -EBADF, nsid: undefined };
  }

  /** Calls `callback` when there may be something to receive, until told undefined. */
  watch(callback: (() => void) | undefined): void {
    this.#watcher?.close();
    this.#watcher = callback === undefined || this.#closed ? undefined : watchReadable(this.#fd, callback);
  }

  /** Closes it for good; idempotent. */
  close(): void {
    if (this.#closed) return;
    this.watch(undefined);
    this.#closed = true;
    close(this.#fd);
  }
}

const EBADF = 9;
