import { mac } from '../../../schema/addresses.ts';
import { attributes } from '../../../schema/attributes.ts';
import { repeated } from '../../../schema/lists.ts';
import { s32, u16, u32 } from '../../../schema/scalars.ts';

/** `MACVLAN_MODE_*`: whom the macvlans on one link talk to. */
export const MacvlanMode = { private: 1, vepa: 2, bridge: 4, passthru: 8, source: 16 } as const;
/** A number of {@link MacvlanMode}. */
export type MacvlanMode = (typeof MacvlanMode)[keyof typeof MacvlanMode];

/** `IFLA_MACVLAN_*`: `ip link add link eth0 name mv0 type macvlan mode bridge`; macvtap has the same. */
export const macvlan = attributes({
  /** `MACVLAN_MODE_*`. */
  mode: [1, u32],
  /** `MACVLAN_FLAG_*`: no promiscuity (1), no destination addresses (2). */
  flags: [2, u16],
  /** `MACVLAN_MACADDR_*`: add (0), delete (1), flush (2), set (3) what mode source accepts. */
  macaddrMode: [3, u32],
  macaddr: [4, mac],
  /** Several of `macaddr` in one nest. */
  macaddrData: [5, attributes({ macaddr: [4, repeated(mac)] }, { nestedFlag: false })],
  macaddrCount: [6, u32],
  /** Length of the queue of broadcasts asked for, and the one in use: the largest of all on the lower link. */
  bcQueueLen: [7, u32],
  bcQueueLenUsed: [8, u32],
  /** From how many receivers on multicasts are queued; -1: never. Since 6.4. */
  bcCutoff: [9, s32],
});
