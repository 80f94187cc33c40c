/** `IFA_F_*`: flags of an IPv4 address, by the words that `ip` prints. */
export const AddressFlag = {
  /** Not the first address in its network. */
  secondary: 0x1,
  nodad: 0x2,
  optimistic: 0x4,
  /** Another host has the address. */
  dadfailed: 0x8,
  home: 0x10,
  deprecated: 0x20,
  /** Duplicate address detection has not finished. */
  tentative: 0x40,
  /** Not made from router advertisements. */
  permanent: 0x80,
  mngtmpaddr: 0x100,
  noprefixroute: 0x200,
  autojoin: 0x400,
  'stable-privacy': 0x800,
} as const;
/** A bit of {@link AddressFlag}. */
export type AddressFlag = (typeof AddressFlag)[keyof typeof AddressFlag];

const { secondary, ...shared } = AddressFlag;

/** `IFA_F_*` of an IPv6 address: the lowest bit means a temporary address (RFC 8981). */
export const AddressFlag6 = { temporary: secondary, ...shared } as const;
/** A bit of {@link AddressFlag6}. */
export type AddressFlag6 = (typeof AddressFlag6)[keyof typeof AddressFlag6];

/** `IFAPROT_*`: who added an address, by the words that `ip` prints. */
export const AddressProtocol = { unspec: 0, kernel_lo: 1, kernel_ra: 2, kernel_ll: 3 } as const;
/** A number of {@link AddressProtocol}. */
export type AddressProtocol = (typeof AddressProtocol)[keyof typeof AddressProtocol];
