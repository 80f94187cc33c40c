/** Words for numbers, as the kernel's enumerators define them: `{ up: 1, broadcast: 2 }`. */
export type NameTable = Readonly<Record<string, number>>;

const noNames: readonly string[] = [];
const inverses = new WeakMap<NameTable, ReadonlyMap<number, string>>();

/** The words of `table` by number; of several words for one number, the first. */
function inverseOf(table: NameTable): ReadonlyMap<number, string> {
  const present = inverses.get(table);
  if (present !== undefined) return present;
  const inverse = new Map<number, string>();
  for (const [name, value] of Object.entries(table)) if (!inverse.has(value)) inverse.set(value, name);
  inverses.set(table, inverse);
  return inverse;
}

/** The word for `value`; the number itself when there is none. */
export function valueName(table: NameTable, value: number): string | number {
  return inverseOf(table).get(value) ?? value;
}

/** The number that a word stands for; a number, or its text, stands for itself. Undefined for anything else. */
export function valueNumber(table: NameTable, name: unknown): number | undefined {
  if (typeof name === 'string' && Object.hasOwn(table, name)) return table[name];
  if (typeof name === 'string' && /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(name)) return Number(name);
  return typeof name === 'number' && Number.isInteger(name) && name >= 0 ? name : undefined;
}

/** The words for the bits of a mask, lowest bit first; bits without a word as one hexadecimal number, last: `0x80000`. */
export function flagNames(table: NameTable, bits: number): string[] {
  const names: string[] = [];
  let rest = bits >>> 0;
  for (const [bit, name] of inverseOf(table)) {
    if (bit === 0 || (rest & bit) >>> 0 !== bit) continue;
    names.push(name);
    rest = (rest & ~bit) >>> 0;
  }
  if (rest !== 0) names.push(`0x${rest.toString(16)}`);
  return names;
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
