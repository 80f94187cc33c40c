/** A seeded source of numbers: the same seed gives the same run (xorshift128, seeded by splitmix32). */
export class Random {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    for (let index = 0, mix = seed >>> 0; index < 4; index++) {
      mix = (mix + 0x9e3779b9) >>> 0;
      let z = Math.imul(mix ^ (mix >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.#state[index] = (z ^ (z >>> 15)) >>> 0;
    }
  }

  /** 32 bits. */
  u32(): number {
    const state = this.#state;
    let t = state[3] as number;
    const s = state[0] as number;
    state.copyWithin(1, 0, 3);
    t ^= t << 11;
    t ^= t >>> 8;
    const next = (t ^ s ^ (s >>> 19)) >>> 0;
    state[0] = next;
    return next;
  }

  /** An integer from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return this.u32() % limit;
  }

  /** One of several. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** True in one of `times` cases. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** Bytes. */
  bytes(length: number): Buffer {
    const words = Uint32Array.from({ length: (length + 3) >> 2 }, () => this.u32());
    return Buffer.from(words.buffer, 0, length);
  }
}
