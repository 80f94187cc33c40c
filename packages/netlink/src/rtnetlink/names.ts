/** Words for numbers, as the kernel's enumerators define them: `{ up: 1, broadcast: 2 }`. */
export type NameTable = Readonly<Record<string, number>>;

const noNames: readonly string[] = [];

/** A table the other way round. */
interface Inverse {
  /** The words by number; of several words for one number, the first. */
  readonly names: ReadonlyMap<number, string>;
  /** The words of masks that have come before: there are only so many, and each is a loop over all words. */
  readonly masks: Map<number, readonly string[]>;
}

const inverses = new WeakMap<NameTable, Inverse>();
/** Most masks to remember of one table. */
const masksKept = 256;

function inverseOf(table: NameTable): Inverse {
  const present = inverses.get(table);
  if (present !== undefined) return present;
  const names = new Map<number, string>();
  for (const [name, value] of Object.entries(table)) if (!names.has(value)) names.set(value, name);
  const inverse = { names, masks: new Map() };
  inverses.set(table, inverse);
  return inverse;
}

/** The words of `table` by number, for those who look up many. */
export function namesOf(table: NameTable): ReadonlyMap<number, string> {
  return inverseOf(table).names;
}

/** The word for `value`; the number itself when there is none. */
export function valueName(table: NameTable, value: number): string | number {
  return inverseOf(table).names.get(value) ?? value;
}

/** The number that a word stands for; a number, or its text, stands for itself. Undefined for anything else. */
export function valueNumber(table: NameTable, name: unknown): number | undefined {
  if (typeof name === 'string' && Object.hasOwn(table, name)) return table[name];
  if (typeof name === 'string' && /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(name)) return Number(name);
  return typeof name === 'number' && Number.isInteger(name) && name >= 0 ? name : undefined;
}

/** The words for the bits of a mask, lowest bit first; bits without a word as one hexadecimal number, last: `0x80000`. */
export function flagNames(table: NameTable, bits: number): string[] {
  const { names, masks } = inverseOf(table);
  let words = masks.get(bits);
  if (words === undefined) {
    words = wordsOf(names, bits);
    if (masks.size < masksKept) masks.set(bits, words);
  }
  return words.slice();
}

function wordsOf(names: ReadonlyMap<number, string>, bits: number): readonly string[] {
  const words: string[] = [];
  let rest = bits >>> 0;
  for (const [bit, name] of names) {
    if (bit === 0 || (rest & bit) >>> 0 !== bit) continue;
    words.push(name);
    rest = (rest & ~bit) >>> 0;
  }
  if (rest !== 0) words.push(`0x${rest.toString(16)}`);
  return words;
}

/** The mask that words stand for; undefined when one of them is neither a word of `table` nor a number. */
export function flagBits(table: NameTable, names: readonly (string | number)[] = noNames): number | undefined {
  let bits = 0;
  for (const name of names) {
    const value = valueNumber(table, name);
    if (value === undefined) return undefined;
    bits |= value;
  }
  return bits >>> 0;
}

export { valueNumber as numberOf };
