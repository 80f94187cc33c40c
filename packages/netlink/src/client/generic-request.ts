import { EncodeError } from '../errors.ts';
import { MessageFlag } from '../protocol/header.ts';
import { messageOf, messageTypeName, messageTypeOf } from '../rtnetlink/families.ts';
import type { MessageValue } from '../schema/message.ts';
import type { Request } from './call.ts';

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

/** The request for a message, with everything that is wrong with it. */
export function genericRequest(message: GenericRequest): Request<GenericReply[]> {
  const known = messageTypeOf(message.type);
  if (known === undefined)
    throw new EncodeError({ path: 'type', reason: 'is not a registered message', value: message.type });
  let flags = 0;
  for (const name of message.flags ?? []) {
    if (!Object.hasOwn(MessageFlag, name))
      throw new EncodeError({ path: 'flags', reason: 'is not a flag', value: name });
    flags |= MessageFlag[name as keyof typeof MessageFlag];
  }
  const schema = known.message;
  const value = { header: message.header ?? {}, attributes: message.attributes ?? {} };
  schema.encode(value as never);
  const asks = message.type.startsWith('RTM_GET');
  const dump = asks && (flags & MessageFlag.dump) === MessageFlag.dump;
  const ends = dump ? 'dump' : asks && !(flags & MessageFlag.ack) ? 'reply' : 'ack';
  let replies: GenericReply[] = [];
  return {
    name: message.type,
    type: known.type,
    flags: flags & ~(MessageFlag.request | (ends === 'ack' ? MessageFlag.ack : 0)),
    ends,
    schema,
    answer: dump ? 131072 : 8192,
    repeatable: asks,
    blocking: !asks && message.type.endsWith('LINK'),
    write: (writer) => schema.write(writer, value as never, {}),
    reply: (type, reader, start, end) => {
      const content = messageOf(type)?.read(reader, start, end, {}) as MessageValue<object, object> | undefined;
      if (content !== undefined)
        replies.push({ type: messageTypeName(type) ?? String(type), ...content } as GenericReply);
    },
    restart: () => {
      replies = [];
    },
    result: () => replies,
  };
}
