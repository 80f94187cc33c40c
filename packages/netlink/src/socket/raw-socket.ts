/**
 * Datagrams to and from the kernel. It moves bytes and knows no messages; everything above works with any
 * implementation: FFI, the `netlink` addon, or a kernel that is a function.
 *
 * Numbers that can fail are negative errnos instead of exceptions: EAGAIN and ENOBUFS are ordinary here.
 */
export interface RawSocket {
  /** Netlink port id (`nl_pid`) the kernel knows us by. */
  readonly port: number;
  /** Bytes of receive buffer granted (`SO_RCVBUF`, as the kernel counts it: overhead included). */
  readonly receiveBuffer: number;
  /** Longest datagram that one send takes, bytes. */
  readonly sendLimit: number;
  /** Sends `bytes[0, length)`; the kernel carries out what it says before this returns. */
  send(bytes: Uint8Array, length: number): number;
  /** The same off the main thread, for requests that make the kernel wait. `bytes` must not change meanwhile. */
  sendBlocking(bytes: Uint8Array, length: number): Promise<number>;
  /**
   * Receives one datagram if one is there: its length, which is more than `into.length` if it was cut off;
   * `-EAGAIN` when there is none; `-ENOBUFS` once after datagrams were lost.
   */
  receive(into: Uint8Array): number;
  /** Calls `callback` whenever there may be something to receive, and keeps the process alive, until told undefined. */
  watch(callback: (() => void) | undefined): void;
  /** Closes it for good; idempotent. */
  close(): void;
}
