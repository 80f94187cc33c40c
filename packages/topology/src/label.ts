/** What messages need to know about a namespace; `Namespace` of `@nsnet/ns` has it. */
export interface Labelled {
  readonly name: string | undefined;
  readonly cookie: bigint;
}

/** A namespace as messages call it: `red`; `#27` (its cookie) for one without a name. */
export function placeOf({ name, cookie }: Labelled): string {
  return name ?? `#${cookie}`;
}

/** A link as messages call it: `red:eth0`. */
export function elementOf(namespace: Labelled, link: string | number): string {
  return `${placeOf(namespace)}:${link}`;
}
