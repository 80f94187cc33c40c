import { isDeepStrictEqual } from 'node:util';
import { MulticastGroup } from '../rtnetlink/constants.ts';
import { messageTypeOf } from '../rtnetlink/families.ts';
import { linkMessage } from '../rtnetlink/link/link.ts';
import { littleEndian } from '../wire/align.ts';
import type { Reader } from '../wire/reader.ts';
import { type Address, type Addresses, readAddress } from './addresses.ts';
import type { ChangeEvent, Subject } from './events.ts';
import { type Link, readLink } from './link-object.ts';
import type { Links } from './links.ts';
import { type Neighbour, type Neighbours, readNeighbour } from './neighbours.ts';
import { type Nsids, readNsid } from './nsids.ts';
import type { CallOptions } from './options.ts';
import { type Route, readRoute } from './route-object.ts';
import type { Routes } from './routes.ts';
import { type Rule, type Rules, readRule } from './rules.ts';

/** The services of a client, from which the present state is listed. */
export interface Services {
  readonly links: Links;
  readonly addresses: Addresses;
  readonly routes: Routes;
  readonly neighbours: Neighbours;
  readonly rules: Rules;
  readonly nsids: Nsids;
}

/** How one subject is watched: where its events come from, how they are read, what makes two objects the same. */
export interface SubjectSpec<T> {
  readonly groups: readonly number[];
  /** Message types that say the object is there, and that it is gone. */
  readonly added: number;
  readonly removed: number;
  list(services: Services, options: CallOptions): Promise<T[]>;
  /** The object of a message; undefined when it is not one (a bridge port's message is no link). */
  read(reader: Reader, start: number, end: number): T | undefined;
  /** Whether a message says that the object has just been made, where messages tell. */
  created?(reader: Reader, start: number): boolean;
  /** Identity. */
  key(object: T): string | number;
  /** What `NLM_F_REPLACE` replaces, where that is more than the object itself. */
  slot?(object: T): string;
  event(action: 'new' | 'change' | 'delete', object: T, previous: T | undefined): ChangeEvent;
}

function typesOf(family: string): { added: number; removed: number } {
  return { added: messageTypeOf(`RTM_NEW${family}`)?.type ?? 0, removed: messageTypeOf(`RTM_DEL${family}`)?.type ?? 0 };
}

/** `ifi_family` of messages about bridge ports and IPv6 settings, which come through the same groups. */
const plainFamily = 0;

const changeOffset = linkMessage.header.offsetOf('change');

const link: SubjectSpec<Link> = {
  groups: [MulticastGroup.link],
  ...typesOf('LINK'),
  list: ({ links }, options) => links.list(options),
  read: (reader, start, end) => (reader.bytes[start] === plainFamily ? readLink(reader, start, end) : undefined),
  // rtmsg_ifinfo() says ~0 for a link that has been registered.
  created: (reader, start) => reader.view.getUint32(start + changeOffset, littleEndian) === 0xffffffff,
  key: ({ index }) => index,
  event: (action, object, previous) => ({
    type: 'link',
    action,
    link: object,
    ...(previous === undefined ? {} : { previous }),
  }),
};

const address: SubjectSpec<Address> = {
  groups: [MulticastGroup.ipv4Ifaddr, MulticastGroup.ipv6Ifaddr],
  ...typesOf('ADDR'),
  list: ({ addresses }, options) => addresses.list(options),
  read: readAddress,
  key: ({ index, address: text, peer }) => `${index} ${text} ${peer ?? ''}`,
  event: (action, object, previous) => ({
    type: 'address',
    action,
    address: object,
    ...(previous === undefined ? {} : { previous }),
  }),
};

const slotOf = ({ family, table, destination, tos, metric }: Route) =>
  `${family} ${table} ${destination} ${tos ?? 0} ${metric ?? 0}`;

const route: SubjectSpec<Route> = {
  groups: [MulticastGroup.ipv4Route, MulticastGroup.ipv6Route],
  ...typesOf('ROUTE'),
  list: ({ routes }, options) => routes.list({ table: 'all', ...options }),
  // Cached routes (RTM_F_CLONED) belong to no table.
  read: (reader, start, end) => {
    const object = readRoute(reader, start, end);
    return object?.flags.includes('cloned') ? undefined : object;
  },
  key: (object) =>
    `${slotOf(object)} ${object.type} ${object.via ?? ''} ${object.index ?? ''} ${JSON.stringify(object.nexthops ?? '')}`,
  slot: slotOf,
  event: (action, object) => ({ type: 'route', action, route: object }),
};

const neighbour: SubjectSpec<Neighbour> = {
  groups: [MulticastGroup.neigh],
  ...typesOf('NEIGH'),
  list: ({ neighbours }, options) => neighbours.list(options),
  read: (reader, start, end) => {
    const object = readNeighbour(reader, start, end);
    return object?.family === 'bridge' ? undefined : object;
  },
  key: ({ index, destination, flags }) => `${index} ${destination} ${flags.includes('proxy')}`,
  event: (action, object) => ({ type: 'neighbour', action, neighbour: object }),
};

const rule: SubjectSpec<Rule> = {
  groups: [MulticastGroup.ipv4Rule, MulticastGroup.ipv6Rule],
  ...typesOf('RULE'),
  list: ({ rules }, options) => rules.list(options),
  read: readRule,
  key: (object) => JSON.stringify(object),
  event: (action, object) => ({ type: 'rule', action: action === 'delete' ? 'delete' : 'new', rule: object }),
};

const nsid: SubjectSpec<{ nsid: number }> = {
  groups: [MulticastGroup.nsid],
  ...typesOf('NSID'),
  list: ({ nsids }, options) => nsids.list(options),
  read: (reader, start, end) => {
    const number = readNsid(reader, start, end);
    return number === undefined ? undefined : { nsid: number };
  },
  key: (object) => object.nsid,
  event: (action, object) => ({ type: 'nsid', action: action === 'delete' ? 'delete' : 'new', nsid: object.nsid }),
};

const subjects: Readonly<Record<Subject, SubjectSpec<unknown>>> = { link, address, route, neighbour, rule, nsid };

/** The subjects that have to be followed, by name. */
export type Specs = ReadonlyMap<Subject, SubjectSpec<unknown>>;

/** What must be followed to know these subjects: routes silently depend on links and addresses. */
export function specsOf(wanted: readonly Subject[], table?: number): Specs {
  const needed: ReadonlySet<Subject> = new Set(wanted.includes('route') ? [...wanted, 'link', 'address'] : wanted);
  const specs = new Map([...needed].map((subject) => [subject, subjects[subject]]));
  if (table !== undefined && specs.has('route')) specs.set('route', ofTable(table));
  return specs;
}

/** The routes of one table only. */
function ofTable(table: number): SubjectSpec<unknown> {
  const spec: SubjectSpec<Route> = {
    ...route,
    list: ({ routes }, options) => routes.list({ table, ...options }),
    read: (reader, start, end) => {
      const object = route.read(reader, start, end);
      return object?.table === table ? object : undefined;
    },
  };
  return spec as SubjectSpec<unknown>;
}

/** What is known of one subject, and the events that a change of it makes. */
export class Store<T> {
  readonly spec: SubjectSpec<T>;
  readonly objects = new Map<string | number, T>();
  readonly #slots = new Map<string, Set<string | number>>();
  #unannounced: Set<string | number> | undefined;

  constructor(spec: SubjectSpec<T>) {
    this.spec = spec;
  }

  /** The object is there: an event unless that is known already. */
  put(object: T, replaces = false, created = true): ChangeEvent[] {
    const key = this.spec.key(object);
    const known = this.objects.get(key);
    const unheard = this.#unannounced?.delete(key) ?? false;
    const previous = unheard && created ? undefined : known;
    if (known !== undefined && !unheard && isDeepStrictEqual(known, object)) return [];
    const replaced = replaces && known === undefined ? this.#clearSlot(object) : undefined;
    this.objects.set(key, object);
    const slot = this.spec.slot?.(object);
    if (slot !== undefined) {
      const keys = this.#slots.get(slot);
      if (keys === undefined) this.#slots.set(slot, new Set([key]));
      else keys.add(key);
    }
    const before = previous ?? replaced;
    return [this.spec.event(before === undefined ? 'new' : 'change', object, before)];
  }

  /** The object is gone: an event unless it was not known. */
  remove(object: T): ChangeEvent[] {
    const key = this.spec.key(object);
    const known = this.objects.get(key);
    if (known === undefined)
      return this.#unannounced === undefined ? [] : [this.spec.event('delete', object, undefined)];
    this.#forget(key, known);
    return [this.spec.event('delete', known, undefined)];
  }

  /**
   * From now on, events that say what is known already are told too, once for each object: for those who were not told
   * the state, what happened while it was listed is news.
   */
  announceKnown(): void {
    this.#unannounced = new Set(this.objects.keys());
  }

  /** The end of {@link Store.announceKnown}. */
  announceNews(): void {
    this.#unannounced = undefined;
  }

  /** These are all there are: the events that lead there. */
  replaceAll(objects: readonly T[]): ChangeEvent[] {
    const present = new Set(objects.map((object) => this.spec.key(object)));
    const gone = [...this.objects].filter(([key]) => !present.has(key));
    const events = gone.map(([key, object]) => {
      this.#forget(key, object);
      return this.spec.event('delete', object, undefined);
    });
    for (const object of objects) events.push(...this.put(object));
    return events;
  }

  #forget(key: string | number, object: T): void {
    this.objects.delete(key);
    const slot = this.spec.slot?.(object);
    if (slot === undefined) return;
    const keys = this.#slots.get(slot);
    keys?.delete(key);
    if (keys?.size === 0) this.#slots.delete(slot);
  }

  #clearSlot(object: T): T | undefined {
    const slot = this.spec.slot?.(object);
    const [key] = (slot === undefined ? undefined : this.#slots.get(slot)) ?? [];
    const replaced = key === undefined ? undefined : this.objects.get(key);
    if (key !== undefined && replaced !== undefined) this.#forget(key, replaced);
    return replaced;
  }
}
