import { constants } from 'node:os';
import { NetlinkError } from '../errors.ts';
import { nsidMessage } from '../rtnetlink/nsid.ts';
import type { Infer } from '../schema/type.ts';
import { AttributeView } from '../schema/view.ts';
import { align } from '../wire/align.ts';
import type { Reader } from '../wire/reader.ts';
import type { Channel } from './channel.ts';
import type { CallOptions } from './options.ts';
import type { Problems } from './problems.ts';
import { change, listing, question } from './verb.ts';

/** A namespace by an open descriptor or a process in it. */
export type NsidTarget = { readonly fd: number } | { readonly pid: number };

const attributesOffset = align(nsidMessage.header.span);
/** `NETNSA_NSID_NOT_ASSIGNED` */
const notAssigned = -1;

/** Scratch of {@link readNsid}: nothing of it outlives a call. */
const view = new AttributeView(nsidMessage.attributes);

/** `RTM_NEWNSID` at `[start, end)`: the number; undefined when none is assigned. */
export function readNsid(reader: Reader, start: number, end: number): number | undefined {
  view.index(reader, start + attributesOffset, end);
  const nsid = view.get(view.fields.nsid);
  return nsid === notAssigned ? undefined : nsid;
}

const listNsids = listing({
  name: 'RTM_GETNSID',
  schema: nsidMessage,
  message: (_input: undefined) => ({}),
  read: (reader, start, end) => {
    const nsid = readNsid(reader, start, end);
    return nsid === undefined ? undefined : { nsid };
  },
});

const getNsid = question({
  name: 'RTM_GETNSID',
  schema: nsidMessage,
  check: checkTarget,
  subject: describe,
  message: (namespace: NsidTarget) => ({ attributes: target(namespace) }),
  read: readNsid,
});

/** A number to be given. */
interface Assignment {
  readonly namespace: NsidTarget;
  readonly nsid: number | undefined;
}

const setNsid = change({
  name: 'RTM_NEWNSID',
  schema: nsidMessage,
  check: ({ namespace, nsid }: Assignment, problems) => {
    checkTarget(namespace, problems);
    const valid = nsid === undefined || (Number.isInteger(nsid) && nsid >= 0 && nsid <= 0x7fffffff);
    problems.check(valid, 'nsid', 'is not a number from 0 on', nsid);
  },
  subject: ({ namespace }) => describe(namespace),
  message: ({ namespace, nsid = notAssigned }) => ({ attributes: { ...target(namespace), nsid } }),
});

/** The small numbers by which this namespace knows others: the `link-netnsid` of `ip link`. They mean nothing elsewhere. */
export class Nsids {
  readonly #channel: Channel;

  /** @internal */
  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Lists the numbers given so far: `ip netns list-id`. */
  list(options?: CallOptions): Promise<{ nsid: number }[]> {
    return this.#channel.submit(listNsids, undefined, options);
  }

  /** The number of a namespace here; undefined when it has none. Throws NetlinkError ESRCH, EBADF, EINVAL. */
  get(namespace: NsidTarget, options?: CallOptions): Promise<number | undefined> {
    return this.#channel.submit<NsidTarget, number | undefined>(getNsid, namespace, options);
  }

  /**
   * Gives a namespace a number here, a certain one or the next free; resolves to it: `ip netns set NAME NSID`. A
   * namespace that has one keeps it; NetlinkError EEXIST when it is to have another, or the number is taken.
   */
  async set(namespace: NsidTarget, nsid?: number, options?: CallOptions): Promise<number> {
    try {
      await this.#channel.submit(setNsid, { namespace, nsid }, options);
    } catch (error) {
      if (!(error instanceof NetlinkError && error.code === 'EEXIST')) throw error;
      const present = await this.get(namespace, options);
      if (present === undefined || (nsid !== undefined && present !== nsid)) throw error;
    }
    const given = nsid ?? (await this.get(namespace, options));
    if (given !== undefined) return given;
    throw new NetlinkError({ errno: constants.errno.ENOENT, request: 'RTM_GETNSID', subject: describe(namespace) });
  }
}

function checkTarget(namespace: NsidTarget, problems: Problems): void {
  const [key, value] = 'fd' in namespace ? (['fd', namespace.fd] as const) : (['pid', namespace.pid] as const);
  const valid = Number.isInteger(value) && value >= (key === 'fd' ? 0 : 1);
  problems.check(valid, key, key === 'fd' ? 'is not a descriptor' : 'is not a process id', value);
}

function target(namespace: NsidTarget): Infer<typeof nsidMessage.attributes> {
  return 'fd' in namespace ? { fd: namespace.fd } : { pid: namespace.pid };
}

function describe(namespace: NsidTarget): string {
  return 'fd' in namespace ? `namespace of descriptor ${namespace.fd}` : `namespace of process ${namespace.pid}`;
}
