import { attributes } from '../schema/attributes.ts';
import { bytes, s64, text, u32, u64 } from '../schema/scalars.ts';
import type { Infer } from '../schema/type.ts';
import { align, messageHeaderLength } from '../wire/align.ts';
import type { Reader } from '../wire/reader.ts';
import { MessageFlag } from './header.ts';

/** `NL_POLICY_TYPE_ATTR_*`: what the kernel would have accepted. */
export const policyAttributes = attributes({
  /** `NL_ATTR_TYPE_*`. */
  type: [1, u32],
  minValueS: [2, s64],
  maxValueS: [3, s64],
  minValueU: [4, u64],
  maxValueU: [5, u64],
  minLength: [6, u32],
  maxLength: [7, u32],
  policyIdx: [8, u32],
  policyMaxtype: [9, u32],
  bitfield32Mask: [10, u32],
  mask: [12, u64],
});

/** `NLMSGERR_ATTR_*`: the extended ack. */
export const extendedAck = attributes({
  /** The kernel's own sentence. */
  msg: [1, text],
  /** Offset of the offending attribute from the start of the request's `nlmsghdr`. */
  offs: [2, u32],
  cookie: [3, bytes],
  policy: [4, policyAttributes],
  /** Number of the attribute that is missing. */
  missType: [5, u32],
  /** Offset of the nest it is missing from; absent for the top level. */
  missNest: [6, u32],
});

/** Values of {@link extendedAck}. */
export type ExtendedAck = Infer<typeof extendedAck>;

/** The kernel's verdict on one request. */
export interface Verdict {
  /** Positive errno; 0 for success. */
  readonly errno: number;
  readonly extended: ExtendedAck | undefined;
}

/** `EBADMSG`: what an answer too short to say anything is taken for; success it is not. */
const unreadable = 74;

/**
 * `struct nlmsgerr` at `[start, end)`: `{ int error; struct nlmsghdr msg; }`, then the request's payload unless capped,
 * then the extended ack. What does not fit its bounds is left out: an error without a sentence is still an error.
 */
export function readError(reader: Reader, flags: number, start: number, end: number): Verdict {
  if (end - start < 4) return { errno: unreadable, extended: undefined };
  const errno = Math.abs(reader.s32At(start));
  const echo = start + 4;
  if (!(flags & MessageFlag.ackTlvs) || end - echo < messageHeaderLength) return { errno, extended: undefined };
  const echoed = flags & MessageFlag.capped ? messageHeaderLength : reader.u32At(echo);
  const plausible = echoed >= messageHeaderLength && echoed <= end - echo;
  return { errno, extended: plausible ? readExtended(reader, echo + align(echoed), end) : undefined };
}

/**
 * Payload of `NLMSG_DONE` at `[start, end)`: nothing, or `int error` and the extended ack right behind it.
 * A dump that strict checking refuses is answered in this way only, without any `NLMSG_ERROR`.
 */
export function readDone(reader: Reader, flags: number, start: number, end: number): Verdict {
  const errno = end - start >= 4 ? Math.max(0, -reader.s32At(start)) : 0;
  return { errno, extended: flags & MessageFlag.ackTlvs ? readExtended(reader, start + 4, end) : undefined };
}

function readExtended(reader: Reader, start: number, end: number): ExtendedAck | undefined {
  if (start > end) return undefined;
  try {
    return extendedAck.read(reader, start, end, {});
  } catch {
    return undefined;
  }
}
