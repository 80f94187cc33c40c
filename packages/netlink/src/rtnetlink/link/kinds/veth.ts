import { attributes } from '../../../schema/attributes.ts';
import { message } from '../../../schema/message.ts';
import { commonLink } from '../common.ts';
import { ifinfomsg } from '../header.ts';

/**
 * `VETH_INFO_*`, uapi/linux/veth.h: `ip link add veth0 type veth peer name veth1`. Only written: the kernel tells a
 * veth's peer by `link` and `linkNetnsid`, never by this.
 */
export const veth = attributes({
  /** The other end, which may be born in another namespace (`netNsFd`). */
  peer: [1, message(ifinfomsg, attributes(commonLink))],
});
