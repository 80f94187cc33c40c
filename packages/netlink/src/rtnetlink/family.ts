import type { Message } from '../schema/message.ts';

/** A message whatever its header and attributes. */
export type AnyMessage = Message<object, object>;

/** What a family of messages is asked to do: its messages are numbered base + 0…3. */
export type Verb = 'NEW' | 'DEL' | 'GET' | 'SET';

/** The messages about one kind of object: `RTM_NEWLINK`, `RTM_DELLINK`, `RTM_GETLINK`, `RTM_SETLINK`. */
export interface Family {
  /** Number of the `RTM_NEW…` message. */
  readonly base: number;
  /** What all of them hold. */
  readonly message: AnyMessage;
  /** Those that the kernel defines. */
  readonly verbs: readonly Verb[];
}

/** Declares a family: the number of its `RTM_NEW…` and what its messages hold. */
export function family(base: number, message: AnyMessage, verbs: readonly Verb[] = ['NEW', 'DEL', 'GET']): Family {
  return { base, message, verbs };
}

/** Position of each verb behind a family's base. */
export const verbOffset = { NEW: 0, DEL: 1, GET: 2, SET: 3 } as const satisfies Record<Verb, number>;
