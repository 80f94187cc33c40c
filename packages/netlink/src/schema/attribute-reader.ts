import { DecodeError, joinPath } from '../errors.ts';
import { typeMask } from '../wire/align.ts';
import type { Reader } from '../wire/reader.ts';
import { type AttributeTable, canHold, type Entry, elementKey, flagsOf } from './attribute-table.ts';
import { Oddities } from './oddities.ts';

/** The attributes in `[start, end)` by their names. What names and values don't say goes into the residue. */
export function readAttributes(
  table: AttributeTable,
  reader: Reader,
  start: number,
  end: number,
): Record<string, unknown> {
  const { byNumber } = table;
  const value: Record<string, unknown> = {};
  let oddities: Oddities | undefined;
  let last: Entry | undefined;
  for (let position = start; end - position >= 4; ) {
    const length = reader.u16At(position);
    const wireType = reader.u16At(position + 2);
    if (length < 4 || length > end - position)
      throw new DecodeError(`attribute length ${length} with ${end - position} bytes left`, position);
    const from = position + 4;
    const to = position + length;
    const entry = byNumber[wireType & typeMask];
    if (entry === undefined || !canHold(entry, to - from)) {
      oddities ??= new Oddities(table, reader, value, start);
      oddities.raw(wireType, from, to, entry);
    } else {
      const present = value[entry.name];
      if (present !== undefined && (!entry.repeated || last !== entry)) {
        oddities ??= new Oddities(table, reader, value, start);
        oddities.again(entry, wireType, from, to);
      }
      const read = entry.read(reader, from, to, value);
      oddities?.mention(entry.name);
      const flags = wireType & ~typeMask;
      const unusual = flags !== flagsOf(entry, value, reader.header);
      const index = entry.repeated ? append(value, entry.name, present, read) : 0;
      if (!entry.repeated) value[entry.name] = read;
      if (unusual || reader.irregular) {
        oddities ??= new Oddities(table, reader, value, start);
        const key = entry.repeated ? elementKey(entry.name, index) : entry.name;
        if (unusual) oddities.flags(key, flags);
        if (reader.irregular) oddities.payload(key, read, from, to);
        reader.irregular = false;
      }
      last = entry;
    }
    position += (length + 3) & ~3;
  }
  return value;
}

/** Adds an element to a repeated attribute; returns its index. */
function append(value: Record<string, unknown>, name: string, present: unknown, element: unknown): number {
  if (present !== undefined) return (present as unknown[]).push(element) - 1;
  value[name] = [element];
  return 0;
}

/** Path of the attribute that holds byte `target`; attributes without a name go by `#number`. */
export function locateAttribute(
  table: AttributeTable,
  reader: Reader,
  start: number,
  end: number,
  target: number,
): string | undefined {
  const siblings: Record<string, unknown> = {};
  for (let at = start; end - at >= 4; ) {
    const length = reader.u16At(at);
    const type = reader.u16At(at + 2) & typeMask;
    const entry = table.byNumber[type];
    const name = entry?.name ?? `#${type}`;
    if (length < 4 || length > end - at) return name;
    if (target < at + length) {
      const inner = target < at + 4 ? undefined : entry?.type.locate?.(reader, at + 4, at + length, target, siblings);
      return inner === undefined ? name : joinPath(name, inner);
    }
    if (entry !== undefined && entry.tells.length > 0 && canHold(entry, length - 4))
      siblings[name] = entry.type.read(reader, at + 4, at + length, siblings);
    at += (length + 3) & ~3;
  }
  return undefined;
}
