import { type Layout, Structure } from 'buffer-layout';
import { EncodeError, type Problem } from '../errors.ts';
import { Reader } from '../wire/reader.ts';
import type { Writer } from '../wire/writer.ts';
import type { Fields } from './fields.ts';
import { type PlacedField, Recorder } from './recorder.ts';
import type { Type } from './type.ts';

/** A C struct of fixed layout. */
export interface Struct<T extends object> extends Type<T> {
  /** `sizeof`, bytes. */
  readonly span: number;
  /** Field names in order. */
  readonly fields: readonly string[];
  /** `offsetof(struct, field)`, bytes. */
  offsetOf(field: string): number;
  /** The declaration itself: the decoder of the struct at the cursor. */
  readonly declare: (field: Fields) => T;
}

/** Settings of a struct that differ from the usual. */
export interface StructOptions {
  /** `sizeof`, where C pads the end of the struct. Default: the end of the last field. */
  readonly size?: number;
}

/**
 * Declares a C struct by the arrow that reads it.
 *
 * The arrow runs once with a recorder, which learns names, offsets and encoders, and then once per message with the
 * reader. So it must only read fields, in order, without conditions; the recorder refuses anything else.
 */
export function struct<T extends object>(declare: (field: Fields) => T, options: StructOptions = {}): Struct<T> {
  const recorder = new Recorder();
  const fields = recorder.place(declare(recorder));
  const layout = new Structure(fields.map((field) => field.layout));
  const places = new Map<string, { readonly layout: Layout; readonly offset: number }>();
  for (const { name, layout: field } of fields)
    if (name !== undefined) places.set(name, { layout: field, offset: layout.offsetOf(name) ?? 0 });
  const names = [...places.keys()];
  const span = options.size ?? layout.span;

  return {
    name: 'struct',
    span,
    fields: names,
    declare,
    offsetOf(name) {
      const offset = layout.offsetOf(name);
      if (offset === undefined) throw new RangeError(`no field ${name}`);
      return offset;
    },
    read(reader, start, end) {
      if (end - start < span) return declare(readerOfShort(reader, start, end, span));
      if (end - start > span) reader.irregular = true;
      reader.position = start;
      return declare(reader);
    },
    write(writer, value) {
      if (typeof value !== 'object' || value === null)
        throw new EncodeError({ path: '', reason: 'is not an object', value });
      const start = writer.reserve(span);
      // By the keys there are, not by the fields there could be: most headers set one or two. Benchmark: `encode`.
      try {
        let strange = false;
        for (const key in value) {
          const place = places.get(key);
          const item: unknown = value[key];
          if (place === undefined) strange = true;
          else if (item !== undefined) place.layout.encode(item, writer.bytes, start + place.offset);
        }
        if (!strange) return;
      } catch {
        // Below, with everything else that is wrong.
      }
      const unknown = Object.keys(value).filter((key) => !places.has(key));
      throw new EncodeError([
        ...unknown.map((path) => ({ path, reason: `is not a field (${names.join(', ')})` })),
        ...problemsOf(fields, value as Record<string, unknown>, writer, start),
      ]);
    },
  };
}

/** An older kernel's struct lacks the newest fields: they read as zero, and the bytes are kept by whoever holds them. */
function readerOfShort(reader: Reader, start: number, end: number, span: number): Reader {
  const bytes = new Uint8Array(span);
  bytes.set(reader.bytes.subarray(start, end));
  reader.irregular = true;
  return new Reader(bytes);
}

/** Encodes field by field, to learn which ones are refused. */
function problemsOf(
  fields: readonly PlacedField[],
  value: Record<string, unknown>,
  writer: Writer,
  start: number,
): Problem[] {
  const problems: Problem[] = [];
  for (const { name, layout } of fields) {
    if (name === undefined || value[name] === undefined) continue;
    try {
      layout.encode(value[name], writer.bytes, start);
    } catch (error) {
      problems.push(...EncodeError.within(name, error));
    }
  }
  return problems;
}
