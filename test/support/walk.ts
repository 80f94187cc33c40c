import type { AttributeSet, Struct, Type } from '@nsnet/netlink/messages';

/** A declaration somewhere inside a message. */
export interface Declared {
  /** `link.linkinfo.data(bridge).rootId`: attribute names, and in brackets which of several meanings. */
  readonly path: string;
  readonly type: Type<unknown>;
}

/** Whether a type is an attribute set. */
export function isSet(type: Type<unknown>): type is AttributeSet<object> {
  return 'entries' in type;
}

/** Whether a type is a struct. */
export function isStruct(type: Type<unknown>): type is Struct<object> {
  return 'offsetOf' in type;
}

/** `type` and everything it is made of, each once, under the path it is first met at. */
export function walk(path: string, type: Type<unknown>, seen = new Set<Type<unknown>>()): Declared[] {
  if (seen.has(type)) return [];
  seen.add(type);
  const inner = isSet(type)
    ? type.entries.map((entry) => [`${path}.${entry.name}`, entry.type] as const)
    : Object.entries(type.parts ?? {}).map(([name, part]) => [pathOfPart(path, type, name), part] as const);
  return [{ path, type }, ...inner.flatMap(([name, part]) => walk(name, part as Type<unknown>, seen))];
}

function pathOfPart(path: string, type: Type<unknown>, part: string): string {
  if (type.name === 'selected') return `${path}(${part})`;
  return part === 'attributes' || part === 'element' ? path : `${path}.${part}`;
}
