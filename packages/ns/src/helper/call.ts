import type { Reply } from './protocol.ts';

/** A request and who waits for its answer. */
export interface Call {
  readonly id: number;
  readonly frame: Buffer;
  /** What was asked for, for error texts: `open a socket in 'red'`. */
  readonly asked: string;
  /** Descriptor of the namespace; the caller's until `submit` returns, not used afterwards. */
  readonly namespace: number | undefined;
  /** Whether success brings a descriptor. */
  readonly makes: boolean;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** An answer. */
export interface Result {
  readonly reply: Reply;
  /** What was made, the receiver's; -1 if nothing is. */
  readonly fd: number;
}

/** How long a helper may take, milliseconds. */
export interface Patience {
  /** To its first answer. */
  readonly start: number;
  /** From one answer to the next while requests are open. */
  readonly answer: number;
}
