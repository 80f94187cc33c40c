import { isDeepStrictEqual } from 'node:util';
import { type AnyMessage, DecodeError, EncodeError } from '@nsnet/netlink/messages';

/**
 * What has to hold for any bytes whatever; a sentence when it does not.
 *
 * Only DecodeError escapes, with an offset inside the input. Neither the bytes around the input nor where it lies make
 * a difference, the input stays as it is, and nothing decoded is a view of it. What was decoded can be encoded, comes
 * back equal, and encodes the same a second time. There are never more objects than bytes could name.
 */
export function violation(message: AnyMessage, input: Uint8Array, shared = false): string | undefined {
  const room = shared ? new Uint8Array(new SharedArrayBuffer(input.length + 32)) : new Uint8Array(input.length + 32);
  const place = room.subarray(5, 5 + input.length);
  const first = decodeAmong(message, input, room, place, 0x00);
  const second = decodeAmong(message, input, room, place, 0xff);
  if (typeof first.value === 'string') return first.value;
  if (first.error !== undefined || second.error !== undefined) {
    const same = first.error?.offset === second.error?.offset && first.error?.reason === second.error?.reason;
    return same ? undefined : 'bytes around the input make a difference to the error';
  }
  if (!isDeepStrictEqual(first.value, second.value)) return 'bytes around the input make a difference';
  message.pathAt(input, input.length >> 1);
  if (count(first.value) > input.length / 4 + 4) return `${count(first.value)} objects from ${input.length} bytes`;
  return roundTrip(message, first.value as object, input.length);
}

type Decoded = { value?: unknown; error?: DecodeError };

function decodeAmong(
  message: AnyMessage,
  input: Uint8Array,
  room: Uint8Array,
  place: Uint8Array,
  around: number,
): Decoded {
  room.fill(around);
  place.set(input);
  const result = decode(message, place);
  if (!Buffer.from(place).equals(input)) return { value: 'the input was changed' };
  // Whatever was kept of the input instead of copied is different now.
  room.fill(~around);
  return result;
}

function decode(message: AnyMessage, bytes: Uint8Array): Decoded {
  try {
    return { value: message.decode(bytes) };
  } catch (error) {
    if (!(error instanceof DecodeError)) return { value: `${error} escaped` };
    if (error.code !== 'ERR_NETLINK_DECODE') return { value: `code ${error.code}` };
    const inside = Number.isInteger(error.offset) && error.offset >= 0 && error.offset <= bytes.length;
    return inside ? { error } : { value: `offset ${error.offset} in ${bytes.length} bytes` };
  }
}

function roundTrip(message: AnyMessage, value: object, length: number): string | undefined {
  try {
    const once = message.encode(value as never);
    const again = decode(message, once);
    if (!isDeepStrictEqual(again.value, value)) return 'decode(encode(x)) is not x';
    const twice = message.encode(again.value as never);
    return Buffer.from(twice).equals(once) ? undefined : 'a second encode gives other bytes';
  } catch (error) {
    // Padding that the input lacked can make a nest longer than its length field can say.
    if (error instanceof EncodeError && length > 0xff00 && /longer than 65531/.test(error.message)) return undefined;
    return `encode: ${error}`;
  }
}

/** Objects, arrays and buffers in a value. */
function count(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (value instanceof Uint8Array) return 1;
  return Object.values(value).reduce((sum: number, item) => sum + count(item), 1);
}
