import { EncodeError, type Problem } from '../errors.ts';
import type { Writer } from '../wire/writer.ts';
import { type AttributeTable, type Entry, elementKey, flagsOf } from './attribute-table.ts';
import { type RawAttribute, type Residue, residueOf } from './residue.ts';

/** Appends the attributes of `value` in key order, or the kept one. Throws EncodeError with every problem. */
export function writeAttributes(table: AttributeTable, writer: Writer, value: Record<string, unknown>): void {
  if (typeof value !== 'object' || value === null)
    throw new EncodeError({ path: '', reason: 'is not an object', value });
  const residue = residueOf(value);
  const job = new WriteJob(table, writer, value, residue);
  if (residue?.order === undefined) job.writeAll();
  else job.writeInOrder(residue.order);
  if (job.problems !== undefined) throw new EncodeError(job.problems);
}

/** The writing of one set. */
class WriteJob {
  problems: Problem[] | undefined;
  readonly #table: AttributeTable;
  readonly #writer: Writer;
  readonly #value: Record<string, unknown>;
  readonly #residue: Residue | undefined;

  constructor(table: AttributeTable, writer: Writer, value: Record<string, unknown>, residue: Residue | undefined) {
    this.#table = table;
    this.#writer = writer;
    this.#value = value;
    this.#residue = residue;
  }

  writeAll(): void {
    for (const name of Object.keys(this.#value)) this.#writeKey(name, 0);
  }

  /** Each mention of a repeated attribute in a kept order is one element; what has been added since comes last. */
  writeInOrder(order: readonly (string | RawAttribute)[]): void {
    const done = new Map<string, number>();
    for (const item of order) {
      if (typeof item !== 'string') this.#writeRaw(item);
      else {
        const from = done.get(item) ?? 0;
        this.#writeKey(item, from, from + 1);
        done.set(item, from + 1);
      }
    }
    for (const name of Object.keys(this.#value)) {
      const from = done.get(name) ?? 0;
      if (from === 0 || this.#table.byName.get(name)?.repeated) this.#writeKey(name, from);
    }
  }

  /** Writes an attribute; of a repeated one the elements `[from, to)`. */
  #writeKey(name: string, from: number, to?: number): void {
    const item = this.#value[name];
    if (item === undefined) return;
    const entry = this.#table.byName.get(name);
    if (entry === undefined) this.#refuse([{ path: name, reason: 'is not an attribute' }]);
    else if (!entry.repeated) this.#write(entry, item, name);
    else if (Array.isArray(item)) {
      const end = Math.min(to ?? item.length, item.length);
      for (let index = from; index < end; index++) this.#write(entry, item[index], elementKey(name, index));
    } else if (from === 0) this.#refuse([{ path: name, reason: 'is not an array', value: item }]);
  }

  #write(entry: Entry, item: unknown, key: string): void {
    const writer = this.#writer;
    const residue = this.#residue;
    const flags = residue?.flags?.get(key) ?? flagsOf(entry, this.#value, writer.header);
    const mark = writer.begin(entry.number | flags);
    const kept = residue?.payloads?.get(key);
    try {
      if (kept !== undefined && kept.value === item) writer.blob(kept.payload);
      else entry.type.write(writer, item as never, this.#value);
      if (writer.lengthSince(mark) > 0xffff) throw new EncodeError({ path: '', reason: 'is longer than 65531 bytes' });
      writer.end(mark);
    } catch (error) {
      this.#refuse(EncodeError.within(key, error));
      writer.truncate(mark);
    }
  }

  #refuse(problems: readonly Problem[]): void {
    this.problems = [...(this.problems ?? []), ...problems];
  }

  #writeRaw({ type, flags, payload }: RawAttribute): void {
    const mark = this.#writer.begin(type | flags);
    this.#writer.blob(payload);
    this.#writer.end(mark);
  }
}
