// Random messages made from the declarations: bytes that a kernel could send, whatever kernel this machine has.
import type { AttributeSet, Entry, Type } from '@nsnet/netlink/messages';
import type { Random } from './random.ts';
import { isSet, isStruct } from './walk.ts';

/** Writes the payload of an attribute, or leaves it out. `present` are those before it. */
export type Payload = (random: Random, present: ReadonlyMap<string, Buffer>) => Buffer | undefined;

/** Payloads of attributes that random bytes would not suit, by name. */
export type Special = Readonly<Record<string, Payload>>;

const nested = 0x8000;

/** Never there. */
export const none: Payload = () => undefined;

/** One byte. */
export function u8(value: number): Buffer {
  return Buffer.of(value);
}

/** Two bytes. */
export function u16(value: number): Buffer {
  return Buffer.of(value & 0xff, (value >> 8) & 0xff);
}

/** Two bytes, big-endian. */
export function be16(value: number): Buffer {
  return Buffer.of((value >> 8) & 0xff, value & 0xff);
}

/** Four bytes. */
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value | 0);
  return bytes;
}

/** Several payloads one behind the other. */
export function times(count: number, write: (index: number) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => write(index)));
}

/** Bytes of a number: often a small one, sometimes all bits. */
export function randomNumber(random: Random, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const kind = random.below(6);
  if (kind === 1) bytes[0] = 1;
  else if (kind === 2) bytes[0] = random.below(16);
  else if (kind === 3) bytes[length - 1] = 1 + random.below(16);
  else if (kind === 4) bytes.fill(0xff);
  else if (kind === 5) for (let at = 0; at < length; at++) bytes[at] = random.below(256);
  return bytes;
}

/** Bytes that each are a random number: an address, a struct. */
export function randomBytes(random: Random, length: number): Buffer {
  return times(length, () => randomNumber(random, 1));
}

/** Letters, NUL-terminated. */
export function randomText(random: Random, alphabet = 'abcdefghij0123456789-', length = 10): Buffer {
  const letters = Array.from({ length: 1 + random.below(length) }, () => random.pick([...alphabet]));
  return Buffer.from(`${letters.join('')}\0`);
}

/** An attribute with its header and padding. */
export function attribute(type: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + ((payload.length + 3) & ~3));
  payload.copy(bytes, 4);
  return Buffer.concat([u16(4 + payload.length), u16(type), bytes.subarray(4)]);
}

/** A netlink message, complete. */
export function netlinkMessage(type: number, payload: Buffer): Buffer {
  const multi = 2;
  return Buffer.concat([u32(16 + payload.length), u16(type), u16(multi), u32(0), u32(0), payload]);
}

/** Some of the attributes of a set, with random values, in the order of their numbers. */
export function randomAttributes(
  random: Random,
  set: AttributeSet<object>,
  special: Special,
  probability = 0.6,
): Buffer {
  const parts: Buffer[] = [];
  const present = new Map<string, Buffer>();
  for (const entry of [...set.entries].sort((a, b) => a.number - b.number)) {
    if (!random.chance(probability)) continue;
    for (let count = entry.repeated ? random.below(4) : 1; count > 0; count--) {
      const payload = payloadOf(random, entry, special, present);
      if (payload === undefined) continue;
      present.set(entry.name, payload);
      parts.push(attribute(entry.number | ((entry.type.flags ?? 0) & nested), payload));
    }
  }
  return Buffer.concat(parts);
}

function payloadOf(
  random: Random,
  { name, type }: Entry,
  special: Special,
  present: ReadonlyMap<string, Buffer>,
): Buffer | undefined {
  const own = Object.hasOwn(special, name) ? special[name] : undefined;
  return own === undefined ? randomValue(random, type, special) : own(random, present);
}

/** A value of a type; undefined for types whose value depends on others. */
export function randomValue(random: Random, type: Type<unknown>, special: Special): Buffer | undefined {
  if (isSet(type)) return randomAttributes(random, type, special);
  if (isStruct(type)) return randomBytes(random, type.span);
  if (type.name === 'flag') return Buffer.alloc(type.fits?.(0) === false ? 1 : 0);
  if (type.size !== undefined) return randomNumber(random, type.size);
  if (type.name === 'string' || type.name === 'text') return randomText(random);
  if (type.name === 'mac') return randomBytes(random, random.pick([4, 6, 6, 6, 16, 20]));
  if (type.name === 'bytes') return randomBytes(random, 1 + random.below(8));
  if (type.name === 'uint') return randomNumber(random, 4);
  return undefined;
}
