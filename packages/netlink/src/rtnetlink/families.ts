import { addressMessage } from './address.ts';
import { type AnyMessage, type Family, family, verbOffset } from './family.ts';
import { linkMessage } from './link/link.ts';
import { neighbourMessage } from './neighbour.ts';
import { nsidMessage } from './nsid.ts';
import { routeMessage } from './route.ts';
import { ruleMessage } from './rule.ts';

/** Every family of rtnetlink messages known here, by the word in `RTM_NEW…`. To add one: its file, and a line here. */
export const families = {
  LINK: family(16, linkMessage, ['NEW', 'DEL', 'GET', 'SET']),
  ADDR: family(20, addressMessage),
  ROUTE: family(24, routeMessage),
  NEIGH: family(28, neighbourMessage),
  RULE: family(32, ruleMessage),
  NSID: family(88, nsidMessage),
  LINKPROP: family(108, linkMessage, ['NEW', 'DEL']),
} as const satisfies Record<string, Family>;

/** A message type: its name, its number in `nlmsghdr` and what it holds. */
export interface MessageType {
  /** `RTM_NEWLINK`. */
  readonly name: string;
  /** `nlmsg_type`. */
  readonly type: number;
  readonly message: AnyMessage;
}

const types: readonly MessageType[] = Object.entries(families).flatMap(([word, { base, message, verbs }]) =>
  verbs.map((verb) => ({ name: `RTM_${verb}${word}`, type: base + verbOffset[verb], message })),
);
const byName: ReadonlyMap<string, MessageType> = new Map(types.map((entry) => [entry.name, entry]));
const byNumber: ReadonlyMap<number, MessageType> = new Map(types.map((entry) => [entry.type, entry]));

/** Every message type of the registry. */
export const messageTypes: readonly MessageType[] = types;

/** The message type called `RTM_GETLINK`; undefined when it is not in the registry. */
export function messageTypeOf(name: string): MessageType | undefined {
  return byName.get(name);
}

/** The name of message type 18 (`RTM_GETLINK`); undefined when it is not in the registry. */
export function messageTypeName(type: number): string | undefined {
  return byNumber.get(type)?.name;
}

/** What messages of type 18 hold; undefined when it is not in the registry. */
export function messageOf(type: number): AnyMessage | undefined {
  return byNumber.get(type)?.message;
}
