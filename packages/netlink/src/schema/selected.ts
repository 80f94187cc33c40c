import { nestedFlag } from '../wire/align.ts';
import type { Reader } from '../wire/reader.ts';
import { bytes } from './scalars.ts';
import { fits, type Infer, type Siblings, type Type } from './type.ts';

/** What a payload can mean, by name. */
export type Choices = Readonly<Record<string, Type<never> | Type<unknown>>>;

/** Value of one of several types, or bytes when the choice is not known. */
export type Selected<C extends Choices> = Infer<C[keyof C]> | Uint8Array;

/** What tells a selected payload's type: an attribute before it, or a field of the message's header. */
export type Selector = { readonly sibling: string } | { readonly header: string };

/** A payload of one of several types: its `parts`, by what the selector says. */
export interface SelectedType<T> extends Type<T> {
  readonly selector: Selector;
}

/** Settings of a selected payload. */
export interface SelectedOptions<O> {
  /** Whether the attribute carries `NLA_F_NESTED`. Default: as the chosen type says. */
  readonly nestedFlag?: boolean;
  /** The type when nothing is chosen. Default: bytes. */
  readonly otherwise?: Type<O>;
}

/** A payload whose type is told by the text attribute `sibling` before it: `IFLA_INFO_DATA` by `IFLA_INFO_KIND`. */
export function selectedBySibling<C extends Choices, O = never>(
  sibling: string,
  choices: C,
  options: SelectedOptions<O> = {},
): SelectedType<Selected<C> | O> {
  return selected({ sibling }, choices, options);
}

/** A payload whose type is told by a field of the message's header: `IFLA_PROTINFO` by `ifi_family`. */
export function selectedByHeader<C extends Choices, O = never>(
  field: string,
  choices: C,
  options: SelectedOptions<O> = {},
): SelectedType<Selected<C> | O> {
  return selected({ header: field }, choices, options);
}

function selected<T>(selector: Selector, choices: Choices, options: SelectedOptions<unknown>): SelectedType<T> {
  const { nestedFlag: nested, otherwise } = options;
  const choose = (siblings: Siblings, header: object | undefined): Type<unknown> =>
    own(choices, keyOf(selector, siblings, header)) ?? otherwise ?? bytes;
  const suitable = (reader: Reader, start: number, end: number, siblings: Siblings): Type<unknown> => {
    const chosen = choose(siblings, reader.header);
    return fits(chosen, end - start) ? chosen : bytes;
  };
  const flags = nested === undefined ? undefined : nested ? nestedFlag : 0;
  return {
    name: 'selected',
    selector,
    parts: otherwise === undefined ? choices : { ...choices, otherwise },
    flagsFor: (siblings, header) => flags ?? choose(siblings, header).flags ?? 0,
    read: (reader, start, end, siblings) =>
      suitable(reader, start, end, siblings).read(reader, start, end, siblings) as T,
    write(writer, value, siblings) {
      const type = value instanceof Uint8Array ? bytes : choose(siblings, writer.header);
      type.write(writer, value as never, siblings);
    },
    locate: (reader, start, end, target, siblings) =>
      suitable(reader, start, end, siblings).locate?.(reader, start, end, target, siblings),
  };
}

function keyOf(selector: Selector, siblings: Siblings, header: object | undefined): unknown {
  if ('sibling' in selector) return siblings[selector.sibling];
  return (header as Siblings | undefined | null)?.[selector.header];
}

/** Own properties only: a link kind may be called `constructor`. */
function own(choices: Choices, key: unknown): Type<unknown> | undefined {
  const known = (typeof key === 'string' || typeof key === 'number') && Object.hasOwn(choices, key);
  return known ? (choices[key] as Type<unknown>) : undefined;
}
