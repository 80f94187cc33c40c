import { rawAttributes } from '@nsnet/netlink/messages';

/** One place in a decoded message that its keys and values don't fully say. */
export interface Remark {
  /** `linkinfo.data`. */
  readonly path: string;
  /** Attributes kept as bytes there, by number. */
  readonly raw: readonly number[];
}

/** Every attribute set in a decoded value that has a residue: unknown attributes, unusual flags, order or payloads. */
export function residues(value: unknown, path = ''): Remark[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  const own = Object.getOwnPropertySymbols(value).length > 0;
  const raw = own ? rawAttributes(value).map(({ type }) => type) : [];
  const inner = Object.entries(value).flatMap(([key, item]) =>
    residues(item, Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`),
  );
  return own ? [{ path, raw }, ...inner] : inner;
}
