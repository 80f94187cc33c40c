import { attributes } from '../../schema/attributes.ts';
import { message } from '../../schema/message.ts';
import type { Infer } from '../../schema/type.ts';
import { commonLink } from './common.ts';
import { ifinfomsg } from './header.ts';
import { linkinfo } from './info.ts';

/** `IFLA_*`, uapi/linux/if_link.h. */
export const linkAttributes = attributes({
  ...commonLink,
  /** What kind of link it is, and the settings of that kind. */
  linkinfo: [18, linkinfo],
});

/** `RTM_NEWLINK`, `RTM_DELLINK`, `RTM_GETLINK`, `RTM_SETLINK`, `RTM_NEWLINKPROP`, `RTM_DELLINKPROP`. */
export const linkMessage = message(ifinfomsg, linkAttributes);

/** The attributes of a link. */
export type LinkAttributes = Infer<typeof linkAttributes>;

/** A decoded link message. */
export type LinkMessage = Infer<typeof linkMessage>;
