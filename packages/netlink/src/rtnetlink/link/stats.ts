import { struct } from '../../schema/struct.ts';

/** `struct rtnl_link_stats`: the counters of before 2.6.35, which wrap at 32 bits. */
export const rtnlLinkStats = struct((field) => ({
  rxPackets: field.u32(),
  txPackets: field.u32(),
  rxBytes: field.u32(),
  txBytes: field.u32(),
  rxErrors: field.u32(),
  txErrors: field.u32(),
  rxDropped: field.u32(),
  txDropped: field.u32(),
  multicast: field.u32(),
  collisions: field.u32(),
  rxLengthErrors: field.u32(),
  rxOverErrors: field.u32(),
  rxCrcErrors: field.u32(),
  rxFrameErrors: field.u32(),
  rxFifoErrors: field.u32(),
  rxMissedErrors: field.u32(),
  txAbortedErrors: field.u32(),
  txCarrierErrors: field.u32(),
  txFifoErrors: field.u32(),
  txHeartbeatErrors: field.u32(),
  txWindowErrors: field.u32(),
  rxCompressed: field.u32(),
  txCompressed: field.u32(),
  rxNohandler: field.u32(),
}));

/** `struct rtnl_link_stats64`. It has grown before (`rxNohandler` 4.6, `rxOtherhostDropped` 5.19): older kernels read as zero. */
export const rtnlLinkStats64 = struct((field) => ({
  rxPackets: field.u64(),
  txPackets: field.u64(),
  rxBytes: field.u64(),
  txBytes: field.u64(),
  rxErrors: field.u64(),
  txErrors: field.u64(),
  rxDropped: field.u64(),
  txDropped: field.u64(),
  multicast: field.u64(),
  collisions: field.u64(),
  rxLengthErrors: field.u64(),
  rxOverErrors: field.u64(),
  rxCrcErrors: field.u64(),
  rxFrameErrors: field.u64(),
  rxFifoErrors: field.u64(),
  rxMissedErrors: field.u64(),
  txAbortedErrors: field.u64(),
  txCarrierErrors: field.u64(),
  txFifoErrors: field.u64(),
  txHeartbeatErrors: field.u64(),
  txWindowErrors: field.u64(),
  rxCompressed: field.u64(),
  txCompressed: field.u64(),
  /** No protocol took the packet. */
  rxNohandler: field.u64(),
  /** Dropped because the MAC address was another host's. */
  rxOtherhostDropped: field.u64(),
}));

/** `struct rtnl_link_ifmap`: where the hardware is. C pads it to 32 bytes. */
export const rtnlLinkIfmap = struct(
  (field) => ({
    memStart: field.u64(),
    memEnd: field.u64(),
    baseAddr: field.u64(),
    irq: field.u16(),
    dma: field.u8(),
    port: field.u8(),
  }),
  { size: 32 },
);
