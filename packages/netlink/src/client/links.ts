import { NetlinkError } from '../errors.ts';
import { MessageFlag } from '../protocol/header.ts';
import { LinkFlag } from '../rtnetlink/constants.ts';
import { linkMessage } from '../rtnetlink/link/link.ts';
import type { Channel } from './channel.ts';
import { HeldDescriptors } from './held-descriptors.ts';
import { identify, withoutStatistics } from './link-message.ts';
import { type Link, type LinkAttributes, readLink } from './link-object.ts';
import { checkRef, describeRef, type LinkRef } from './link-ref.ts';
import {
  type EncodedLink,
  encodeChanges,
  encodeLink,
  type LinkChanges,
  type LinkSpec,
  type LinkSpecOf,
} from './link-spec.ts';
import { type CallOptions, callWords } from './options.ts';
import { Problems } from './problems.ts';
import { change, type IndexOf, listing, question, type Verb } from './verb.ts';

/** Which links to list. The kernel filters by kind and master. */
export interface LinkFilter extends CallOptions {
  readonly kind?: string | undefined;
  /** Ports of this bridge or bond. */
  readonly master?: LinkRef | undefined;
  readonly up?: boolean | undefined;
  readonly group?: number | undefined;
}

const indexOffset = linkMessage.header.offsetOf('index');

/** A dump to be filtered: `master` is the index of the filter's, once it is known. */
interface LinkListing {
  readonly filter: LinkFilter;
  master: number | undefined;
}

const listLinks = listing({
  name: 'RTM_GETLINK',
  schema: linkMessage,
  check: ({ filter }: LinkListing, problems) => {
    problems.keys(filter, ['kind', 'master', 'up', 'group', ...callWords]);
    if (filter.master !== undefined) checkRef(filter.master, 'master', problems);
  },
  links: ({ filter }) => [filter.master],
  message: (input, indexOf) => {
    const { kind, master } = input.filter;
    input.master = master === undefined ? undefined : indexOf(master);
    const attributes: LinkAttributes = { extMask: withoutStatistics };
    if (input.master !== undefined) attributes.master = input.master;
    if (kind !== undefined) attributes.linkinfo = { kind } as NonNullable<LinkAttributes['linkinfo']>;
    return { attributes };
  },
  // Kernels before 4.20 don't filter.
  read: (reader, start, end, { filter: { kind, up, group }, master }) => {
    const link = readLink(reader, start, end);
    const wanted =
      (kind === undefined || link.kind === kind) &&
      (master === undefined || link.master === master) &&
      (up === undefined || link.up === up) &&
      (group === undefined || link.group === group);
    return wanted ? link : undefined;
  },
});

const getLink = question({
  name: 'RTM_GETLINK',
  schema: linkMessage,
  check: (link: LinkRef, problems) => checkRef(link, 'link', problems),
  subject: describeRef,
  message: (link) => identify(link, { extMask: withoutStatistics }),
  read: readLink,
});

/** A link to be made, as it was said and as it is sent. */
interface Addition {
  readonly spec: LinkSpec;
  readonly encoded: EncodedLink;
}

const addition = {
  name: 'RTM_NEWLINK',
  flags: MessageFlag.create | MessageFlag.exclusive,
  schema: linkMessage,
  subject: ({ spec: { kind, name } }: Addition) => `${kind}${name === undefined ? '' : ` '${name}'`}`,
  links: ({ encoded }: Addition) => encoded.links,
  message: ({ encoded }: Addition, indexOf: IndexOf) => encoded.message(indexOf),
  // The kernel may have to load a module first.
  blocking: () => true,
};

const addLink = change(addition);

/** The same, answering with the index of the link: the kernel takes neither alias nor altnames at birth. */
const addLinkAndTell = change({
  ...addition,
  flags: addition.flags | MessageFlag.echo,
  read: (reader, start): number | undefined => reader.s32At(start + indexOffset),
});

const addAltnames = change({
  name: 'RTM_NEWLINKPROP',
  flags: MessageFlag.create | MessageFlag.exclusive | MessageFlag.append,
  schema: linkMessage,
  subject: ({ altnames }: { index: number; altnames: readonly string[] }) => `altnames ${altnames.join(', ')}`,
  message: ({ index, altnames }) => ({ header: { index }, attributes: { propList: { altIfname: [...altnames] } } }),
});

/** A change, as it was said and, in part, as it is sent. */
interface LinkChange {
  readonly link: LinkRef;
  readonly changes: LinkChanges;
  readonly attributes: LinkAttributes;
}

const setLink = change({
  name: 'RTM_SETLINK',
  schema: linkMessage,
  subject: ({ link }: LinkChange) => describeRef(link),
  // A message that renames says the new name, so it can't identify the link by the old one.
  links: ({ link, changes }) => [changes.name === undefined ? undefined : link, changes.master],
  blocking: ({ changes: { namespace, master, up } }) => namespace !== undefined || master !== undefined || up === false,
  message: ({ link, changes: { name, up, master }, attributes }, indexOf) => {
    const changed = { ...attributes };
    if (master !== undefined) changed.master = master === null ? 0 : indexOf(master);
    const flags = up === undefined ? {} : { flags: up ? LinkFlag.up : 0, change: LinkFlag.up };
    if (name !== undefined)
      return { header: { index: indexOf(link), ...flags }, attributes: { ...changed, ifname: name } };
    const message = identify(link, changed);
    return { header: { ...message.header, ...flags }, attributes: message.attributes };
  },
});

const deleteLink = change({
  name: 'RTM_DELLINK',
  schema: linkMessage,
  check: (link: LinkRef | { readonly group: number }, problems) => {
    if (!isGroup(link)) checkRef(link, 'link', problems);
    else {
      const valid = Number.isInteger(link.group) && link.group > 0;
      problems.check(valid, 'group', 'is not a group from 1 on: 0 is that of all other links', link.group);
    }
  },
  subject: (link) => (isGroup(link) ? `links of group ${link.group}` : describeRef(link)),
  blocking: () => true,
  message: (link) => (isGroup(link) ? { header: {}, attributes: { group: link.group } } : identify(link, {})),
});

/** A Link has a group too, but it is meant by its index. */
function isGroup(link: LinkRef | { readonly group: number }): link is { readonly group: number } {
  return typeof link === 'object' && link !== null && !('index' in link);
}

/** The links of a namespace. */
export class Links {
  readonly #channel: Channel;

  /** @internal */
  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Lists links: `ip link show`. Those with hundreds of altnames are among them, which a plain dump leaves out. */
  list(filter: LinkFilter = {}): Promise<Link[]> {
    return this.#channel.submit(listLinks, { filter, master: undefined }, filter);
  }

  /** One link: `ip link show dev LINK`. Throws NetlinkError ENODEV when there is none. */
  get(link: LinkRef, options?: CallOptions): Promise<Link> {
    return this.#channel.submit(getLink, link, options);
  }

  /** The same, but undefined when there is none. */
  async find(link: LinkRef, options?: CallOptions): Promise<Link | undefined> {
    try {
      return await this.get(link, options);
    } catch (error) {
      if (error instanceof NetlinkError && error.code === 'ENODEV') return undefined;
      throw error;
    }
  }

  /**
   * Makes a link: `ip link add`. Both ends of a veth are made in one request, each in its namespace. Throws
   * EncodeError for what can't be one, NetlinkError EEXIST when the name is taken (at either end), EOPNOTSUPP when the
   * kernel lacks the kind, EPERM without CAP_NET_ADMIN. When it throws, no link is left behind.
   */
  async add<K extends string>(link: { readonly kind: K } & LinkSpecOf<K>, options: CallOptions = {}): Promise<void> {
    const spec = link as unknown as LinkSpec;
    const encoded = encodeLink(spec);
    const { alias, altnames } = encoded;
    if (alias === undefined && altnames.length === 0) {
      return await this.#submitHolding(encoded.ends, addLink, { spec, encoded }, options);
    }
    // Kernels before 6.2 don't echo links.
    const told = await this.#channel.submit(addLinkAndTell, { spec, encoded }, options);
    const index = told ?? (await this.get(spec.name ?? '', options)).index;
    try {
      if (alias !== undefined) await this.set(index, { alias }, options);
      if (altnames.length > 0) await this.#channel.submit(addAltnames, { index, altnames }, options);
    } catch (error) {
      await this.delete(index).catch(() => {});
      throw error;
    }
  }

  /**
   * Changes a link: `ip link set`. Throws EncodeError, NetlinkError ENODEV when there is none, EEXIST when the new name
   * is taken or the target namespace has one of that name, EINVAL for a link that can't move (`lo`, bridges). With both
   * `namespace` and `name` the kernel moves it first: if the new name is taken there (EEXIST), it is there by the old.
   */
  async set(link: LinkRef, changes: LinkChanges, options: CallOptions = {}): Promise<void> {
    const problems = new Problems();
    checkRef(link, 'link', problems);
    const attributes = encodeChanges(changes, problems);
    problems.throwIfAny();
    return await this.#submitHolding([attributes], setLink, { link, changes, attributes }, options);
  }

  /**
   * Removes a link, or every link of a group at once, which costs hardly more than one: `ip link delete`. The peer of a
   * veth goes with it. Resolves when it is gone. Throws NetlinkError ENODEV when there is none, EOPNOTSUPP for `lo`.
   */
  delete(link: LinkRef | { readonly group: number }, options?: CallOptions): Promise<void> {
    return this.#channel.submit(deleteLink, link, options);
  }

  /** Submits what may name namespaces by descriptors. */
  async #submitHolding<I>(
    ends: readonly LinkAttributes[],
    verb: Verb<I, void>,
    input: I,
    options: CallOptions,
  ): Promise<void> {
    const held = new HeldDescriptors(ends);
    try {
      await this.#channel.submit(verb, input, options);
    } finally {
      this.#channel.release(held);
    }
  }
}
