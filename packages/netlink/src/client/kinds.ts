import type { Kind, KindInfo } from '../rtnetlink/link/info.ts';
import { kinds } from '../rtnetlink/link/kinds.ts';
import { bridge } from './kinds/bridge.ts';
import { macvlan } from './kinds/macvlan.ts';
import { vlan } from './kinds/vlan.ts';
import { vxlan } from './kinds/vxlan.ts';
import { decodeSettings, encodeSettings, type KindWords, type Settings } from './kinds/words.ts';
import type { Problems } from './problems.ts';

/** Settings of a link's kind, as it is added; undeclared kinds have none. */
export type LinkData = { readonly [setting: string]: unknown };

/** Kinds whose settings are said in other words than the kernel's. The rest needs no line here. */
const words: Partial<Record<Kind, KindWords>> = { bridge, macvlan, macvtap: macvlan, vlan, vxlan };
const plain: KindWords = {};

function wordsOf(kind: string): KindWords {
  return Object.hasOwn(words, kind) ? (words[kind as Kind] ?? plain) : plain;
}

/** Whether the settings of `kind` are declared. */
export function isDeclared(kind: string): boolean {
  return Object.hasOwn(kinds, kind);
}

/** Whether data of `kind` has an attribute of that name: `link` of a vxlan is one, that of a vlan is not. */
export function hasSetting(kind: string, name: string): boolean {
  return isDeclared(kind) && kinds[kind as Kind].entry(name) !== undefined;
}

/** The data attributes of a link to be added; undefined when there is nothing to say. */
export function encodeData(kind: string, settings: Settings, problems: Problems): Settings | undefined {
  const given = Object.values(settings).some((value) => value !== undefined);
  if (!isDeclared(kind)) {
    for (const name of Object.keys(settings))
      problems.add(name, `is not known: the settings of kind '${kind}' are not declared`);
    return undefined;
  }
  const isFlag = (name: string) => kinds[kind as Kind].entry(name)?.type.name === 'flag';
  const data = encodeSettings(wordsOf(kind), settings, isFlag, problems);
  for (const name of Object.keys(data)) {
    problems.check(hasSetting(kind, name), name, `is not a setting of links, nor of kind '${kind}'`);
  }
  return given ? data : undefined;
}

/** The settings of a link that was received; undefined for undeclared kinds and those without. */
export function readData(kind: string, data: KindInfo['data']): LinkData | undefined {
  if (data === undefined || data instanceof Uint8Array) return undefined;
  return decodeSettings(wordsOf(kind), data as Settings);
}
