import { DecodeError, EncodeError, joinPath, type Problem } from '../errors.ts';
import { align, littleEndian, nestedFlag, typeMask } from '../wire/align.ts';
import type { Reader } from '../wire/reader.ts';
import type { AttributeSet, RepeatedType } from './attributes.ts';
import type { Struct } from './struct.ts';
import { fits, type Type } from './type.ts';

/** An attribute that comes once per value: `repeated(string(127))` for `IFLA_ALT_IFNAME`. */
export function repeated<T>(element: Type<T>): RepeatedType<T> {
  const alone = (): never => {
    throw new TypeError('a repeated type stands for several attributes: it has no payload of its own');
  };
  return { name: 'repeated', element, parts: { element }, read: alone, write: alone };
}

/** Writes each item, gathering the problems of all under `[index]`. */
function writeEach<T>(items: readonly T[], write: (item: T, index: number) => void): void {
  if (!Array.isArray(items)) throw new EncodeError({ path: '', reason: 'is not an array', value: items });
  const problems: Problem[] = [];
  for (const [index, item] of items.entries()) {
    try {
      write(item, index);
    } catch (error) {
      problems.push(...EncodeError.within(`[${index}]`, error));
    }
  }
  if (problems.length > 0) throw new EncodeError(problems);
}

/** A nest whose attributes are the elements of an array, numbered from `first`. */
export function list<T>(element: Type<T>, first = 1, options: { nestedFlag?: boolean } = {}): Type<T[]> {
  return {
    name: 'list',
    parts: { element },
    flags: options.nestedFlag === false ? 0 : nestedFlag,
    read(reader, start, end) {
      const items: T[] = [];
      let irregular = false;
      for (let at = start; end - at >= 4; ) {
        const length = reader.u16At(at);
        const wireType = reader.u16At(at + 2);
        if (length < 4 || length > end - at)
          throw new DecodeError(`element length ${length} with ${end - at} bytes left`, at);
        if (!fits(element, length - 4))
          throw new DecodeError(`element of ${length - 4} bytes is no ${element.name}`, at);
        const flags = wireType & ~typeMask;
        if ((wireType & typeMask) !== first + items.length || flags !== (element.flags ?? 0)) irregular = true;
        items.push(element.read(reader, at + 4, at + length, {}));
        irregular ||= reader.irregular;
        at += align(length);
      }
      reader.irregular = irregular;
      return items;
    },
    write(writer, value) {
      writeEach(value, (item, index) => {
        const mark = writer.begin((first + index) | (element.flags ?? 0));
        element.write(writer, item, {});
        writer.end(mark);
      });
    },
    locate(reader, start, end, target) {
      for (let at = start, index = 0; end - at >= 4; index++) {
        const length = reader.u16At(at);
        if (length < 4 || length > end - at) return undefined;
        if (target < at + length) return located(index, element.locate?.(reader, at + 4, at + length, target, {}));
        at += align(length);
      }
      return undefined;
    },
  };
}

/** Fixed-size elements one behind the other, without headers: a C array. A remainder is kept by the residue. */
export function array<T>(element: Type<T> & { readonly span?: number }): Type<T[]> {
  const size = element.size ?? element.span;
  if (size === undefined) throw new TypeError('elements of an array have a fixed size');
  return {
    name: 'array',
    parts: { element },
    read(reader, start, end) {
      const items: T[] = [];
      let at = start;
      for (; end - at >= size; at += size) items.push(element.read(reader, at, at + size, {}));
      if (at !== end) reader.irregular = true;
      return items;
    },
    write(writer, value) {
      writeEach(value, (item) => element.write(writer, item, {}));
    },
  };
}

/** One record of {@link records}: a struct and the attributes that follow it. */
export interface RecordValue<H extends object, A extends object> {
  header: H;
  attributes: A;
}

/**
 * Structs that say their own length, each followed by attributes: `struct rtnexthop` in `RTA_MULTIPATH`.
 * `lengthField` is filled in when writing.
 */
export function records<H extends object, A extends object, L extends keyof H & string>(
  header: Struct<H>,
  set: AttributeSet<A>,
  lengthField: L,
): Type<RecordValue<Omit<H, L> & Partial<Pick<H, L>>, A>[]> {
  const lengthOffset = header.offsetOf(lengthField);
  const lengthAt = (reader: Reader, at: number) => reader.u16At(at + lengthOffset);
  return {
    name: 'records',
    parts: { header, attributes: set },
    read(reader, start, end) {
      const items: RecordValue<H, A>[] = [];
      let irregular = false;
      for (let at = start; end - at > 0; ) {
        const length = end - at >= header.span ? lengthAt(reader, at) : 0;
        if (length < header.span || length > end - at)
          throw new DecodeError(`record length ${length} with ${end - at} bytes left`, at);
        items.push({
          header: header.read(reader, at, at + header.span, {}),
          attributes: set.read(reader, at + align(header.span), at + length, {}),
        });
        if (length !== align(length)) irregular = true;
        at += align(length);
      }
      reader.irregular = irregular;
      return items;
    },
    write(writer, value) {
      writeEach(value, (item) => {
        if (typeof item !== 'object' || item === null)
          throw new EncodeError({ path: '', reason: 'is not an object', value: item });
        const start = writer.length;
        header.write(writer, item.header as H, {});
        writer.pad();
        set.write(writer, item.attributes, {});
        writer.view.setUint16(start + lengthOffset, writer.length - start, littleEndian);
      });
    },
    locate(reader, start, end, target) {
      for (let at = start, index = 0; end - at >= header.span; index++) {
        const length = lengthAt(reader, at);
        if (length < header.span || length > end - at) return undefined;
        const behind = at + align(header.span);
        if (target < behind) return located(index, undefined);
        if (target < at + length) return located(index, set.locate?.(reader, behind, at + length, target, {}));
        at += align(length);
      }
      return undefined;
    },
  };
}

function located(index: number, inner: string | undefined): string {
  return joinPath(`[${index}]`, inner ?? '');
}
