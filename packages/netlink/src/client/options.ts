import type { SocketFactory } from './namespace.ts';
import type { TraceEvent } from './trace.ts';

/** How long a call may take. */
export interface CallOptions {
  /** Gives up on the call when aborted: it rejects with the signal's reason. A change may have been made all the same. */
  readonly signal?: AbortSignal | undefined;
  /** Gives up after this many milliseconds, waiting in the queue included: TimeoutError. */
  readonly timeout?: number | undefined;
}

/** The keys of {@link CallOptions}. */
export const callWords: readonly string[] = ['signal', 'timeout'];

/** Settings of a client. */
export interface RtnetlinkOptions extends CallOptions {
  /**
   * Speak to this namespace; default: the process's own. It is asked for a socket now, and for further ones by
   * `routes.iterate`, `monitor` and `mirror`.
   */
  readonly namespace?: SocketFactory | undefined;
  /** Receive buffer to ask for, bytes. Default: 4 MiB; without CAP_NET_ADMIN `net.core.rmem_max` is the most. */
  readonly receiveBuffer?: number | undefined;
  /** Called with every message sent and received, decoded. */
  readonly trace?: ((event: TraceEvent) => void) | undefined;
}
