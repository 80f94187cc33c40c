/** Longest bytes whose text is remembered. */
const longest = 16;
/** How many texts are remembered; a power of two. */
const places = 256;

/** Makes the text of `bytes[start, end)`. */
export type MakeText = (bytes: Uint8Array, start: number, end: number) => string;

/**
 * Texts of bytes that have come before. The kernel repeats itself (names, kinds, link-layer addresses), and making a
 * text takes several strings for each byte or two: recognising the bytes takes none. Benchmark: `link get`.
 *
 * Each sequence of bytes has one place, by its hash, and the latest of a place stays. So the memory is bounded, and the
 * worst that can happen is that a text is made again.
 */
export class KnownTexts {
  readonly #make: MakeText;
  readonly #bytes = new Uint8Array(places * longest);
  readonly #lengths = new Int8Array(places).fill(-1);
  readonly #texts: string[] = new Array(places).fill('');

  constructor(make: MakeText) {
    this.#make = make;
  }

  /** The text of `bytes[start, end)`. */
  textOf(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length > longest) return this.#make(bytes, start, end);
    let hash = length;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    const place = (hash ^ (hash >>> 8)) & (places - 1);
    if (this.#lengths[place] !== length || !this.#holds(place, bytes, start, length)) {
      this.#bytes.set(bytes.subarray(start, end), place * longest);
      this.#lengths[place] = length;
      this.#texts[place] = this.#make(bytes, start, end);
    }
    return this.#texts[place] as string;
  }

  #holds(place: number, bytes: Uint8Array, start: number, length: number): boolean {
    const first = place * longest;
    for (let index = 0; index < length; index++) if (this.#bytes[first + index] !== bytes[start + index]) return false;
    return true;
  }
}
