import { numberOf, valueName } from '../../rtnetlink/names.ts';
import type { Problems } from '../problems.ts';

/** Settings of a link kind in the words of users. */
export type Settings = Record<string, unknown>;

/**
 * How the settings of a kind are said: as a rule by the kernel's names, so only what differs stands here. A kind
 * without words works: numbers stay numbers.
 */
export interface KindWords {
  /** Words for attributes that are called otherwise: `{ stp: 'stpState' }`. */
  readonly names?: Readonly<Record<string, string>>;
  /** Attributes that are true or false, by the kernel's names. */
  readonly switches?: readonly string[];
  /** Attributes whose values have names: `{ mode: MacvlanMode }`. */
  readonly values?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Last change of what is to be sent, for what no table says. */
  readonly encode?: (data: Settings, problems: Problems) => Settings;
  /** Last change of what was received. */
  readonly decode?: (settings: Settings) => Settings;
}

/** The attributes for `settings`; those for which `isFlag` holds say yes by being there. */
export function encodeSettings(
  words: KindWords,
  settings: Settings,
  isFlag: (name: string) => boolean,
  problems: Problems,
): Settings {
  const data: Settings = {};
  for (const [word, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    const name = words.names?.[word] ?? word;
    const table = words.values?.[name];
    if (typeof value === 'boolean' && isFlag(name)) {
      if (value) data[name] = true;
    } else if (typeof value === 'boolean') {
      data[name] = value ? 1 : 0;
    } else if (table !== undefined) {
      data[name] = numberOf(table, value);
      problems.check(data[name] !== undefined, word, `is not one of ${Object.keys(table).join(', ')}`, value);
    } else {
      data[name] = value;
    }
  }
  return words.encode?.(data, problems) ?? data;
}

/** The settings that `data` says. */
export function decodeSettings(words: KindWords, data: Settings): Settings {
  const wordOf = new Map(Object.entries(words.names ?? {}).map(([word, name]) => [name, word]));
  const settings: Settings = {};
  for (const [name, value] of Object.entries(data)) {
    const table = words.values?.[name];
    const word = wordOf.get(name) ?? name;
    if (words.switches?.includes(name)) settings[word] = value !== 0;
    else if (table !== undefined && typeof value === 'number') settings[word] = valueName(table, value);
    // Times are __u64, which JSON can't say.
    else settings[word] = typeof value === 'bigint' && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }
  return words.decode?.(settings) ?? settings;
}
