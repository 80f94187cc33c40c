import { struct } from '../../../schema/struct.ts';

/** `struct ifla_bridge_id`: as spanning tree sends it. */
export const iflaBridgeId = struct((field) => ({
  /** Big-endian. */
  prio: field.be16(),
  addr: field.mac(),
}));
