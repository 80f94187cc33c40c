/** One thing that is wrong with a value that was to be encoded. */
export interface Problem {
  /** Where, as the attribute path the caller wrote: `linkinfo.data.peer.ifname`. Empty for the value itself. */
  readonly path: string;
  /** What is wrong, as a clause: `is longer than 15 bytes`. */
  readonly reason: string;
  /** The value refused. */
  readonly value?: unknown;
}

/** Base of every error of this package: `code` can be switched on. */
abstract class NetlinkLibraryError extends Error {
  abstract readonly code: string;
  override get name(): string {
    return this.constructor.name;
  }
}

/** A value can't be put into a message. Thrown before anything is sent, with every problem of the request at once. */
export class EncodeError extends NetlinkLibraryError {
  readonly code = 'ERR_NETLINK_ENCODE';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[] | Problem) {
    const all = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    super(all.map(describe).join('; '));
    this.problems = all;
  }

  /** Path of the first problem. */
  get path(): string {
    return this.problems[0]?.path ?? '';
  }

  /** The same problems one level further out. */
  static within(name: string, error: unknown): readonly Problem[] {
    if (!(error instanceof EncodeError)) throw error;
    return error.problems.map((problem) => ({ ...problem, path: problem.path ? `${name}.${problem.path}` : name }));
  }
}

function describe({ path, reason, value }: Problem): string {
  const shown =
    typeof value === 'string'
      ? ` '${value}'`
      : typeof value === 'number' || typeof value === 'bigint'
        ? ` ${value}`
        : '';
  return `${path || 'value'}${shown} ${reason}`;
}

/** Bytes that are not what the kernel promises. */
export class DecodeError extends NetlinkLibraryError {
  readonly code = 'ERR_NETLINK_DECODE';
  /** Attribute path of the offending bytes, as far as it is known. */
  readonly path: string;
  /** Where in the decoded bytes, from their start. */
  readonly offset: number;
  readonly reason: string;

  constructor(reason: string, offset: number, path = '') {
    super(`${reason} at byte ${offset}${path && ` (${path})`}`);
    this.reason = reason;
    this.offset = offset;
    this.path = path;
  }
}
