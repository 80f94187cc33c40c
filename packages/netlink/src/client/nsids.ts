import { constants } from 'node:os';
import { NetlinkError } from '../errors.ts';
import { nsidMessage } from '../rtnetlink/nsid.ts';
import type { Infer } from '../schema/type.ts';
import { AttributeView } from '../schema/view.ts';
import { align } from '../wire/align.ts';
import type { Reader } from '../wire/reader.ts';
import type { Channel } from './channel.ts';
import type { CallOptions } from './options.ts';
import { Problems } from './problems.ts';
import { change, listing, question } from './requests.ts';

/** A namespace by an open descriptor or a process in it. */
export type NsidTarget = { readonly fd: number } | { readonly pid: number };

const attributesOffset = align(nsidMessage.header.span);
/** `NETNSA_NSID_NOT_ASSIGNED` */
const notAssigned = -1;

/** The small numbers by which this namespace knows others: the `link-netnsid` of `ip link`. They mean nothing elsewhere. */
export class Nsids {
  readonly #channel: Channel;
  readonly #view = new AttributeView(nsidMessage.attributes);

  /** @internal */
  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Lists the numbers given so far: `ip netns list-id`. */
  async list(options: CallOptions = {}): Promise<{ nsid: number }[]> {
    const read = (reader: Reader, start: number, end: number) => {
      const nsid = this.#read(reader, start, end);
      return nsid === undefined ? undefined : { nsid };
    };
    return await this.#channel.submit(
      listing({ name: 'RTM_GETNSID', schema: nsidMessage, message: () => ({}), read }),
      options,
    );
  }

  /** The number of a namespace here; undefined when it has none. Throws NetlinkError ESRCH, EBADF, EINVAL. */
  async get(namespace: NsidTarget, options: CallOptions = {}): Promise<number | undefined> {
    const attributes = target(namespace);
    const request = question({
      name: 'RTM_GETNSID',
      schema: nsidMessage,
      subject: describe(namespace),
      message: () => ({ attributes }),
      read: (reader, start, end) => this.#read(reader, start, end),
    });
    return await this.#channel.submit(request, options);
  }

  /**
   * Gives a namespace a number here, a certain one or the next free; resolves to it: `ip netns set NAME NSID`. A
   * namespace that has one keeps it, unless another is asked for: NetlinkError EEXIST.
   */
  async set(namespace: NsidTarget, nsid?: number, options: CallOptions = {}): Promise<number> {
    const attributes = { ...target(namespace), nsid: nsid ?? notAssigned };
    const problems = new Problems();
    problems.check(
      nsid === undefined || (Number.isInteger(nsid) && nsid >= 0 && nsid <= 0x7fffffff),
      'nsid',
      'is not a number from 0 on',
      nsid,
    );
    problems.throwIfAny();
    const request = change({
      name: 'RTM_NEWNSID',
      schema: nsidMessage,
      subject: describe(namespace),
      message: () => ({ attributes }),
    });
    try {
      await this.#channel.submit(request, options);
    } catch (error) {
      const present =
        error instanceof NetlinkError &&
        error.code === 'EEXIST' &&
        (nsid === undefined || (await this.get(namespace, options)) === nsid);
      if (!present) throw error;
    }
    const given = nsid ?? (await this.get(namespace, options));
    if (given === undefined)
      throw new NetlinkError({ errno: constants.errno.ENOENT, request: 'RTM_GETNSID', subject: describe(namespace) });
    return given;
  }

  #read(reader: Reader, start: number, end: number): number | undefined {
    this.#view.index(reader, start + attributesOffset, end);
    const nsid = this.#view.get(this.#view.fields.nsid);
    return nsid === notAssigned ? undefined : nsid;
  }
}

function target(namespace: NsidTarget): Infer<typeof nsidMessage.attributes> {
  const problems = new Problems();
  const [key, value] = 'fd' in namespace ? (['fd', namespace.fd] as const) : (['pid', namespace.pid] as const);
  problems.check(
    Number.isInteger(value) && value >= (key === 'fd' ? 0 : 1),
    key,
    key === 'fd' ? 'is not a descriptor' : 'is not a process id',
    value,
  );
  problems.throwIfAny();
  return { [key]: value };
}

function describe(namespace: NsidTarget): string {
  return 'fd' in namespace ? `namespace of descriptor ${namespace.fd}` : `namespace of process ${namespace.pid}`;
}
