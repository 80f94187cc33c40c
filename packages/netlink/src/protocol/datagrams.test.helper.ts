import { align, littleEndian, messageHeaderLength } from '../wire/align.ts';
import { ControlType, MessageFlag } from './header.ts';

/** The bytes in annotated hexadecimal: what follows a `#` is for people. */
export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(/#.*/g, '').replaceAll(/\s/g, '');
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error(`not hexadecimal: ${digits}`);
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}

/** One behind the other, as in a datagram. */
export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** What a message is made of. `length` lies about `nlmsg_len`. */
export interface MessageParts {
  readonly type: number;
  readonly sequence: number;
  readonly flags?: number;
  readonly payload?: Uint8Array;
  readonly length?: number;
}

/** A message with its header and padding. */
export function message({ type, sequence, flags = 0, payload = hex(''), length }: MessageParts): Uint8Array {
  const bytes = new Uint8Array(align(messageHeaderLength + payload.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length ?? messageHeaderLength + payload.length, littleEndian);
  view.setUint16(4, type, littleEndian);
  view.setUint16(6, flags, littleEndian);
  view.setUint32(8, sequence, littleEndian);
  bytes.set(payload, messageHeaderLength);
  return bytes;
}

/** `{ int error; struct nlmsghdr msg; }` of an ack to `sequence` whose request is not echoed (`NLM_F_CAPPED`). */
function verdict(sequence: number, errno: number): Uint8Array {
  const payload = new Uint8Array(20);
  const view = new DataView(payload.buffer);
  view.setInt32(0, -errno, littleEndian);
  view.setUint32(4, messageHeaderLength, littleEndian);
  view.setUint32(12, sequence, littleEndian);
  return payload;
}

/** `NLMSG_ERROR`: an ack, or the refusal that a positive errno names. `tlvs` are the attributes of an extended ack. */
export function ack(sequence: number, errno = 0, tlvs = hex('')): Uint8Array {
  const flags = MessageFlag.capped | (tlvs.length > 0 ? MessageFlag.ackTlvs : 0);
  return message({ type: ControlType.error, flags, sequence, payload: join(verdict(sequence, errno), tlvs) });
}

/** `NLMSG_DONE`: the end of a dump, with `flags` besides `NLM_F_MULTI`. */
export function done(sequence: number, errno = 0, flags = 0, tlvs = hex('')): Uint8Array {
  const code = new Uint8Array(4);
  new DataView(code.buffer).setInt32(0, -errno, littleEndian);
  const all = MessageFlag.multi | flags | (tlvs.length > 0 ? MessageFlag.ackTlvs : 0);
  return message({ type: ControlType.done, flags: all, sequence, payload: join(code, tlvs) });
}
