import type { Transaction } from './exchange.ts';

/** Places to begin with; a power of two. */
const initialPlaces = 64;

/**
 * Requests in flight by sequence number.
 *
 * Numbers are given in turn and given back soon, so each has its place in an array: the number modulo its length. A Map
 * does the same at several times the cost, because it is copied whenever its deleted entries fill it. Benchmark: `link
 * get`.
 */
export class Pending {
  /** How many there are. */
  size = 0;
  #transactions: (Transaction | undefined)[] = new Array(initialPlaces).fill(undefined);
  /** The sequence number that each place was last taken for. */
  #sequences = new Float64Array(initialPlaces);

  /** Takes a request in; false when the place of its number is taken by another one. */
  add(sequence: number, transaction: Transaction): boolean {
    if (this.size * 2 >= this.#transactions.length) this.#widen();
    const place = this.#placeOf(sequence);
    if (this.#transactions[place] !== undefined) return false;
    this.#transactions[place] = transaction;
    this.#sequences[place] = sequence;
    this.size++;
    return true;
  }

  /** The request with this number, if it is in flight. */
  get(sequence: number): Transaction | undefined {
    const place = this.#placeOf(sequence);
    return this.#sequences[place] === sequence ? this.#transactions[place] : undefined;
  }

  /** Puts another one in its place. */
  replace(sequence: number, transaction: Transaction): void {
    if (this.get(sequence) !== undefined) this.#transactions[this.#placeOf(sequence)] = transaction;
  }

  /** Takes a request out; false when it is not in flight. */
  delete(sequence: number): boolean {
    if (this.get(sequence) === undefined) return false;
    this.#transactions[this.#placeOf(sequence)] = undefined;
    this.size--;
    return true;
  }

  /** All of them, oldest first; `latest` is the number last given. */
  inOrder(latest: number): Transaction[] {
    // Numbers go round, so it is the distance to the latest that tells the order.
    const age = (place: number) => (latest - (this.#sequences[place] as number)) >>> 0;
    return [...this.#transactions.keys()]
      .filter((place) => this.#transactions[place] !== undefined)
      .sort((left, right) => age(right) - age(left))
      .map((place) => this.#transactions[place] as Transaction);
  }

  /** Forgets all of them. */
  clear(): void {
    this.#transactions.fill(undefined);
    this.size = 0;
  }

  #placeOf(sequence: number): number {
    return sequence & (this.#transactions.length - 1);
  }

  /** Twice the places: numbers that are apart modulo n are apart modulo 2n. */
  #widen(): void {
    const transactions = this.#transactions;
    const sequences = this.#sequences;
    this.#transactions = new Array(transactions.length * 2).fill(undefined);
    this.#sequences = new Float64Array(sequences.length * 2);
    for (const [place, transaction] of transactions.entries()) {
      if (transaction === undefined) continue;
      const sequence = sequences[place] as number;
      this.#transactions[this.#placeOf(sequence)] = transaction;
      this.#sequences[this.#placeOf(sequence)] = sequence;
    }
  }
}
