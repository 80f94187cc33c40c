/**
 * What a decoded value can't say about its bytes, kept beside it so that nothing is lost: attributes this library does
 * not know, attributes whose payload has the wrong size, unusual flags, an order that the keys don't show.
 *
 * It hangs on the attribute object under a non-enumerable symbol: printing, spreading and comparing don't see it, and
 * an ordinary message has none.
 */
const residue: unique symbol = Symbol('nsnet.residue');

/** An attribute kept as bytes. */
export interface RawAttribute {
  /** Attribute number, without flags. */
  readonly type: number;
  /** `NLA_F_NESTED`, `NLA_F_NET_BYTEORDER`. */
  readonly flags: number;
  readonly payload: Uint8Array;
  /** Why it was not decoded, when its number is known: `should be 4 bytes`. */
  readonly reason?: string;
}

/** See the head of this file. */
export interface Residue {
  /** Order on the wire: keys, and the raw attributes between them. Only when the keys alone don't give it. */
  order?: (string | RawAttribute)[];
  /** Flags that differ from the declared ones. */
  flags?: Map<string, number>;
  /** Payloads that encoding would not reproduce, valid as long as the value beside them is the one decoded. */
  payloads?: Map<string, { readonly value: unknown; readonly payload: Uint8Array }>;
}

/** The residue of a decoded attribute set, if it has one. */
export function residueOf(attributes: object): Residue | undefined {
  return (attributes as { [residue]?: Residue })[residue];
}

/** The residue of an attribute set being decoded, made on first use. */
export function leaveResidue(attributes: object): Residue {
  const present = residueOf(attributes);
  if (present !== undefined) return present;
  const made: Residue = {};
  Object.defineProperty(attributes, residue, { value: made, enumerable: false });
  return made;
}

/** The attributes of a decoded set that were kept as bytes, because their number is unknown or their size is wrong. */
export function rawAttributes(attributes: object): readonly RawAttribute[] {
  return residueOf(attributes)?.order?.filter((entry) => typeof entry !== 'string') ?? [];
}
