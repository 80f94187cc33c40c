import { ip } from '../schema/addresses.ts';
import { attributes } from '../schema/attributes.ts';
import { message } from '../schema/message.ts';
import { s32, string, u8, u32 } from '../schema/scalars.ts';
import { struct } from '../schema/struct.ts';
import type { Infer } from '../schema/type.ts';

/** `struct ifaddrmsg`: header of every address message. */
export const ifaddrmsg = struct((field) => ({
  /** `AF_INET` or `AF_INET6`. */
  family: field.u8(),
  /** Bits. */
  prefixlen: field.u8(),
  /** The low 8 of the `IFA_F_*` flags; all 32 are in the `flags` attribute. */
  flags: field.u8(),
  /** `RT_SCOPE_*`. */
  scope: field.u8(),
  /** Interface index. */
  index: field.u32(),
}));

/** `struct ifa_cacheinfo`: lifetimes in seconds (`0xffffffff`: forever), time stamps in hundredths of a second since boot. */
export const ifaCacheinfo = struct((field) => ({
  prefered: field.u32(),
  valid: field.u32(),
  /** Created. */
  cstamp: field.u32(),
  /** Updated. */
  tstamp: field.u32(),
}));

/** `IFA_*`, uapi/linux/if_addr.h. */
export const addressAttributes = attributes({
  /** The address of the other end on a point-to-point link; elsewhere the same as `local`. */
  address: [1, ip],
  /** The address itself; absent for IPv6 without a peer. */
  local: [2, ip],
  /** IPv4 label, by default the interface's name. */
  label: [3, string(15)],
  broadcast: [4, ip],
  anycast: [5, ip],
  cacheinfo: [6, ifaCacheinfo],
  multicast: [7, ip],
  /** `IFA_F_*`. */
  flags: [8, u32],
  /** Metric of the prefix route. */
  rtPriority: [9, u32],
  /** Id of the namespace to look in, relative to the asking socket's. */
  targetNetnsid: [10, s32],
  /** `IFAPROT_*`: who added it. */
  proto: [11, u8],
});

/** `RTM_NEWADDR`, `RTM_DELADDR`, `RTM_GETADDR`. */
export const addressMessage = message(ifaddrmsg, addressAttributes);

/** The attributes of an address. */
export type AddressAttributes = Infer<typeof addressAttributes>;

/** A decoded address message. */
export type AddressMessage = Infer<typeof addressMessage>;
