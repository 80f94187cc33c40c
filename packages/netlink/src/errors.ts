import { getSystemErrorMap } from 'node:util';

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
export abstract class NetlinkLibraryError extends Error {
  abstract readonly code: string;

  constructor(message: string) {
    super(printable(message));
  }

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
    return error.problems.map((problem) => ({ ...problem, path: joinPath(name, problem.path) }));
  }
}

/** `multipath` and `[0].gateway` make `multipath[0].gateway`. */
export function joinPath(outer: string, inner: string): string {
  if (inner === '' || outer === '') return outer + inner;
  return inner.startsWith('[') ? outer + inner : `${outer}.${inner}`;
}

/** Names are anybody's bytes, and messages end up in terminals: control characters and bytes that are no text as `\x1b`. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}]/gu, (character) => {
    const byte = character.charCodeAt(0) & 0xff;
    return `\\x${byte.toString(16).padStart(2, '0')}`;
  });
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

/** What a {@link NetlinkError} is made of. */
export interface NetlinkFailure {
  /** Positive errno. */
  readonly errno: number;
  /** `RTM_NEWLINK`. */
  readonly request: string;
  /** What it was about, as a person would say it: `link 'eth0'`. */
  readonly subject?: string | undefined;
  /** Path of the attribute the kernel points at. */
  readonly attribute?: string | undefined;
  /** The kernel's own sentence (extended ack). */
  readonly kernelMessage?: string | undefined;
  /** What the kernel would have accepted, as a clause: `expects at most 15 bytes`. */
  readonly expected?: string | undefined;
  /** The namespace spoken to, when it is not the process's own. */
  readonly namespace?: string | undefined;
  /** What to do about it, as a sentence. */
  readonly advice?: string | undefined;
  /** Whether the change may have happened all the same. Default: the kernel refused it. */
  readonly outcome?: 'refused' | 'unknown' | undefined;
}

/** The kernel refused a request, or could not take it. */
export class NetlinkError extends NetlinkLibraryError {
  /** Name of the errno: `EEXIST`. */
  readonly code: string;
  /** Positive errno. */
  readonly errno: number;
  /** The message sent: `RTM_NEWLINK`. */
  readonly request: string;
  /** What the request was about: `link 'eth0'`. */
  declare readonly subject?: string;
  /** Path of the attribute the kernel points at: `linkinfo.data.id`. */
  declare readonly attribute?: string;
  /** The kernel's own sentence, where it has one. */
  declare readonly kernelMessage?: string;
  /** Name of the namespace spoken to; absent for the process's own. */
  declare readonly namespace?: string;
  /** What to do about it. */
  declare readonly advice?: string;
  /** `unknown` when the answer was lost: the change may have happened. */
  readonly outcome: 'refused' | 'unknown';

  constructor(failure: NetlinkFailure) {
    const [code, sentence] = errnoName(failure.errno);
    super(netlinkMessage(code, sentence, failure));
    this.code = code;
    this.errno = failure.errno;
    this.request = failure.request;
    this.outcome = failure.outcome ?? 'refused';
    if (failure.subject !== undefined) this.subject = failure.subject;
    if (failure.attribute !== undefined) this.attribute = failure.attribute;
    if (failure.kernelMessage !== undefined) this.kernelMessage = failure.kernelMessage;
    if (failure.namespace !== undefined) this.namespace = failure.namespace;
    if (failure.advice !== undefined) this.advice = failure.advice;
  }
}

/** What libuv has no name for, or another: it calls EOPNOTSUPP ENOTSUP, and speaks of sockets. */
const errnoNames: Readonly<Record<number, readonly [code: string, sentence: string]>> = {
  54: ['EXFULL', 'exchange full'],
  62: ['ETIME', 'timer expired'],
  74: ['EBADMSG', 'bad message'],
  76: ['ENOTUNIQ', 'name not unique on network'],
  95: ['EOPNOTSUPP', 'operation not supported'],
  116: ['ESTALE', 'stale file handle'],
  122: ['EDQUOT', 'disk quota exceeded'],
};

/** Name and sentence of an errno. */
function errnoName(errno: number): readonly [code: string, sentence: string] {
  return errnoNames[errno] ?? getSystemErrorMap().get(-errno) ?? [`E${errno}`, 'unknown error'];
}

/** `RTM_NEWLINK link 'eth0' in red: EEXIST: file already exists (kernel's sentence) at ifname, expects …. Advice.` */
function netlinkMessage(code: string, sentence: string, failure: NetlinkFailure): string {
  const { request, subject, namespace, kernelMessage, attribute, expected, advice, outcome } = failure;
  const what = [request, subject, namespace && `in ${namespace}`].filter(Boolean).join(' ');
  const why = `${code}: ${sentence}${kernelMessage ? ` (${kernelMessage})` : ''}`;
  const where = `${attribute ? ` at ${attribute}` : ''}${expected ? `, ${expected}` : ''}`;
  const unknown = outcome === 'unknown' ? '. Whether it was carried out is not known.' : '';
  return `${what}: ${why}${where}${unknown}${advice ? `${unknown ? '' : '.'} ${advice}` : ''}`;
}

/** What a dump listed changed while it was read, each time it was tried. */
export class DumpInterruptedError extends NetlinkLibraryError {
  readonly code = 'ERR_NETLINK_DUMP_INTERRUPTED';
  /** How often it was tried. */
  readonly attempts: number;

  constructor(request: string, attempts: number) {
    super(`${request}: what was being listed changed in each of ${attempts} attempts`);
    this.attempts = attempts;
  }
}

/** Events were lost, because they came faster than they were taken. */
export class OverrunError extends NetlinkLibraryError {
  readonly code = 'ERR_NETLINK_OVERRUN';
}

/** No answer in time. Whether a change was carried out is not known. */
export class TimeoutError extends NetlinkLibraryError {
  readonly code = 'ERR_NETLINK_TIMEOUT';
  readonly outcome = 'unknown';
}

/** The client was closed. */
export class ClosedError extends NetlinkLibraryError {
  readonly code = 'ERR_NETLINK_CLOSED';
}
