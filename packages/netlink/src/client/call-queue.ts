import type { Call } from './call.ts';

/** Calls waiting to be sent, first in, first out; settled ones (aborted, timed out) are passed over. */
export class CallQueue {
  #calls: Call[] = [];
  #head = 0;

  /** The first call that still waits. */
  peek(): Call | undefined {
    for (;;) {
      const call = this.#calls[this.#head];
      if (call === undefined) {
        this.#calls.length = 0;
        this.#head = 0;
        return undefined;
      }
      if (!call.settled) return call;
      this.#head++;
    }
  }

  /** Removes what {@link CallQueue.peek} gave. */
  shift(): void {
    this.#head++;
    if (this.#head > 4096) this.#compact();
  }

  push(call: Call): void {
    this.#calls.push(call);
  }

  /** Puts calls in front of all others. */
  unshift(calls: readonly Call[]): void {
    this.#calls.splice(this.#head, 0, ...calls);
  }

  /** The calls still waiting, in order. */
  *[Symbol.iterator](): IterableIterator<Call> {
    for (let at = this.#head; at < this.#calls.length; at++) {
      const call = this.#calls[at];
      if (call !== undefined && !call.settled) yield call;
    }
  }

  /** Removes and returns everything. */
  clear(): Call[] {
    const calls = [...this];
    this.#calls = [];
    this.#head = 0;
    return calls;
  }

  #compact(): void {
    this.#calls = this.#calls.slice(this.#head);
    this.#head = 0;
  }
}
