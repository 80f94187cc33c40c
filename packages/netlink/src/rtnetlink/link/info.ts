import { type AttributeSet, attributes } from '../../schema/attributes.ts';
import { bytes, text } from '../../schema/scalars.ts';
import { selectedBySibling } from '../../schema/selected.ts';
import type { Infer } from '../../schema/type.ts';
import { kinds, slaveKinds } from './kinds.ts';

/** A link kind whose data is declared: a name in the registry `kinds`. */
export type Kind = keyof typeof kinds;

/** A kind with settings for its ports: a name in the registry `slaveKinds`. */
export type SlaveKind = keyof typeof slaveKinds;

type DataOf<R extends object> = { [K in keyof R]: Infer<R[K]> };
type KeysOfUnion<T> = T extends unknown ? keyof T : never;

/**
 * Data of a kind that is not declared: bytes. Typed as having none of the declared attributes, so that where `kind` has
 * been compared with a known name, `data` can be used without asking whether it is bytes.
 */
export type OpaqueData<Known> = Uint8Array & { readonly [K in KeysOfUnion<Known>]?: never };

/** Data of every declared kind, by name. */
export type KindData = DataOf<typeof kinds>;

/** Port settings of every declared kind, by name. */
export type SlaveData = DataOf<typeof slaveKinds>;

/** Kind and data of a link; `kind` tells which data. */
export type KindInfo =
  | { [K in Kind]: { kind: K; data?: KindData[K] } }[Kind]
  | { kind?: string; data?: OpaqueData<KindData[Kind]> };

/** The same of the link that this one is a port of. */
export type SlaveKindInfo =
  | { [K in SlaveKind]: { slaveKind: K; slaveData?: SlaveData[K] } }[SlaveKind]
  | { slaveKind?: string; slaveData?: OpaqueData<SlaveData[SlaveKind]> };

/** `IFLA_INFO_*`: what a link is and, for a port, what it is a port of. */
export type LinkInfo = KindInfo & SlaveKindInfo & { xstats?: Uint8Array };

/** `IFLA_INFO_*`. Kinds that are not declared keep their data as bytes. */
export const linkinfo = attributes(
  {
    /** `bridge`, `veth`, …; absent for hardware. */
    kind: [1, text],
    data: [2, selectedBySibling('kind', kinds, { nestedFlag: false })],
    xstats: [3, bytes],
    slaveKind: [4, text],
    slaveData: [5, selectedBySibling('slaveKind', slaveKinds, { nestedFlag: false })],
  },
  { nestedFlag: false },
) as unknown as AttributeSet<LinkInfo>;
