/** Where sockets come from: a `Namespace` is one. */
export interface SocketPlace {
  /** Name of the namespace, if it has one. */
  readonly name: string | undefined;
  /**
   * Opens a socket there: `socket(2)`.
   *
   * @returns a descriptor, which the caller owns
   * @throws NamespaceError
   */
  socket(domain: number, type: number, protocol: number): Promise<number>;
}
