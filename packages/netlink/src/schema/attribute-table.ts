import type { SelectedType } from './selected.ts';
import type { Siblings, Type } from './type.ts';

/** An attribute set as declared: `name: [number, type]`. */
export type Shape = Readonly<Record<string, readonly [type: number, codec: Type<never> | Type<unknown>]>>;

/**
 * One declared attribute. What reading needs of its type is here once more, because all entries have one shape, but
 * types have many: the engine would look a property up in all of them. Benchmark: `decode`.
 */
export interface Entry {
  readonly name: string;
  /** Attribute number. */
  readonly number: number;
  readonly type: Type<unknown>;
  /** The type's, or -1. */
  readonly size: number;
  /** The type's. */
  readonly fits: ((length: number) => boolean) | undefined;
  /** The type's, or -1 where they depend on something. */
  readonly flags: number;
  /** The type's. */
  readonly read: Type<unknown>['read'];
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
    const type = element ?? (codec as Type<unknown>);
    const { size = -1, fits, read } = type;
    const flags = type.flagsFor === undefined ? (type.flags ?? 0) : -1;
    const tells: Entry[] = [];
    return { name, number, type, size, fits, flags, read, repeated: element !== undefined, tells };
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

/** Whether the attribute can have a payload of `length` bytes. */
export function canHold({ size, fits }: Pick<Entry, 'size' | 'fits'>, length: number): boolean {
  return size === -1 ? fits === undefined || fits(length) : size === length;
}

/** The flags that belong to the attribute. */
export function flagsOf({ flags, type }: Entry, siblings: Siblings, header: object | undefined): number {
  return flags === -1 ? (type.flagsFor?.(siblings, header) ?? 0) : flags;
}

/** Under which the residue keeps element `index` of a repeated attribute. */
export function elementKey(name: string, index: number): string {
  return `${name}[${index}]`;
}
