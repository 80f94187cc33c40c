/**
 * Anything that can open a socket in a network namespace; `Namespace` of `@nsnet/ns` is one. The caller owns the
 * descriptor it gets.
 */
export interface SocketFactory {
  /** `socket(2)` in that namespace; resolves to the descriptor. */
  socket(domain: number, type: number, protocol: number): Promise<number>;
  /** For messages. */
  readonly name?: string | undefined;
}

/**
 * A network namespace as a link's destination: an open descriptor, a process in it, or an id relative to the client's. A
 * descriptor may be closed as soon as the call has been made.
 */
export type NamespaceRef = { readonly fd: number } | { readonly pid: number } | { readonly nsid: number };
