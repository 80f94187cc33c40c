import type { Call } from './call.ts';

/** Places kept when the queue runs empty; what a burst took beyond them is given back. */
const keptPlaces = 1024;

/**
 * Calls waiting to be sent, first in, first out; settled ones (aborted, timed out) are passed over.
 *
 * The array stays when the queue runs empty, which it does with every call of a loop. Benchmark: `link get`.
 */
export class CallQueue {
  #calls: (Call | undefined)[] = [];
  #head = 0;
  #tail = 0;

  /** The first call that still waits. */
  peek(): Call | undefined {
    for (; this.#head < this.#tail; this.shift()) {
      const call = this.#calls[this.#head];
      if (call?.settled === false) return call;
    }
    this.#head = 0;
    this.#tail = 0;
    if (this.#calls.length > keptPlaces) this.#calls = [];
    return undefined;
  }

  /** Removes what {@link CallQueue.peek} gave. */
  shift(): void {
    this.#calls[this.#head++] = undefined;
  }

  push(call: Call): void {
    this.#calls[this.#tail++] = call;
  }

  /** Puts calls in front of all others. */
  unshift(calls: readonly Call[]): void {
    this.#calls = [...calls, ...this];
    this.#head = 0;
    this.#tail = this.#calls.length;
  }

  /** The calls still waiting, in order. */
  *[Symbol.iterator](): IterableIterator<Call> {
    for (let at = this.#head; at < this.#tail; at++) {
      const call = this.#calls[at];
      if (call?.settled === false) yield call;
    }
  }

  /** Removes and returns everything. */
  clear(): Call[] {
    const calls = [...this];
    this.#calls = [];
    this.#head = 0;
    this.#tail = 0;
    return calls;
  }
}
