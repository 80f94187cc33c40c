import { struct } from '../../schema/struct.ts';

/** `struct ifinfomsg`: header of every link message, and of the peer inside `VETH_INFO_PEER`. */
export const ifinfomsg = struct((field) => ({
  /** `AF_UNSPEC`; `AF_BRIDGE` for bridge ports, `AF_INET6` for IPv6 settings. */
  family: field.u8(),
  /** `ARPHRD_*`. */
  type: field.pad(1).u16(),
  /** Interface index. */
  index: field.s32(),
  /** `IFF_*`. */
  flags: field.u32(),
  /** Which of the flags to change. */
  change: field.u32(),
}));
