import { attributes } from '../schema/attributes.ts';
import { message } from '../schema/message.ts';
import { s32, u32 } from '../schema/scalars.ts';
import { struct } from '../schema/struct.ts';
import type { Infer } from '../schema/type.ts';

/** `struct rtgenmsg`: header of every nsid message; attributes start at the next multiple of 4. */
export const rtgenmsg = struct((field) => ({
  /** `AF_UNSPEC`. */
  family: field.u8(),
}));

/** `NETNSA_*`, uapi/linux/net_namespace.h: the number that one namespace has for another. */
export const nsidAttributes = attributes({
  /** The number; -1: none assigned. */
  nsid: [1, s32],
  /** The other namespace, by a process in it. */
  pid: [2, u32],
  /** The other namespace, by a descriptor of the sender. */
  fd: [3, u32],
  /** Answer as if asked in the namespace with this number. */
  targetNsid: [4, s32],
  /** The same namespace's number where the request was made. */
  currentNsid: [5, s32],
});

/** `RTM_NEWNSID`, `RTM_DELNSID`, `RTM_GETNSID`. */
export const nsidMessage = message(rtgenmsg, nsidAttributes);

/** The attributes of a nsid. */
export type NsidAttributes = Infer<typeof nsidAttributes>;

/** A decoded nsid message. */
export type NsidMessage = Infer<typeof nsidMessage>;
