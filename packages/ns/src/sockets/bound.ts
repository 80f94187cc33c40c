import type { Server } from 'node:net';
import type { Where } from './node-error.ts';

/** A socket that is bound, and soon a server's. */
export interface Bound {
  readonly fd: number;
  /** Where, for errors. */
  readonly where: Where;
  /** Tells the server what it can't find out from the descriptor. */
  introduce?(server: Server): void;
  /** Takes away what the bind has made, beside the descriptor. */
  undo?(): void;
}
