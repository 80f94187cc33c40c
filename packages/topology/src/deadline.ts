import type { CallOptions } from '@nsnet/netlink';

/** A caller's signal and time limit as one signal, to be disposed of when the work is done. */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #given: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  #overdue = false;

  constructor({ signal, timeout }: CallOptions) {
    this.#given = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
    if (timeout !== undefined) this.#timer = setTimeout(this.#onTime, timeout);
  }

  /** Aborted with the reason of the caller's signal, or when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the time was over before the caller gave up. */
  get overdue(): boolean {
    return this.#overdue;
  }

  /** Throws if the time is over or the caller has given up. */
  check(): void {
    this.signal.throwIfAborted();
  }

  readonly #onAbort = (): void => this.#controller.abort(this.#given?.reason);

  readonly #onTime = (): void => {
    this.#overdue = !this.signal.aborted;
    this.#controller.abort();
  };

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#given?.removeEventListener('abort', this.#onAbort);
  }
}
