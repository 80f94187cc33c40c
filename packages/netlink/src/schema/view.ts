import { DecodeError } from '../errors.ts';
import { typeMask } from '../wire/align.ts';
import type { Reader } from '../wire/reader.ts';
import { canHold, type Entry } from './attribute-table.ts';
import type { AttributeSet } from './attributes.ts';
import type { Siblings, Type } from './type.ts';

/** One attribute of a declared set, ready to be read out of an {@link AttributeView}. */
export interface Field<T> extends Pick<Entry, 'number' | 'size' | 'fits'> {
  readonly read: Type<T>['read'];
}

/** The attributes of a set as {@link Field}s, by their declared names. */
export type FieldsOf<A extends object> = { readonly [K in keyof A]-?: Field<Exclude<A[K], undefined>> };

const none: Siblings = {};
/** Folded, as in `reader.ts`. */
const numberMask = typeMask;

/**
 * The attributes of one message, found but not yet read.
 *
 * Decoding a whole link makes some fifty values of which a listing shows fifteen. A view notes where each attribute
 * is (no allocation), and the client's object literal then reads what it shows. Benchmark: `list 100k routes`.
 */
export class AttributeView<A extends object> {
  /** The fields to {@link AttributeView.get}. */
  readonly fields: FieldsOf<A>;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** The message in which each attribute was seen last, by their order: so that nothing needs to be wiped. */
  readonly #seen: Float64Array;
  #message = 0;
  #reader: Reader | undefined;

  constructor(set: AttributeSet<A>) {
    const plain = set.entries.filter((entry) => !entry.repeated);
    this.fields = Object.fromEntries(plain.map((entry) => [entry.name, entry])) as unknown as FieldsOf<A>;
    const highest = Math.max(...set.entries.map((entry) => entry.number));
    this.#starts = new Int32Array(highest + 1);
    this.#ends = new Int32Array(highest + 1);
    this.#seen = new Float64Array(highest + 1);
  }

  /** Finds the attributes in `[start, end)`; what was found before is forgotten. Throws DecodeError. */
  index(reader: Reader, start: number, end: number): void {
    const starts = this.#starts;
    const ends = this.#ends;
    const seen = this.#seen;
    const message = ++this.#message;
    this.#reader = reader;
    if (start > end) throw new DecodeError('message is shorter than its header', end);
    for (let at = start; end - at >= 4; ) {
      const length = reader.u16At(at);
      if (length < 4 || length > end - at)
        throw new DecodeError(`attribute length ${length} with ${end - at} bytes left`, at);
      const type = reader.u16At(at + 2) & numberMask;
      if (type < starts.length) {
        starts[type] = at + 4;
        ends[type] = at + length;
        seen[type] = message;
      }
      at += (length + 3) & ~3;
    }
  }

  /** The attribute's value; undefined when it is absent or has a size that its type can't have. */
  get<T>(field: Field<T>, siblings = none): T | undefined {
    const reader = this.#reader;
    if (this.#seen[field.number] !== this.#message || reader === undefined) return undefined;
    const start = this.#starts[field.number] as number;
    const end = this.#ends[field.number] as number;
    if (!canHold(field, end - start)) return undefined;
    const value = field.read(reader, start, end, siblings);
    reader.irregular = false;
    return value;
  }

  /** Finds the attributes in a nest, to be read out of `inner`; false when it is absent. */
  open<N extends object>(field: Field<N>, inner: AttributeView<N>): boolean {
    const reader = this.#reader;
    if (this.#seen[field.number] !== this.#message || reader === undefined) return false;
    inner.index(reader, this.#starts[field.number] as number, this.#ends[field.number] as number);
    return true;
  }
}
