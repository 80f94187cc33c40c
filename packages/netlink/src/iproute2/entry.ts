/** What `JSON.parse` can give. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** An object of JSON. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** A value that may be a fact; an absent one is none. */
type Fact = string | number | bigint | undefined;

/**
 * One object of an answer, written once for two readers: keys and values for programs (`ip -j`), words for people
 * (`ip`). Words carry their own spaces, because those of `ip` follow no rule.
 */
export class Entry {
  /** For programs. */
  readonly object: JsonObject = {};
  #text = '';

  /** For people. */
  get text(): string {
    return this.#text;
  }

  /** A fact that both read alike, `mtu 1500 `; nothing when it is absent. */
  fact(key: string, value: Fact, label = key): this {
    return value === undefined ? this : this.both(key, value, `${label} ${value} `);
  }

  /** A number that both read in hexadecimal, `port_id 0x8001 `. */
  hexFact(key: string, value: number | undefined, label = key): this {
    return value === undefined ? this : this.fact(key, hex(value), label);
  }

  /** A switch: true or false for programs, `learning on ` for people. */
  switchFact(key: string, value: number | undefined): this {
    return value === undefined ? this : this.both(key, value !== 0, `${key} ${value === 0 ? 'off' : 'on'} `);
  }

  /** A fact that people read in words of their own. */
  both(key: string, value: JsonValue | bigint, words: string): this {
    return this.data(key, value).say(words);
  }

  /** A fact for programs. */
  data(key: string, value: JsonValue | bigint): this {
    this.object[key] = typeof value === 'bigint' ? Number(value) : value;
    return this;
  }

  /** Words for people. */
  say(words: string): this {
    this.#text += words;
    return this;
  }

  /** Facts that programs find in an object under `key`; people read on in the line. */
  section(key: string, write: (section: Entry) => void): this {
    const section = entry(write);
    return this.both(key, section.object, section.text);
  }

  /** The same for a list of objects. */
  sections<T>(key: string, items: readonly T[], write: (section: Entry, item: T) => void): this {
    const sections = items.map((item) => entry((section) => write(section, item)));
    return this.both(
      key,
      sections.map(({ object }) => object),
      sections.map(({ text }) => text).join(''),
    );
  }
}

/** The entry that `write` fills. */
export function entry(write: (entry: Entry) => void): Entry {
  const made = new Entry();
  write(made);
  return made;
}

/** As C's `%#x`: zero has no prefix. */
export function hex(value: number): string {
  return value === 0 ? '0' : `0x${value.toString(16)}`;
}
