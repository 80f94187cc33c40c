// Random links, such as a kernel could send: payloads behind nlmsghdr.
import { type AttributeSet, linkMessage, type Type } from '@nsnet/netlink/messages';
import type { Random } from '../support/random.ts';
import {
  attribute,
  be16,
  none,
  type Payload,
  randomAttributes,
  randomBytes,
  randomNumber,
  randomText,
  randomValue,
  type Special,
  times,
  u8,
  u16,
  u32,
} from '../support/raw-messages.ts';

const inet6 = 10;
/** Types of links that say something about addresses, and others. */
const linkTypes = [1, 1, 1, 772, 768, 769, 776, 778, 823, 512, 65534, 290, 24];

const linkinfo = setOf(linkMessage.attributes, 'linkinfo');
/** What the settings of a kind are made of, by the kind's name. */
const kinds = partsOf('data');
const portKinds = partsOf('slaveData');

/** 1 is the loopback of the namespace where `ip` runs. */
const index: Payload = (random) => u32(random.chance(0.1) ? 0 : 2 + random.below(130));
/** Programs that don't exist: `ip` asks the kernel about them. */
const program: Payload = (random) => u32(0x70000000 + random.below(1000));
/** Hundredths of a second. */
const timer: Payload = (random) => Buffer.concat([u32(random.below(2 ** 31)), u32(0)]);
const vlanProtocol = (random: Random) => be16(random.pick([0x8100, 0x88a8]));

/** What links and the settings of their kinds hold that isn't just any number. */
const special: Special = {
  mtu: (random) => u32(random.below(2 ** 31)),
  link: index,
  master: index,
  backupPort: index,
  linkNetnsid: (random) => u32(random.below(5) - 1),
  operstate: (random) => u8(random.below(9)),
  linkmode: (random) => u8(random.below(4)),
  ifalias: (random) => randomText(random, 'ab "\\/.:<>\'\t', 20),
  progId: program,
  drvProgId: program,
  skbProgId: program,
  hwProgId: program,
  attached: (random) => u8(random.below(6)),
  // `ip` takes the value in it for granted.
  protoDownReason: (random) => attribute(2, randomNumber(random, 4)),
  vlanProtocol,
  protocol: vlanProtocol,
  df: (random) => u8(random.below(4)),
  afSpec: (random) => attribute(inet6, attribute(8, u8(random.below(6)))),
  vfinfoList: (random) => times(random.below(3), (vf) => attribute(1, virtualFunction(random, vf))),
  linkinfo: linkInfo,
  ...Object.fromEntries(
    ['hello', 'tcn', 'topologyChange', 'gc', 'messageAge', 'forwardDelay', 'hold'].map((name) => [
      `${name}Timer`,
      timer,
    ]),
  ),
  // In notifications only.
  ...{ event: none, newNetnsid: none, newIfindex: none },
  ...{ xstats: none, peer: none, ifname: none, txqlen: none },
};

const sources: Special = {
  mode: (random) => u32(random.pick([0, 1, 2, 4, 8, 16, 17])),
  macaddr: (random) => randomBytes(random, 6),
  macaddrCount: (random) => u32(random.below(5)),
};
/** The same for settings that have another meaning in another kind. */
const kindSpecial: Readonly<Record<string, Special>> = {
  macvlan: sources,
  macvtap: sources,
  ipvlan: { mode: (random) => u16(random.below(5)) },
  // `ip` takes it for granted that a bridge that knows the root knows itself.
  bridge: { rootId: none },
};

/** A link; its name tells its index. */
export function randomLink(random: Random, index: number): Buffer {
  const flags = randomNumber(random, 4);
  return Buffer.concat([
    Buffer.concat([u8(0), u8(0), u16(random.pick(linkTypes)), u32(index), flags, u32(0)]),
    attribute(3, Buffer.from(`eth${index}\0`)),
    // Without it, `ip` asks the kernel by ioctl.
    attribute(13, randomNumber(random, 4)),
    randomAttributes(random, linkMessage.attributes, special),
  ]);
}

function linkInfo(random: Random): Buffer {
  const kind = random.pick([...Object.keys(kinds), 'nsnetx']);
  const port = random.pick([...Object.keys(portKinds), 'nsnety', undefined]);
  const settings = (number: number, type: Type<unknown> | undefined, own: Special) => {
    const payload = type === undefined || random.chance(0.1) ? undefined : randomValue(random, type, own);
    return payload === undefined ? Buffer.alloc(0) : attribute(number, payload);
  };
  return Buffer.concat([
    attribute(1, Buffer.from(`${kind}\0`)),
    settings(2, kinds[kind], { ...special, ...kindSpecial[kind] }),
    ...(port === undefined ? [] : [attribute(4, Buffer.from(`${port}\0`)), settings(5, portKinds[port], special)]),
  ]);
}

function virtualFunction(random: Random, vf: number): Buffer {
  const set = setOf(setOf(linkMessage.attributes, 'vfinfoList'), 'info');
  const maybe = (name: string, write: () => Buffer) => {
    const entry = set.entry(name);
    return entry !== undefined && random.chance(0.5) ? attribute(entry.number, write()) : Buffer.alloc(0);
  };
  const vlan = () => Buffer.concat([u32(vf), u32(random.below(4096)), u32(random.below(8))]);
  const vlanInfo = () => attribute(1, Buffer.concat([vlan(), be16(random.pick([0x8100, 0x88a8, 0])), u16(0)]));
  const setting = () => Buffer.concat([u32(vf), u32(random.pick([0, 1, 2, -1]))]);
  const guid = () => Buffer.concat([u32(vf), u32(0), randomNumber(random, 8)]);
  const counter = (number: number) => (number === 6 ? Buffer.alloc(0) : attribute(number, randomNumber(random, 8)));
  return Buffer.concat([
    // These three `ip` takes for granted.
    attribute(1, Buffer.concat([u32(vf), randomBytes(random, 32)])),
    attribute(2, vlan()),
    attribute(3, Buffer.concat([u32(vf), randomNumber(random, 4)])),
    maybe('broadcast', () => randomBytes(random, 32)),
    maybe('rate', () => Buffer.concat([u32(vf), randomNumber(random, 4), randomNumber(random, 4)])),
    ...['spoofchk', 'linkState', 'rssQueryEn', 'trust'].map((name) => maybe(name, setting)),
    ...['ibNodeGuid', 'ibPortGuid'].map((name) => maybe(name, guid)),
    maybe('vlanList', () => times(random.below(3), vlanInfo)),
    maybe('stats', () => times(random.pick([6, 8, 9]), counter)),
  ]);
}

/** The attribute set that an attribute holds. */
function setOf(outer: AttributeSet<object>, name: string): AttributeSet<object> {
  return outer.entry(name)?.type as AttributeSet<object>;
}

/** What an attribute of `linkinfo` holds, by kind. */
function partsOf(name: string): Readonly<Record<string, Type<unknown>>> {
  return (linkinfo.entry(name)?.type.parts ?? {}) as Record<string, Type<unknown>>;
}
