/** `NLMSG_ALIGNTO`, `NLA_ALIGNTO` and `RTNH_ALIGNTO`: everything in a netlink datagram starts at a multiple of 4. */
export const alignment = 4;

/** `#define NLMSG_ALIGN(len) (((len) + NLMSG_ALIGNTO - 1) & ~(NLMSG_ALIGNTO - 1))` */
export function align(length: number): number {
  return (length + 3) & ~3;
}

/** `sizeof(struct nlmsghdr)`, bytes. */
export const messageHeaderLength = 16;

/** `NLA_HDRLEN`: `sizeof(struct nlattr)`, bytes. */
export const attributeHeaderLength = 4;

/** `NLA_F_NESTED`: the payload is itself a set of attributes. */
export const nestedFlag = 0x8000;

/** `NLA_F_NET_BYTEORDER`: the payload is big-endian. */
export const netByteOrderFlag = 0x4000;

/** `NLA_TYPE_MASK`: what is left of `nla_type` without the two flags. */
export const typeMask = 0x3fff;

/** Netlink speaks the byte order of the host it never leaves. */
export const littleEndian: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
