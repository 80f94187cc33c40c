import { nestedFlag } from '../wire/align.ts';
import type { Reader } from '../wire/reader.ts';
import { bytes } from './scalars.ts';
import type { Infer, Siblings, Type } from './type.ts';

/** What a payload can mean, by name. */
export type Choices = Readonly<Record<string, Type<never> | Type<unknown>>>;

/** Value of one of several types, or bytes when the choice is not known. */
export type Selected<C extends Choices> = Infer<C[keyof C]> | Uint8Array;

/** Settings of a selected payload. */
export interface SelectedOptions {
  /** Whether the attribute carries `NLA_F_NESTED`. Default: no, as the kernel writes `IFLA_INFO_DATA`. */
  readonly nestedFlag?: boolean;
}

/** A payload whose type is told by the text attribute `sibling` before it: `IFLA_INFO_DATA` by `IFLA_INFO_KIND`. */
export function selectedBySibling<C extends Choices>(
  sibling: string,
  choices: C,
  options: SelectedOptions = {},
): Type<Selected<C>> {
  return selected((siblings) => own(choices, siblings[sibling]), options);
}

/** A payload whose type is told by a field of the message's header: `IFLA_PROTINFO` by `ifi_family`. */
export function selectedByHeader<C extends Choices>(
  field: string,
  choices: C,
  options: SelectedOptions = {},
): Type<Selected<C>> {
  return selected((_, header) => own(choices, (header as Record<string, unknown> | undefined)?.[field]), options);
}

/** Own properties only: a link kind may be called `constructor`. */
function own(choices: Choices, key: unknown): Type<unknown> | undefined {
  const known = (typeof key === 'string' || typeof key === 'number') && Object.hasOwn(choices, key);
  return known ? (choices[key] as Type<unknown>) : undefined;
}

function selected<T>(
  choose: (siblings: Siblings, header: object | undefined) => Type<unknown> | undefined,
  options: SelectedOptions,
): Type<T> {
  const suitable = (reader: Reader, start: number, end: number, siblings: Siblings): Type<unknown> => {
    const chosen = choose(siblings, reader.header);
    return chosen === undefined || (chosen.size !== undefined && chosen.size !== end - start) ? bytes : chosen;
  };
  return {
    name: 'selected',
    flags: options.nestedFlag ? nestedFlag : 0,
    read: (reader, start, end, siblings) =>
      suitable(reader, start, end, siblings).read(reader, start, end, siblings) as T,
    write(writer, value, siblings) {
      const type = value instanceof Uint8Array ? bytes : (choose(siblings, writer.header) ?? bytes);
      type.write(writer, value as never, siblings);
    },
    locate: (reader, start, end, target, siblings) =>
      suitable(reader, start, end, siblings).locate?.(reader, start, end, target, siblings),
  };
}
