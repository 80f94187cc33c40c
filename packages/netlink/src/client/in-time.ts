import { TimeoutError } from '../errors.ts';
import type { CallOptions } from './options.ts';

/** Longest delay of a timer, ms. */
export const longestDelay = 0x7fffffff;

/**
 * The result of `work`, unless the signal or the timeout comes first; then `late` is given what still comes of it.
 * `what` says in the TimeoutError what did not happen.
 */
export async function inTime<T>(
  work: Promise<T>,
  { signal, timeout }: CallOptions,
  what: string,
  late: (result: T) => void,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  let over = false;
  const given = new Promise<never>((_, reject) => {
    const giveUp = (reason: unknown) => {
      over = true;
      reject(reason);
    };
    onAbort = () => giveUp(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    if (timeout === undefined) return;
    const error = new TimeoutError(`${what} took longer than ${timeout} ms`);
    timer = setTimeout(() => giveUp(error), Math.min(timeout, longestDelay));
  });
  work.then(
    (result) => over && late(result),
    () => {},
  );
  try {
    return await Promise.race([work, given]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
