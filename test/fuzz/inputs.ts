import type { AnyMessage, Type } from '@nsnet/netlink/messages';
import type { Fixture } from '../support/fixtures.ts';
import { isSet } from '../support/walk.ts';
import type { Random } from './random.ts';

/** Numbers that lengths and types go wrong at. */
const edges = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 0x3fff, 0x4000, 0x7fff, 0x8000, 0xfffc, 0xffff];
const wideEdges = [0x7fffffff, 0x80000000, 0xffffffff];

/** An input, and how it was made. */
export interface Input {
  readonly message: AnyMessage;
  readonly bytes: Buffer;
  readonly from: string;
}

/** Makes inputs: noise, changed captures, trees of attributes that are nearly right, captures cut short. */
export function makeInput(random: Random, fixtures: readonly Fixture[]): Input {
  const fixture = random.pick(fixtures);
  const { message, name } = fixture;
  const bytes = Buffer.from(fixture.bytes);
  const kind = random.below(20);
  if (kind < 5) return { message, bytes: random.bytes(random.below(random.oneIn(4) ? 4096 : 128)), from: 'noise' };
  if (kind < 13) return { message, bytes: mutate(random, bytes, fixtures), from: `changed ${name}` };
  if (kind < 18) return { message, bytes: grow(random, message), from: 'grammar' };
  return { message, bytes: bytes.subarray(0, random.below(bytes.length + 1)), from: `cut ${name}` };
}

/** One to eight changes. */
function mutate(random: Random, bytes: Buffer, fixtures: readonly Fixture[]): Buffer {
  let changed = bytes;
  for (let left = 1 + random.below(8); left > 0 && changed.length > 4; left--)
    changed = change(random, changed, fixtures);
  return changed.subarray(0, 1 << 17);
}

function change(random: Random, bytes: Buffer, fixtures: readonly Fixture[]): Buffer {
  const at = random.below(bytes.length);
  const word = at & ~3;
  const span = random.below(Math.min(64, bytes.length - at) + 1);
  switch (random.below(8)) {
    case 0:
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      return bytes;
    case 1:
      bytes[at] = random.below(256);
      return bytes;
    case 2: // a length or a type, most likely
      if (word + 4 <= bytes.length) bytes.writeUInt16LE(random.pick(edges), word + 2 * random.below(2));
      return bytes;
    case 3:
      if (word + 4 <= bytes.length) bytes.writeUInt32LE(random.pick(wideEdges), word);
      return bytes;
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + span)]);
    case 5:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + span), bytes.subarray(at)]);
    case 6: {
      const other = random.pick(fixtures).bytes;
      const from = random.below(other.length) & ~3;
      return Buffer.concat([bytes.subarray(0, word), other.subarray(from)]);
    }
    default:
      return Buffer.concat([bytes.subarray(0, word), random.bytes(4 * random.below(8)), bytes.subarray(word)]);
  }
}

/** A header, then attributes of the declared numbers and others, whose lengths are nearly all right. */
function grow(random: Random, message: AnyMessage): Buffer {
  const header = random.bytes((message.header.span + 3) & ~3);
  if (random.oneIn(2)) header[0] = random.pick([0, 2, 7, 10]);
  return Buffer.concat([header, tree(random, message.attributes, 0)]);
}

function tree(random: Random, type: Type<unknown>, depth: number): Buffer {
  const entries = isSet(type) ? type.entries : [];
  const parts: Buffer[] = [];
  const times = depth === 0 && random.oneIn(50) ? 300 : 1 + random.below(6);
  const repeat = times > 6 ? random.below(70) : undefined;
  for (let left = times; left > 0; left--) {
    const entry = entries.length > 0 && !random.oneIn(6) ? random.pick(entries) : undefined;
    const number = repeat ?? entry?.number ?? random.pick([random.below(80), 0x3fff, 0]);
    parts.push(attribute(random, number, payload(random, entry?.type, depth)));
  }
  return Buffer.concat(parts);
}

function payload(random: Random, type: Type<unknown> | undefined, depth: number): Buffer {
  const inner = type === undefined ? undefined : random.pick([type, ...Object.values(type.parts ?? {})]);
  if (depth < 4 && inner !== undefined && (isSet(inner as Type<unknown>) || random.oneIn(8)))
    return tree(random, inner as Type<unknown>, depth + 1);
  if (type?.name === 'string' && random.oneIn(2))
    return Buffer.from(random.pick(['veth\0', 'bridge\0', 'vxlan', '__proto__\0', 'constructor', '\0', 'vlan\0\0']));
  return random.bytes(type?.size !== undefined && !random.oneIn(8) ? type.size : random.below(40));
}

function attribute(random: Random, number: number, content: Buffer): Buffer {
  const header = Buffer.alloc(4);
  const flags = random.pick([0, 0, 0x8000, 0x8000, 0x4000, 0xc000]);
  const odd = random.oneIn(30) ? random.pick([-8, -4, -3, -1, 1, 3, 4, 60000]) : 0;
  header.writeUInt16LE(Math.min(0xffff, Math.max(0, 4 + content.length + odd)), 0);
  header.writeUInt16LE((number & 0x3fff) | flags, 2);
  const padding = Buffer.alloc(random.oneIn(30) ? random.below(4) : -content.length & 3, random.oneIn(10) ? 0xff : 0);
  return Buffer.concat([header, content.subarray(0, 0xfff0), padding]);
}
