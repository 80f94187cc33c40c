/** What the owner of a queue is told. */
export interface QueueEvents {
  /** An event was taken; this many are left. */
  taken?(left: number): void;
  /** The consumer left, or the queue failed: nothing more will be taken. */
  ended(): void;
}

/** Events on their way to one consumer, who takes them with `for await`. */
export class EventQueue<T> implements AsyncIterableIterator<T> {
  readonly #events: T[] = [];
  readonly #waiting: { resolve: (result: IteratorResult<T>) => void; reject: (error: unknown) => void }[] = [];
  readonly #owner: QueueEvents;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;

  constructor(owner: QueueEvents) {
    this.#owner = owner;
  }

  /** Hands an event over; returns how many wait to be taken. */
  push(event: T): number {
    if (this.#ended) return 0;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return this.#events.push(event);
    waiting.resolve({ done: false, value: event });
    return 0;
  }

  /** Ends the iteration with an error, behind the events that wait. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#end();
    const [first, ...rest] = this.#waiting.splice(0);
    if (first === undefined) this.#failure = { error };
    else first.reject(error);
    for (const { resolve } of rest) resolve({ done: true, value: undefined });
  }

  /** The next event, as soon as there is one. */
  next(): Promise<IteratorResult<T>> {
    const event = this.#events.shift();
    if (event !== undefined) {
      if (!this.#ended) this.#owner.taken?.(this.#events.length);
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      this.#failure = undefined;
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Ends the iteration: what `break` in a `for await` does. */
  return(): Promise<IteratorResult<T>> {
    this.#events.length = 0;
    this.#failure = undefined;
    this.#end();
    for (const { resolve } of this.#waiting.splice(0)) resolve({ done: true, value: undefined });
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#owner.ended();
  }
}
