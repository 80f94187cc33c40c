import { littleEndian, typeMask } from '../wire/align.ts';
import type { Reader } from '../wire/reader.ts';
import { type AttributeTable, canHold, type Entry } from './attribute-table.ts';
import { leaveResidue, type RawAttribute, type Residue } from './residue.ts';

/** Where an attribute is. */
type Range = readonly [wireType: number, from: number, to: number];

/** Notes in the residue of a set being read what is unusual about it; made when the first such thing is met. */
export class Oddities {
  readonly #table: AttributeTable;
  readonly #reader: Reader;
  readonly #value: Record<string, unknown>;
  readonly #start: number;
  readonly #residue: Residue;
  /** Where attributes that came more than once were last; looking for it anew every time would take for ever. */
  readonly #latest = new Map<Entry, Range>();

  constructor(table: AttributeTable, reader: Reader, value: Record<string, unknown>, start: number) {
    this.#table = table;
    this.#reader = reader;
    this.#value = value;
    this.#start = start;
    this.#residue = leaveResidue(value);
  }

  /** An attribute that is not declared, or of a length that its type can't have. */
  raw(wireType: number, from: number, to: number, entry: Entry | undefined): void {
    this.#order().push(this.#rawAttribute(wireType, from, to, entry));
  }

  /** An attribute that was there before. The last counts, as in the kernel; the one before is kept where it was. */
  again(entry: Entry, wireType: number, from: number, to: number): void {
    const order = this.#order();
    if (entry.repeated) return;
    const { name } = entry;
    const at = order.lastIndexOf(name);
    order[at] = this.#rawAttribute(...this.#latestOf(entry, from));
    this.#latest.set(entry, [wireType, from, to]);
    this.#residue.flags?.delete(name);
    this.#residue.payloads?.delete(name);
    // What was read as the one before said must not be written as the new one says.
    for (const told of entry.tells) {
      const value = this.#value[told.name];
      if (value === undefined) continue;
      const [, first, last] = this.#latestOf(told, from);
      this.payload(told.name, value, first, last);
    }
  }

  /** The next attribute is called `name`: only needed once the order is no longer that of the keys. */
  mention(name: string): void {
    this.#residue.order?.push(name);
  }

  /** Flags other than the declared ones. */
  flags(key: string, flags: number): void {
    this.#residue.flags ??= new Map();
    this.#residue.flags.set(key, flags);
  }

  /** A payload that writing its value would not give back. */
  payload(key: string, value: unknown, from: number, to: number): void {
    this.#residue.payloads ??= new Map();
    this.#residue.payloads.set(key, { value, payload: this.#reader.bytes.slice(from, to) });
  }

  /** The order on the wire: so far that of the keys. */
  #order(): (string | RawAttribute)[] {
    this.#residue.order ??= Object.entries(this.#value).flatMap(([name, item]) =>
      this.#table.byName.get(name)?.repeated ? (item as unknown[]).map(() => name) : name,
    );
    return this.#residue.order;
  }

  #rawAttribute(wireType: number, from: number, to: number, entry?: Entry): RawAttribute {
    const type = wireType & typeMask;
    const flags = wireType & ~typeMask;
    const payload = this.#reader.bytes.slice(from, to);
    if (entry === undefined || canHold(entry, to - from)) return { type, flags, payload };
    const { size, name } = entry.type;
    return { type, flags, payload, reason: size === undefined ? `is no ${name}` : `should be ${size} bytes` };
  }

  /** The last readable `entry` before byte `end`, which all have been walked. */
  #latestOf(entry: Entry, end: number): Range {
    const known = this.#latest.get(entry);
    if (known !== undefined) return known;
    const { view } = this.#reader;
    let found: Range = [entry.number, end, end];
    for (let at = this.#start; at < end - 4; at += (view.getUint16(at, littleEndian) + 3) & ~3) {
      const length = view.getUint16(at, littleEndian);
      const wireType = view.getUint16(at + 2, littleEndian);
      if ((wireType & typeMask) === entry.number && canHold(entry, length - 4)) found = [wireType, at + 4, at + length];
    }
    this.#latest.set(entry, found);
    return found;
  }
}
