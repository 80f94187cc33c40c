/** What a struct declaration may say, in the order of the C members. The `Reader` is one. */
export interface Fields {
  u8(): number;
  s8(): number;
  u16(): number;
  s16(): number;
  u32(): number;
  s32(): number;
  u64(): bigint;
  s64(): bigint;
  be16(): number;
  be32(): number;
  be64(): bigint;
  /** `unsigned char name[length]`. */
  blob(length: number): Uint8Array;
  /** `char name[length]`, NUL-terminated. */
  text(length: number): string;
  /** `unsigned char addr[ETH_ALEN]`: `02:42:ac:11:00:02`. */
  mac(): string;
  /** Padding: `field.pad(2).u32()`. */
  pad(length: number): this;
}
