import { EncodeError } from '../errors.ts';
import { MessageFlag } from '../protocol/header.ts';
import { messageOf, messageTypeName, messageTypeOf } from '../rtnetlink/families.ts';
import type { Verb } from './verb.ts';

/** A message to be sent as it is. */
export interface GenericRequest {
  /** `RTM_GETLINK`. */
  readonly type: string;
  /** `dump`, `create`, `exclusive`, `replace`, `append`, `echo`, `ack` …: `NLM_F_*` without the prefix. */
  readonly flags?: readonly string[];
  /** Fields of the family header; those left out are zero. */
  readonly header?: Readonly<Record<string, number>>;
  /** Attributes by the kernel's names in camelCase: `{ ifname: 'eth0' }`. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** A message of the answer, lossless. */
export interface GenericReply {
  type: string;
  header: Record<string, number>;
  attributes: Record<string, unknown>;
}

/** The verb for a message; throws EncodeError with everything that is wrong with it. */
export function genericVerb({
  type,
  flags: names = [],
  header = {},
  attributes = {},
}: GenericRequest): Verb<undefined, GenericReply | GenericReply[] | undefined> {
  const known = messageTypeOf(type);
  if (known === undefined) throw new EncodeError({ path: 'type', reason: 'is not a registered message', value: type });
  let flags = 0;
  for (const name of names) {
    if (!Object.hasOwn(MessageFlag, name))
      throw new EncodeError({ path: 'flags', reason: 'is not a flag', value: name });
    flags |= MessageFlag[name as keyof typeof MessageFlag];
  }
  const schema = known.message;
  const value = { header, attributes } as never;
  schema.encode(value);
  const asks = type.startsWith('RTM_GET');
  const dump = asks && (flags & MessageFlag.dump) === MessageFlag.dump;
  const ends = dump ? 'dump' : asks && !(flags & MessageFlag.ack) ? 'reply' : 'ack';
  return {
    name: type,
    type: known.type,
    flags: flags & ~MessageFlag.request,
    ends,
    schema,
    answer: dump ? 131072 : 8192,
    repeatable: asks,
    blocking: () => !asks && type.endsWith('LINK'),
    write: (writer) => schema.write(writer, value, {}),
    read: (reader, start, end, _input, answerType) => {
      const content = messageOf(answerType)?.read(reader, start, end, {});
      return content === undefined
        ? undefined
        : { type: messageTypeName(answerType) ?? String(answerType), ...content };
    },
  };
}
