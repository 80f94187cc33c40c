import { MacvlanMode } from '../../rtnetlink/constants.ts';
import type { LinkRef } from '../link-ref.ts';
import type { KindWords } from './words.ts';

/** `ip link add link LINK NAME type macvlan mode MODE`; `macvtap` too. */
export interface MacvlanSettings {
  /** The link it is on. */
  readonly link: LinkRef;
  /** `private`, `vepa` (the kernel's default), `bridge`, `passthru`, `source`. */
  readonly mode?: (keyof typeof MacvlanMode & string) | (string & {}) | undefined;
}

/** Words of the kinds `macvlan` and `macvtap`. */
export const macvlan: KindWords = { values: { mode: MacvlanMode } };
