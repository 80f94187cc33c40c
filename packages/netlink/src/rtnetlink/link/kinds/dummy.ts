import { attributes } from '../../../schema/attributes.ts';

/** `ip link add d0 type dummy`: a link that drops what is sent. It has no settings. */
export const dummy = attributes({});
