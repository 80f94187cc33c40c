import { littleEndian, messageHeaderLength } from '../wire/align.ts';
import type { Writer } from '../wire/writer.ts';

/** `NLMSG_*`: message types below every protocol. */
export const ControlType = { noop: 1, error: 2, done: 3, overrun: 4 } as const;

/** The first type that belongs to a protocol: `NLMSG_MIN_TYPE`. */
export const firstProtocolType = 16;

/** `NLM_F_*`. The upper byte means different things for requests that get, make and delete, and for acks. */
export const MessageFlag = {
  request: 0x1,
  multi: 0x2,
  ack: 0x4,
  echo: 0x8,
  dumpInterrupted: 0x10,
  dumpFiltered: 0x20,
  // GET
  root: 0x100,
  match: 0x200,
  atomic: 0x400,
  dump: 0x300,
  // NEW
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
  append: 0x800,
  // DEL
  nonRecursive: 0x100,
  bulk: 0x200,
  // in acks
  capped: 0x100,
  ackTlvs: 0x200,
} as const;

/** Starts a message: `struct nlmsghdr` with the length still open. Returns the mark for {@link endMessage}. */
export function beginMessage(writer: Writer, type: number, flags: number, sequence: number): number {
  const mark = writer.reserve(messageHeaderLength);
  writer.view.setUint16(mark + 4, type, littleEndian);
  writer.view.setUint16(mark + 6, flags, littleEndian);
  writer.view.setUint32(mark + 8, sequence, littleEndian);
  return mark;
}

/** Ends the message begun at `mark`: `nlmsg_len`, then `NLMSG_ALIGN` for the one behind it. */
export function endMessage(writer: Writer, mark: number): void {
  writer.view.setUint32(mark, writer.length - mark, littleEndian);
  writer.pad();
}
