import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server, Socket } from 'node:net';

/**
 * The libuv handle behind a socket or server of Node, as far as we touch it. All that depends on what Node does not
 * document is told here.
 */
export interface TcpHandle {
  /** -1 if there is none, or none any more. */
  readonly fd: number;
  /** Takes a descriptor, which is the handle's from then on: what `new Socket({ fd })` does. */
  open(fd: number): number;
  bind6(address: string, port: number, flags: number): number;
  connect6(request: ConnectRequest, address: string, port: number): number;
  getsockname(out: object): number;
  getpeername(out: object): number;
}

/** What is told when a connection is decided. */
export interface ConnectRequest {
  oncomplete(status: number, handle: TcpHandle, request: ConnectRequest, readable: boolean, writable: boolean): void;
}

/** The handle; undefined once the socket is destroyed, or the server closed. */
export function handleOf(owner: Socket | Server): TcpHandle | undefined {
  return Reflect.get(owner, '_handle') ?? undefined;
}

/** The same behind a datagram socket. */
export interface UdpHandle {
  readonly fd: number;
  /** Where datagrams go to; a negative count is an errno. */
  onmessage(count: number, handle: UdpHandle, bytes: Buffer | undefined, sender: object): void;
  recvStart(): number;
  recvStop(): number;
  /** For a socket that is connected without port and address. @returns bytes and one, 0 for later, a negative errno */
  send(request: object, list: Uint8Array[], length: number, ...to: unknown[]): number;
  connect(address: string, port: number): number;
  disconnect(): number;
  getsockname(out: object): number;
  getpeername(out: object): number;
  addMembership(group: string, link?: string): number;
  dropMembership(group: string, link?: string): number;
  setMulticastInterface(link: string): number;
  ref(): void;
  unref(): void;
}

/** The handle; undefined once the socket is closed. */
export function datagramHandleOf(socket: DatagramSocket): UdpHandle | undefined {
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol');
  const state: { handle?: UdpHandle | null } | undefined = key && Reflect.get(socket, key);
  return state?.handle ?? undefined;
}
