import { attributes } from '../../../schema/attributes.ts';

/** `ip link add ifb0 type ifb`: intermediate functional block, for shaping what comes in. It has no settings. */
export const ifb = attributes({});
