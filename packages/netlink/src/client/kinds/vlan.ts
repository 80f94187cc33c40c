import type { LinkRef } from '../link-ref.ts';
import type { KindWords } from './words.ts';

/** `ip link add link LINK NAME type vlan id ID`. */
export interface VlanSettings {
  /** The link whose tagged frames it is made of. */
  readonly link: LinkRef;
  /** 0 to 4094. */
  readonly id: number;
  /** `0x8100` (802.1Q, the default) or `0x88a8` (802.1ad). */
  readonly protocol?: number | undefined;
}

/** Words of the kind `vlan`. */
export const vlan: KindWords = {
  encode(data, problems) {
    const { id } = data;
    problems.check(
      typeof id === 'number' && Number.isInteger(id) && id >= 0 && id <= 4094,
      'id',
      'is not a VLAN id (0 to 4094)',
      id,
    );
    return data;
  },
};
