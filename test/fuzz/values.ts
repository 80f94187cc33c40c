import type { AnyMessage, AttributeSet, Entry, SelectedType, Struct, Type } from '@nsnet/netlink/messages';
import fc, { type GeneratorValue } from 'fast-check';
import { isSet, isStruct } from '../support/walk.ts';

/** Draws what every type can write and reads back as it was. */
export class Values {
  readonly #draw: GeneratorValue;
  /** Header of the message being made, which some attributes depend on. */
  #header: Readonly<Record<string, unknown>> = {};

  constructor(draw: GeneratorValue) {
    this.#draw = draw;
  }

  /** A message as `decode` returns it. */
  message(message: AnyMessage): { header: object; attributes: object } {
    const outer = this.#header;
    const family = this.#draw(fc.constantFrom, 0, 2, 7, 10);
    const header = { ...this.#struct(message.header as Struct<object>), family };
    this.#header = header;
    const attributes = this.#set(message.attributes);
    this.#header = outer;
    return { header, attributes };
  }

  #value(type: Type<unknown>): unknown {
    if (isSet(type)) return this.#set(type);
    if (isStruct(type)) return this.#struct(type);
    if (type.name === 'message') return this.message(type as unknown as AnyMessage);
    const { element, header, attributes, ...tails } = (type.parts ?? {}) as Record<string, Type<unknown>>;
    if (element !== undefined) return this.#several(0, () => this.#value(element));
    if (header !== undefined && attributes !== undefined)
      return this.#several(0, () => ({ header: this.#value(header), attributes: this.#value(attributes) }));
    if (header === undefined) return this.#scalar(type);
    const tail = Object.entries(tails).map(([name, part]) => [name, this.#value(part)]);
    return { ...(this.#value(header) as object), ...Object.fromEntries(tail) };
  }

  #several<T>(least: number, make: () => T): T[] {
    return Array.from({ length: this.#integer(least, least + 3) }, make);
  }

  /** A struct made by its own declaration, with drawn values for a reader. */
  #struct(type: Struct<object>): object {
    const fields: Record<string, unknown> = {
      blob: (length: number) => this.#bytes(length),
      text: () => this.#draw(fc.constantFrom, '', 'a'),
      mac: () => pairs(this.#bytes(6)),
      pad: () => fields,
    };
    for (const name of numbers) fields[name] = () => this.#number(name);
    return type.declare(fields as never);
  }

  /** Up to six attributes of a set; with those whose meaning depends on a name comes the name. */
  #set(set: AttributeSet<object>): Record<string, unknown> {
    const value: Record<string, unknown> = {};
    if (set.entries.length === 0) return value;
    for (let left = this.#integer(0, 6); left > 0; left--) {
      const entry = set.entries[this.#integer(0, set.entries.length - 1)] as Entry;
      const { selector } = entry.type as Partial<SelectedType<unknown>>;
      const isTeller = set.entries.some(({ type }) => tellerOf(type) === entry.name);
      if (value[entry.name] !== undefined || isTeller) continue;
      if (selector === undefined) value[entry.name] = this.#entry(entry);
      else this.#selected(value, entry as Entry & { type: SelectedType<unknown> });
    }
    return value;
  }

  #selected(value: Record<string, unknown>, { name, type }: Entry & { type: SelectedType<unknown> }): void {
    const { selector, parts = {} } = type;
    const choices = parts as Record<string, Type<unknown>>;
    if ('header' in selector) {
      const chosen = choices[String(this.#header[selector.header])] ?? choices.otherwise;
      value[name] = chosen === undefined ? this.#bytes(5) : this.#value(chosen);
      return;
    }
    const kind = this.#draw(fc.constantFrom, ...Object.keys(choices), 'constructor', '__proto__');
    const chosen = Object.hasOwn(choices, kind) ? choices[kind] : undefined;
    value[selector.sibling] = kind;
    value[name] = chosen === undefined ? this.#bytes(5) : this.#value(chosen);
  }

  #entry({ type, repeated }: Entry): unknown {
    return repeated ? this.#several(1, () => this.#value(type)) : this.#value(type);
  }

  #scalar(type: Type<unknown>): unknown {
    switch (type.name) {
      case 'flag':
        return type.fits?.(1) && this.#draw(fc.boolean) ? this.#integer(0, 255) : true;
      case 'uint':
        return this.#number(this.#draw(fc.boolean) ? 'u32' : 'u64');
      case 'bytes':
        return this.#bytes(this.#integer(0, 40));
      case 'mac':
        return pairs(this.#bytes(this.#draw(fc.constantFrom, 0, 4, 6, 20)));
      case 'string':
        return this.#text();
      case 'ip':
        return this.#address(this.#draw(fc.boolean) ? 4 : 16);
      case 'ipv4':
        return this.#address(4);
      case 'ipv6':
        return this.#address(16);
      default:
        return this.#number(type.name);
    }
  }

  /** `u8` … `be64`. */
  #number(name: string): number | bigint {
    const [, kind, digits] = /^(u|s|be)(\d+)$/.exec(name) ?? [];
    if (digits === undefined) throw new Error(`no values for ${name}`);
    const [min, max] =
      kind === 's' ? [-(2n ** BigInt(+digits - 1)), 2n ** BigInt(+digits - 1) - 1n] : [0n, 2n ** BigInt(digits) - 1n];
    return digits === '64' ? this.#draw(fc.bigInt, { min, max }) : this.#integer(Number(min), Number(max));
  }

  #integer(min: number, max: number): number {
    return this.#draw(fc.integer, { min, max });
  }

  #bytes(length: number): Uint8Array {
    return this.#draw(fc.uint8Array, { minLength: length, maxLength: length });
  }

  /** At most 15 bytes, any but NUL. */
  #text(): string {
    const known = this.#draw(fc.constantFrom, undefined, 'eth0', '__proto__', '', '\udcff\udcfe');
    return known ?? this.#draw(fc.string, { unit: 'binary', maxLength: 3 } as const).replaceAll('\0', '');
  }

  /** In the spelling that reading gives. */
  #address(length: number): string {
    const bytes = this.#bytes(length);
    if (length === 4) return bytes.join('.');
    const groups = Array.from({ length: 8 }, (_, at) => ((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0) || 1);
    return groups.map((group) => group.toString(16)).join(':');
  }
}

const numbers = ['u8', 'u16', 'u32', 'u64', 's8', 's16', 's32', 's64', 'be16', 'be32', 'be64'];

function pairs(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replaceAll(/..(?=.)/g, '$&:');
}

/** Name of the attribute that tells what this type is. */
function tellerOf(type: Type<unknown>): string | undefined {
  const { selector } = type as Partial<SelectedType<unknown>>;
  return selector !== undefined && 'sibling' in selector ? selector.sibling : undefined;
}
