import { DecodeError, EncodeError, joinPath, type Problem } from '../errors.ts';
import { littleEndian, nestedFlag, typeMask } from '../wire/align.ts';
import type { Reader } from '../wire/reader.ts';
import type { Writer } from '../wire/writer.ts';
import { leaveResidue, type RawAttribute, type Residue, residueOf } from './residue.ts';
import { fits, type Siblings, type Type } from './type.ts';

/** An attribute set as declared: `name: [number, type]`. */
export type Shape = Readonly<Record<string, readonly [type: number, codec: Type<never> | Type<unknown>]>>;

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

/** One declared attribute. */
export interface Entry {
  readonly name: string;
  /** Attribute number. */
  readonly number: number;
  readonly type: Type<unknown>;
  /** Whether it may come several times: its value is then an array. */
  readonly repeated: boolean;
}

/** An attribute that may come several times; its value is an array. Made by `repeated()`. */
export interface RepeatedType<T> extends Type<T[]> {
  readonly element: Type<T>;
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
  const entries = Object.entries(shape).map(([name, [number, codec]]): Entry => {
    const element = (codec as Partial<RepeatedType<unknown>>).element;
    return { name, number, type: element ?? (codec as Type<unknown>), repeated: element !== undefined };
  });
  const byNumber: (Entry | undefined)[] = [];
  const byName = new Map<string, Entry>();
  for (const entry of entries) {
    if (byNumber[entry.number] !== undefined) throw new TypeError(`attribute ${entry.number} is declared twice`);
    byNumber[entry.number] = entry;
    byName.set(entry.name, entry);
  }
  const set: AttributeSet<Record<string, unknown>> = {
    name: 'attributes',
    flags: options.nestedFlag === false ? 0 : nestedFlag,
    shape,
    entry: (name) => byName.get(name),
    entries,
    read: (reader, start, end) => readAttributes(byNumber, reader, start, end),
    write: (writer, value) => writeAttributes(byName, writer, value),
    locate: (reader, start, end, target) => locateAttribute(byNumber, reader, start, end, target),
  };
  return set as unknown as AttributeSet<ValueOf<S>>;
}

function readAttributes(
  table: readonly (Entry | undefined)[],
  reader: Reader,
  start: number,
  end: number,
): Record<string, unknown> {
  const { view } = reader;
  const value: Record<string, unknown> = {};
  let residue: Residue | undefined;
  let last: Entry | undefined;
  let latest: Map<Entry, Range> | undefined;
  let position = start;
  while (end - position >= 4) {
    const length = view.getUint16(position, littleEndian);
    const wireType = view.getUint16(position + 2, littleEndian);
    if (length < 4 || length > end - position) {
      throw new DecodeError(`attribute length ${length} with ${end - position} bytes left`, position);
    }
    const from = position + 4;
    const to = position + length;
    const entry = table[wireType & typeMask];
    if (entry === undefined || !fits(entry.type, to - from)) {
      residue ??= leaveResidue(value);
      residue.order ??= wireOrder(table, value);
      residue.order.push(rawAttribute(reader, wireType, from, to, entry?.type));
    } else {
      const { name } = entry;
      const present = value[name];
      if (present !== undefined && (!entry.repeated || last !== entry)) {
        residue ??= leaveResidue(value);
        residue.order ??= wireOrder(table, value);
        if (!entry.repeated) {
          latest ??= new Map();
          const before = latest.get(entry) ?? lastRange(view, start, position, entry);
          replaceByRaw(residue.order, name, rawAttribute(reader, ...before));
          latest.set(entry, [wireType, from, to]);
        }
      }
      const read = entry.type.read(reader, from, to, value);
      let key = name;
      if (!entry.repeated) {
        value[name] = read;
      } else if (present === undefined) {
        value[name] = [read];
        key = elementKey(name, 0);
      } else {
        key = elementKey(name, (present as unknown[]).push(read) - 1);
      }
      residue?.order?.push(name);
      const flags = wireType & ~typeMask;
      if (flags !== flagsOf(entry.type, value, reader.header)) {
        residue ??= leaveResidue(value);
        residue.flags ??= new Map();
        residue.flags.set(key, flags);
      }
      if (reader.irregular) {
        reader.irregular = false;
        residue ??= leaveResidue(value);
        residue.payloads ??= new Map();
        residue.payloads.set(key, { value: read, payload: reader.bytes.slice(from, to) });
      }
      last = entry;
    }
    position += (length + 3) & ~3;
  }
  return value;
}

/** The flags that belong to an attribute of this type. */
function flagsOf(type: Type<unknown>, siblings: Siblings, header: object | undefined): number {
  return type.flagsFor === undefined ? (type.flags ?? 0) : type.flagsFor(siblings, header);
}

/** Under which the residue keeps element `index` of a repeated attribute. */
function elementKey(name: string, index: number): string {
  return `${name}[${index}]`;
}

function rawAttribute(reader: Reader, wireType: number, from: number, to: number, type?: Type<unknown>): RawAttribute {
  const raw = { type: wireType & typeMask, flags: wireType & ~typeMask, payload: reader.bytes.slice(from, to) };
  if (type === undefined) return raw;
  return { ...raw, reason: type.size === undefined ? `is no ${type.name}` : `should be ${type.size} bytes` };
}

/** The order on the wire of what has been decoded so far: key order, which is right until something unusual comes. */
function wireOrder(table: readonly (Entry | undefined)[], value: Record<string, unknown>): (string | RawAttribute)[] {
  const repeated = new Set(table.flatMap((entry) => (entry?.repeated ? [entry.name] : [])));
  return Object.entries(value).flatMap(([name, item]) =>
    repeated.has(name) ? (item as unknown[]).map(() => name) : [name],
  );
}

/** The last wins, as in the kernel; the one before it is kept where it was. */
function replaceByRaw(order: (string | RawAttribute)[], name: string, raw: RawAttribute): void {
  const at = order.lastIndexOf(name);
  if (at !== -1) order[at] = raw;
}

/** Where an attribute is. */
type Range = readonly [wireType: number, from: number, to: number];

/** Type and payload of the last attribute `entry` in `[start, end)`, all of which has been walked before. */
function lastRange(view: DataView, start: number, end: number, entry: Entry): Range {
  let found: Range = [entry.number, start, start];
  for (let at = start; at < end; at += (view.getUint16(at, littleEndian) + 3) & ~3) {
    const wireType = view.getUint16(at + 2, littleEndian);
    if ((wireType & typeMask) === entry.number) found = [wireType, at + 4, at + view.getUint16(at, littleEndian)];
  }
  return found;
}

/** Path of the attribute that holds byte `target`; attributes without a name go by `#number`. */
function locateAttribute(
  table: readonly (Entry | undefined)[],
  reader: Reader,
  start: number,
  end: number,
  target: number,
): string | undefined {
  const siblings: Record<string, unknown> = {};
  for (let at = start; end - at >= 4; ) {
    const length = reader.view.getUint16(at, littleEndian);
    const type = reader.view.getUint16(at + 2, littleEndian) & typeMask;
    const entry = table[type];
    const name = entry?.name ?? `#${type}`;
    if (length < 4 || length > end - at) return name;
    if (target < at + length) {
      const inner = target < at + 4 ? undefined : entry?.type.locate?.(reader, at + 4, at + length, target, siblings);
      return inner === undefined ? name : joinPath(name, inner);
    }
    // Only names (a link kind) choose what a sibling means.
    if (entry?.type.name === 'string') siblings[entry.name] = entry.type.read(reader, at + 4, at + length, siblings);
    at += (length + 3) & ~3;
  }
  return undefined;
}

function writeAttributes(byName: ReadonlyMap<string, Entry>, writer: Writer, value: Record<string, unknown>): void {
  if (typeof value !== 'object' || value === null)
    throw new EncodeError({ path: '', reason: 'is not an object', value });
  const problems: Problem[] = [];
  const residue = residueOf(value);
  const seen = new Map<string, number>();
  const write = (name: string, item: unknown, key: string, entry: Entry) => {
    const mark = writer.begin(entry.number | (residue?.flags?.get(key) ?? flagsOf(entry.type, value, writer.header)));
    const kept = residue?.payloads?.get(key);
    try {
      if (kept !== undefined && kept.value === item) writer.blob(kept.payload);
      else entry.type.write(writer, item as never, value);
      if (writer.lengthSince(mark) > 0xffff) throw new EncodeError({ path: '', reason: 'is longer than 65531 bytes' });
      writer.end(mark);
    } catch (error) {
      problems.push(...EncodeError.within(name, error));
      writer.truncate(mark);
    }
  };
  const writeKey = (name: string, all: boolean) => {
    const item = value[name];
    const entry = byName.get(name);
    if (item === undefined) return;
    if (entry === undefined) problems.push({ path: name, reason: 'is not an attribute' });
    else if (!entry.repeated) write(name, item, name, entry);
    else if (!Array.isArray(item)) problems.push({ path: name, reason: 'is not an array', value: item });
    else {
      // Each mention of the key in a kept order is one element.
      const from = seen.get(name) ?? 0;
      const to = all ? item.length : Math.min(from + 1, item.length);
      for (let index = from; index < to; index++)
        write(`${name}[${index}]`, item[index], elementKey(name, index), entry);
      seen.set(name, to);
    }
  };
  for (const name of residue?.order ?? []) {
    if (typeof name === 'string') writeKey(name, false);
    else writeRaw(writer, name);
  }
  // What the order does not mention: everything, as a rule, or what has been added since.
  const ordered = new Set<unknown>(residue?.order);
  for (const name of Object.keys(value)) if (!ordered.has(name) || seen.has(name)) writeKey(name, true);
  if (problems.length > 0) throw new EncodeError(problems);
}

function writeRaw(writer: Writer, { type, flags, payload }: RawAttribute): void {
  const mark = writer.begin(type | flags);
  writer.blob(payload);
  writer.end(mark);
}
