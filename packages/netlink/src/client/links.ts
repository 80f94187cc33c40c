import { constants } from 'node:os';
import { NetlinkError } from '../errors.ts';
import { MessageFlag } from '../protocol/header.ts';
import { LinkFlag } from '../rtnetlink/constants.ts';
import { linkMessage } from '../rtnetlink/link/link.ts';
import { AttributeView } from '../schema/view.ts';
import { littleEndian } from '../wire/align.ts';
import type { Channel } from './channel.ts';
import { identify, withoutStatistics } from './link-message.ts';
import { type Link, type LinkAttributes, readLink } from './link-object.ts';
import { checkNewName, describeRef, type LinkRef, resolveRef } from './link-ref.ts';
import { type EncodedLink, encodeChangeable, encodeLink, type LinkChanges, type LinkSpec } from './link-spec.ts';
import type { CallOptions } from './options.ts';
import { Problems } from './problems.ts';
import { change, indexFrom, listing, question } from './requests.ts';

/** Which links to list. The kernel filters by kind and master. */
export interface LinkFilter extends CallOptions {
  readonly kind?: string | undefined;
  /** Ports of this bridge or bond. */
  readonly master?: LinkRef | undefined;
  readonly up?: boolean | undefined;
  readonly group?: number | undefined;
}

/** The links of a namespace. */
export class Links {
  readonly #channel: Channel;
  readonly #view = new AttributeView(linkMessage.attributes);

  /** @internal */
  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /**
   * Lists links: `ip link show`. A link whose description is longer than 32 KiB (hundreds of altnames) is left out by
   * the kernel; {@link Links.get} finds it.
   */
  async list(filter: LinkFilter = {}): Promise<Link[]> {
    const problems = new Problems();
    const { kind, master, up, group } = filter;
    if (master !== undefined) resolveRef(master, 'master', problems);
    problems.throwIfAny();
    let masterIndex: number | undefined;
    const request = listing({
      name: 'RTM_GETLINK',
      schema: linkMessage,
      links: [master],
      message: (indexOf) => {
        masterIndex = master === undefined ? undefined : indexFrom(master, indexOf);
        const attributes: LinkAttributes = { extMask: withoutStatistics };
        if (masterIndex !== undefined) attributes.master = masterIndex;
        if (kind !== undefined) attributes.linkinfo = { kind };
        return { attributes };
      },
      read: (reader, start, end) => {
        // Kernels before 4.20 don't filter.
        const link = readLink(this.#view, reader, start, end);
        const wanted =
          (kind === undefined || link.kind === kind) &&
          (masterIndex === undefined || link.master === masterIndex) &&
          (up === undefined || link.up === up) &&
          (group === undefined || link.group === group);
        return wanted ? link : undefined;
      },
    });
    return await this.#channel.submit(request, filter);
  }

  /** One link: `ip link show dev LINK`. Throws NetlinkError ENODEV when there is none. */
  async get(link: LinkRef, options?: CallOptions): Promise<Link> {
    const problems = new Problems();
    resolveRef(link, 'link', problems);
    problems.throwIfAny();
    const request = question({
      name: 'RTM_GETLINK',
      schema: linkMessage,
      subject: describeRef(link),
      message: () => {
        const { header, attributes } = identify(link);
        attributes.extMask = withoutStatistics;
        return { header, attributes };
      },
      read: (reader, start, end) => readLink(this.#view, reader, start, end),
    });
    const found = await this.#channel.submit(request, options);
    if (found === undefined)
      throw new NetlinkError({ errno: constants.errno.ENODEV, request: 'RTM_GETLINK', subject: describeRef(link) });
    return found;
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
  async add(spec: LinkSpec, options: CallOptions = {}): Promise<void> {
    const encoded = encodeLink(spec);
    const more = encoded.alias !== undefined || encoded.altnames.length > 0;
    let index = 0;
    const request = change({
      name: 'RTM_NEWLINK',
      // The kernel takes neither alias nor altnames at birth; the echo says whom to give them to.
      flags: MessageFlag.create | MessageFlag.exclusive | (more ? MessageFlag.echo : 0),
      schema: linkMessage,
      subject: `${spec.kind}${spec.name === undefined ? '' : ` '${spec.name}'`}`,
      links: encoded.links,
      message: encoded.message,
      // The kernel may have to load a module first.
      blocking: true,
      reply: (reader, start) => {
        index = reader.view.getInt32(start + linkMessage.header.offsetOf('index'), littleEndian);
      },
    });
    await this.#channel.submit(request, options);
    if (more) await this.#finish(encoded, index || (await this.get(spec.name ?? '', options)).index, options);
  }

  /** Alias and altnames of a link just made; without them, it goes again. */
  async #finish({ alias, altnames }: EncodedLink, index: number, options: CallOptions): Promise<void> {
    try {
      if (alias !== undefined) await this.set(index, { alias }, options);
      if (altnames.length > 0) await this.#addAltnames(index, altnames, options);
    } catch (error) {
      await this.delete(index).catch(() => {});
      throw error;
    }
  }

  async #addAltnames(index: number, altnames: readonly string[], options: CallOptions): Promise<void> {
    const request = change({
      name: 'RTM_NEWLINKPROP',
      flags: MessageFlag.create | MessageFlag.exclusive | MessageFlag.append,
      schema: linkMessage,
      subject: `altnames ${altnames.join(', ')}`,
      message: () => ({ header: { index }, attributes: { propList: { altIfname: [...altnames] } } }),
    });
    return await this.#channel.submit(request, options);
  }

  /**
   * Changes a link: `ip link set`. Throws EncodeError, NetlinkError ENODEV when there is none, EEXIST when the new name
   * is taken or the target namespace has one of that name, EINVAL for a link that can't move (`lo`, bridges).
   */
  async set(link: LinkRef, changes: LinkChanges, options: CallOptions = {}): Promise<void> {
    const problems = new Problems();
    const { up, name, master, namespace } = changes;
    resolveRef(link, 'link', problems);
    if (master !== undefined && master !== null) resolveRef(master, 'master', problems);
    if (name !== undefined) checkNewName(name, 'name', problems);
    const changed: LinkAttributes = {};
    encodeChangeable(changes, '', changed, problems);
    problems.throwIfAny();
    const request = change({
      name: 'RTM_SETLINK',
      schema: linkMessage,
      subject: describeRef(link),
      // A message that renames says the new name, so it can't identify the link by the old one.
      links: [name === undefined ? undefined : link, master],
      blocking: namespace !== undefined || master !== undefined || up === false,
      message: (indexOf) => {
        const { header, attributes } =
          name === undefined
            ? identify(link)
            : { header: { index: indexFrom(link, indexOf) }, attributes: { ifname: name } };
        const flags = up === undefined ? {} : { flags: up ? LinkFlag.up : 0, change: LinkFlag.up };
        const port = master === undefined ? {} : { master: master === null ? 0 : indexFrom(master, indexOf) };
        return { header: { ...header, ...flags }, attributes: { ...attributes, ...changed, ...port } };
      },
    });
    return await this.#channel.submit(request, options);
  }

  /**
   * Removes a link, or every link of a group at once, which costs hardly more than one: `ip link delete`. The peer of a
   * veth goes with it. Resolves when it is gone. Throws NetlinkError ENODEV when there is none, EOPNOTSUPP for `lo`.
   */
  async delete(link: LinkRef | { readonly group: number }, options: CallOptions = {}): Promise<void> {
    const problems = new Problems();
    const group = typeof link === 'object' && !('index' in link) ? link.group : undefined;
    if (group === undefined) resolveRef(link as LinkRef, 'link', problems);
    else
      problems.check(
        Number.isInteger(group) && group > 0,
        'group',
        'is not a group from 1 on: 0 is that of all other links',
        group,
      );
    problems.throwIfAny();
    const request = change({
      name: 'RTM_DELLINK',
      schema: linkMessage,
      subject: group === undefined ? describeRef(link as LinkRef) : `links of group ${group}`,
      blocking: true,
      message: () => (group === undefined ? identify(link as LinkRef) : { attributes: { group } }),
    });
    return await this.#channel.submit(request, options);
  }
}
