import { attributes } from '../../../schema/attributes.ts';
import { u16 } from '../../../schema/scalars.ts';

/** `IPVLAN_MODE_*`. */
export const IpvlanMode = { l2: 0, l3: 1, l3s: 2 } as const;
/** A number of {@link IpvlanMode}. */
export type IpvlanMode = (typeof IpvlanMode)[keyof typeof IpvlanMode];

/** `IFLA_IPVLAN_*`: `ip link add link eth0 name ipvl0 type ipvlan mode l2`. */
export const ipvlan = attributes({
  /** `IPVLAN_MODE_*`. */
  mode: [1, u16],
  /** `IPVLAN_F_*`: bridge (0), private (1), vepa (2). */
  flags: [2, u16],
});
