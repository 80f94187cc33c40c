/** What a `TopologyError` is made of. */
export interface TopologyErrorOptions {
  /** What it is about: `red:eth0`. */
  readonly element: string;
  /** Symbolic name; default: that of `cause`. */
  readonly code?: string | undefined;
  /** What had been made and is gone again, in the order of undoing. */
  readonly undone?: readonly string[] | undefined;
  /** What could not be undone, and is still there. */
  readonly leftovers?: readonly string[] | undefined;
  /** The error behind this one. */
  readonly cause?: unknown;
}

/**
 * Something about the links between namespaces could not be done. The message says what was asked for, why it failed,
 * what to do about it, and what is left.
 *
 * `code` is that of the cause (`EEXIST`, `EPERM`, `ENETUNREACH` …, `ERR_NAMESPACE_CLOSED` …), or one of our own:
 *
 * - `ERR_TOPOLOGY_TIMEOUT`: not in time.
 * - `ERR_TOPOLOGY_DUPLICATE_ADDRESS`: somebody else on the link has the IPv6 address.
 * - `ERR_TOPOLOGY_NO_PEER`: a link of this kind has no other end.
 * - `ERR_TOPOLOGY_PEER_HIDDEN`: the other end is in a namespace that nothing visible here leads to.
 * - `ERR_TOPOLOGY_CHANGED`: it was moved, renamed or removed by somebody else in the middle.
 */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';
  /** Symbolic name to tell errors apart by. */
  readonly code: string;
  /** What it is about: `red:eth0`. */
  readonly element: string;
  /** What had been made and is gone again, in the order of undoing. */
  readonly undone: string[];
  /** What could not be undone, and is still there. */
  readonly leftovers: string[];

  /** @param message whole sentences, for people */
  constructor(message: string, { element, code, undone = [], leftovers = [], cause }: TopologyErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code ?? codeOf(cause) ?? 'ERR_TOPOLOGY';
    this.element = element;
    this.undone = [...undone];
    this.leftovers = [...leftovers];
  }
}

/** The symbolic name of any error that has one: `EEXIST`. */
export function codeOf(error: unknown): string | undefined {
  // The one of `AbortController` has a number.
  if (error instanceof Error && error.name === 'AbortError') return 'ABORT_ERR';
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** What an error says, without a full stop at the end. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
