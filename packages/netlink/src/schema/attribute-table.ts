import type { SelectedType } from './selected.ts';
import type { Siblings, Type } from './type.ts';

/** An attribute set as declared: `name: [number, type]`. */
export type Shape = Readonly<Record<string, readonly [type: number, codec: Type<never> | Type<unknown>]>>;

/** One declared attribute. */
export interface Entry {
  readonly name: string;
  /** Attribute number. */
  readonly number: number;
  readonly type: Type<unknown>;
  /** Whether it may come several times: its value is then an array. */
  readonly repeated: boolean;
  /** Attributes whose meaning this one tells. */
  readonly tells: readonly Entry[];
}

/** An attribute that may come several times; its value is an array. Made by `repeated()`. */
export interface RepeatedType<T> extends Type<T[]> {
  readonly element: Type<T>;
}

/** A declaration made ready for reading and writing. */
export interface AttributeTable {
  readonly entries: readonly Entry[];
  readonly byNumber: readonly (Entry | undefined)[];
  readonly byName: ReadonlyMap<string, Entry>;
}

/** Makes a declaration ready; throws TypeError when a number is declared twice. */
export function attributeTable(shape: Shape): AttributeTable {
  const entries = Object.entries(shape).map(([name, [number, codec]]) => {
    const element = (codec as Partial<RepeatedType<unknown>>).element;
    const tells: Entry[] = [];
    return { name, number, type: element ?? (codec as Type<unknown>), repeated: element !== undefined, tells };
  });
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const byNumber: Entry[] = [];
  for (const entry of entries) {
    if (byNumber[entry.number] !== undefined) throw new TypeError(`attribute ${entry.number} is declared twice`);
    byNumber[entry.number] = entry;
    const { selector } = entry.type as Partial<SelectedType<unknown>>;
    if (selector !== undefined && 'sibling' in selector) byName.get(selector.sibling)?.tells.push(entry);
  }
  return { entries, byNumber, byName };
}

/** The flags that belong to an attribute of this type. */
export function flagsOf(type: Type<unknown>, siblings: Siblings, header: object | undefined): number {
  return type.flagsFor === undefined ? (type.flags ?? 0) : type.flagsFor(siblings, header);
}

/** Under which the residue keeps element `index` of a repeated attribute. */
export function elementKey(name: string, index: number): string {
  return `${name}[${index}]`;
}
