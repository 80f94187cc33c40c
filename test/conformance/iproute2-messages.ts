// Random addresses, routes, neighbours and rules, such as a kernel could send: payloads behind nlmsghdr.
import {
  type AttributeSet,
  addressMessage,
  neighbourMessage,
  routeMessage,
  ruleMessage,
} from '@nsnet/netlink/messages';
import type { Random } from '../support/random.ts';
import {
  attribute,
  none,
  type Payload,
  randomAttributes,
  randomBytes,
  randomNumber,
  randomText,
  type Special,
  times,
  u8,
  u16,
  u32,
} from '../support/raw-messages.ts';

const inet = 2;
const inet6 = 10;
const scopes = [0, 200, 253, 254, 255, 7];

/** An address of a family. */
function address(family: number): Payload {
  return (random) => randomBytes(random, family === inet ? 4 : 16);
}

/** Realms with names in a file come out otherwise above 255. */
const flow: Payload = (random) => Buffer.concat([u16(random.below(256)), u16(random.below(256))]);
/** A link of the namespace where `ip` runs, or none. */
const index: Payload = (random) => u32(random.below(4));
/** Milliseconds or parts of them. */
const duration: Payload = (random) => u32(random.below(random.pick([2000, 2 ** 21])));

/** An address on one of the links 2 to 101. */
export function randomAddress(random: Random): Buffer {
  const family = random.pick([inet, inet6]);
  const names = ['address', 'local', 'broadcast', 'anycast', 'multicast'];
  return Buffer.concat([
    Buffer.of(family, random.below(129), random.below(256), random.pick(scopes)),
    u32(2 + random.below(100)),
    randomAttributes(
      random,
      addressMessage.attributes,
      Object.fromEntries(names.map((name) => [name, address(family)])),
    ),
  ]);
}

/** A route of any table. */
export function randomRoute(random: Random): Buffer {
  const family = random.pick([inet, inet6]);
  const whole = family === inet ? 32 : 128;
  const length = () => random.pick([0, 8, 24, whole, random.below(whole)]);
  const way: Special = { gateway: address(family), via, flow, newdst: none, ...encapsulation(random) };
  const special: Special = {
    ...way,
    dst: address(family),
    src: address(family),
    prefsrc: address(family),
    iif: index,
    oif: index,
    multipath: (source) => times(1 + source.below(3), () => nexthop(source, way)),
    rtt: duration,
    rttvar: duration,
    rtoMin: duration,
    ccAlgo: (source) => randomText(source),
    // `ip` shows an algorithm that is locked without looking whether there is one.
    lock: (source) => u32(randomNumber(source, 4).readInt32LE() & 0xffff),
    pref: (source) => u8(source.below(5)),
    // `ip -d` asks the kernel about it.
    nhId: none,
  };
  const cloned = 0x200;
  const flags = random.chance(0.5) ? 0 : randomNumber(random, 4).readUInt32LE() & ~cloned;
  return Buffer.concat([
    Buffer.of(family, length(), random.chance(0.8) ? 0 : length(), random.pick([0, 0, 8, 16, 255])),
    Buffer.of(random.below(256), random.below(256), random.pick(scopes), random.below(13)),
    u32(flags),
    randomAttributes(random, routeMessage.attributes, special, 0.4),
  ]);
}

function via(random: Random): Buffer {
  const family = random.pick([inet, inet6]);
  return Buffer.concat([u16(family), randomBytes(random, family === inet ? 4 : 16)]);
}

function nexthop(random: Random, special: Special): Buffer {
  const set = routeMessage.attributes.entry('multipath')?.type.parts?.attributes as AttributeSet<object>;
  const attributes = randomAttributes(random, set, special);
  const header = [u16(8 + attributes.length), u8(random.below(256)), u8(random.below(256)), u32(random.below(4))];
  return Buffer.concat([...header, attributes]);
}

/** Light-weight tunnels, by `LWTUNNEL_ENCAP_*`. */
const tunnels: Readonly<Record<number, (random: Random) => Buffer>> = {
  1: (random) => attribute(1, Buffer.concat([u8(random.below(256)), u8(random.below(256)), u16(0), u32(0x00016100)])),
  2: (random) => tunnelEnds(random, 4),
  4: (random) => tunnelEnds(random, 16),
  5: segmentList,
};

/** A tunnel or none: one kind for all ways of a route. */
function encapsulation(random: Random): Special {
  const type = random.pick([1, 2, 4, 5, 77]);
  const settings = random.chance(0.3) ? tunnels[type] : undefined;
  if (settings === undefined) return { encap: none, encapType: none };
  return { encap: settings, encapType: (_, present) => (present.has('encap') ? u16(type) : undefined) };
}

function tunnelEnds(random: Random, length: number): Buffer {
  return Buffer.concat([
    attribute(1, randomNumber(random, 8)),
    attribute(2, randomBytes(random, length)),
    attribute(3, randomBytes(random, length)),
    ...random.some([attribute(4, u8(random.below(256))), attribute(5, u8(random.below(256)))]),
    attribute(6, Buffer.of(0, random.below(16))),
  ]);
}

function segmentList(random: Random): Buffer {
  const last = random.below(3);
  const header = Buffer.concat([u32(random.below(5)), Buffer.of(41, 2 + 2 * last, 4, last, last, 0, 0, 0)]);
  return attribute(1, Buffer.concat([header, randomBytes(random, 16 * (last + 1))]));
}

/** A neighbour on one of the links 2 to 101. */
export function randomNeighbour(random: Random): Buffer {
  const family = random.pick([inet, inet6]);
  return Buffer.concat([
    u32(family),
    u32(2 + random.below(100)),
    u16(random.pick([0, 1, 2, 4, 8, 16, 32, 64, 128, 0x12])),
    Buffer.of(random.below(256), random.below(12)),
    randomAttributes(random, neighbourMessage.attributes, { dst: address(family) }),
  ]);
}

/** A rule for IPv4 or IPv6. */
export function randomRule(random: Random, family: 'inet' | 'inet6'): Buffer {
  const number = family === 'inet' ? inet : inet6;
  const whole = family === 'inet' ? 32 : 128;
  const special: Special = { src: address(number), dst: address(number), flow };
  return Buffer.concat([
    Buffer.of(number, random.pick([0, 8, whole]), random.pick([0, 8, whole]), random.pick([0, 0, 16, 255])),
    Buffer.of(random.below(256), 0, 0, random.pick([0, 1, 1, 1, 2, 3, 6, 7, 8, 10])),
    randomNumber(random, 4),
    randomAttributes(random, ruleMessage.attributes, special, 0.4),
  ]);
}
