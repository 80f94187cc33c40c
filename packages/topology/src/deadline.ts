import type { CallOptions } from '@nsnet/netlink';

/**
 * A caller's signal and time limit as one signal, to be disposed of when the work is done.
 *
 * Nothing of it keeps the process alive: what is waited for does.
 */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param overdue makes the reason of the abort when the time is over */
  constructor({ signal, timeout }: CallOptions, overdue: () => Error) {
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
    if (timeout !== undefined) this.#timer = setTimeout(() => this.#controller.abort(overdue()), timeout);
  }

  /** Aborted at whichever comes first, with its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Throws the reason, if the time is over or the caller has given up. */
  check(): void {
    this.signal.throwIfAborted();
  }

  readonly #onAbort = (): void => this.#controller.abort(this.#signal?.reason);

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
