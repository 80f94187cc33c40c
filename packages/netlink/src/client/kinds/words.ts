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

/** How an attribute is said. */
interface Rendering {
  readonly word: string;
  readonly say: (value: unknown) => unknown;
}

/** Renderings by attribute name, made when they are first needed. */
const renderings = new WeakMap<KindWords, Map<string, Rendering>>();

/** The settings that `data` says. */
export function decodeSettings(words: KindWords, data: Settings): Settings {
  let known = renderings.get(words);
  if (known === undefined) {
    known = new Map();
    renderings.set(words, known);
  }
  const settings: Settings = {};
  for (const name of Object.keys(data)) {
    let rendering = known.get(name);
    if (rendering === undefined) {
      rendering = renderingOf(words, name);
      known.set(name, rendering);
    }
    settings[rendering.word] = rendering.say(data[name]);
  }
  return words.decode?.(settings) ?? settings;
}

function renderingOf({ names = {}, switches = [], values = {} }: KindWords, name: string): Rendering {
  const word = Object.keys(names).find((key) => names[key] === name) ?? name;
  const table = values[name];
  if (switches.includes(name)) return { word, say: (value) => value !== 0 };
  if (table !== undefined)
    return { word, say: (value) => (typeof value === 'number' ? valueName(table, value) : value) };
  return { word, say: plainNumber };
}

/** Times are `__u64`, which JSON can't say. */
function plainNumber(value: unknown): unknown {
  return typeof value === 'bigint' && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
