import { getDefaultAutoSelectFamilyAttemptTimeout, type Socket } from 'node:net';
import type { Address } from './address.ts';

/**
 * One attempt to connect.
 *
 * @param signal aborts when the attempt is of no use any more
 * @throws the reason of the signal
 */
export type Attempt = (address: Address, signal: AbortSignal) => Promise<Socket>;

/**
 * Tries addresses in their order, the next one when the one before has failed or is slow (RFC 8305). The first that
 * answers wins, the others are dropped.
 *
 * @throws the error, if there was one attempt; AggregateError, with the code of the first, if there were several; the
 *   reason of the signal
 */
export function race(addresses: readonly Address[], signal: AbortSignal, attempt: Attempt): Promise<Socket> {
  const drop = new AbortController();
  const errors: unknown[] = [];
  const waiting = [...addresses];
  let running = 0;
  let timer: NodeJS.Timeout | undefined;
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
    };
    const fail = (reason: unknown) => {
      end();
      drop.abort(reason);
      reject(reason);
    };
    const aborted = () => fail(signal.reason);
    const won = (socket: Socket) => {
      // Another one has won, or all is over.
      if (drop.signal.aborted) socket.destroy();
      end();
      drop.abort();
      resolve(socket);
    };
    const failed = (error: unknown) => {
      running -= 1;
      errors.push(error);
      if (drop.signal.aborted) return;
      if (!isAnswer(error)) fail(error);
      else if (waiting.length > 0) next();
      else if (running === 0) fail(errors.length === 1 ? error : together(errors));
    };
    const next = () => {
      clearTimeout(timer);
      const address = waiting.shift();
      if (address === undefined) return;
      running += 1;
      attempt(address, drop.signal).then(won, failed);
      if (waiting.length > 0) timer = setTimeout(next, getDefaultAutoSelectFamilyAttemptTimeout());
    };
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    else next();
  });
}

/** What the kernel or the network says is about one address; the rest is about the call. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function together(errors: readonly unknown[]): AggregateError {
  const [first] = errors;
  const code = first instanceof Error && 'code' in first ? first.code : undefined;
  return Object.assign(new AggregateError(errors), { code });
}
