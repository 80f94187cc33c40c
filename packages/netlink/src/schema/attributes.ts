import { nestedFlag } from '../wire/align.ts';
import { locateAttribute, readAttributes } from './attribute-reader.ts';
import { attributeTable, type Entry, type Shape } from './attribute-table.ts';
import { writeAttributes } from './attribute-writer.ts';
import type { Type } from './type.ts';

export type { Entry, RepeatedType, Shape } from './attribute-table.ts';

/** The value of an attribute set: absent attributes are missing keys. */
export type ValueOf<S extends Shape> = { -readonly [K in keyof S]?: S[K][1] extends Type<infer T> ? T : never };

/** A set of attributes; itself the type of a nested attribute. */
export interface AttributeSet<T extends object> extends Type<T> {
  /** The declaration, to be spread into a larger one. */
  readonly shape: Shape;
  /** Every declared attribute. */
  readonly entries: readonly Entry[];
  /** The attribute declared under `name`. */
  entry(name: string): Entry | undefined;
}

/** Settings of a set that differ from the usual. */
export interface AttributeOptions {
  /** Older sets are written by the kernel without `NLA_F_NESTED`. Default: with it. */
  readonly nestedFlag?: boolean;
}

/**
 * Declares a set of attributes, one line each. Reading keeps what it doesn't know (see `residue.ts`); writing goes in
 * key order and refuses names that aren't declared.
 */
export function attributes<const S extends Shape>(shape: S, options: AttributeOptions = {}): AttributeSet<ValueOf<S>> {
  const table = attributeTable(shape);
  const set: AttributeSet<Record<string, unknown>> = {
    name: 'attributes',
    flags: options.nestedFlag === false ? 0 : nestedFlag,
    shape,
    entry: (name) => table.byName.get(name),
    entries: table.entries,
    read: (reader, start, end) => readAttributes(table, reader, start, end),
    write: (writer, value) => writeAttributes(table, writer, value),
    locate: (reader, start, end, target) => locateAttribute(table, reader, start, end, target),
  };
  return set as unknown as AttributeSet<ValueOf<S>>;
}
