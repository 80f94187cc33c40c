// The worst inputs there are for each part of the decoder: twice as many bytes may take twice as long, not four times.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type AnyMessage, DecodeError, linkMessage, neighbourMessage, routeMessage } from '@nsnet/netlink/messages';
import t from 'tap';

t.setTimeout(110_000);
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const attribute = (type: number, payload: Uint8Array): Buffer => {
  const padded = Buffer.alloc((4 + payload.length + 3) & ~3);
  padded.writeUInt16LE(4 + payload.length, 0);
  padded.writeUInt16LE(type, 2);
  padded.set(payload, 4);
  return padded;
};

/** `unit` over and over, up to `length` bytes. */
const times = (unit: Uint8Array, length: number): Buffer =>
  Buffer.concat(Array.from({ length: Math.floor(length / unit.length) }, () => unit));

/** Nests in one another: 4 bytes each, as many as a 16-bit length can say. */
const bomb = (type: number, length: number): Buffer => {
  const count = Math.min(length, 0xfffc) >> 2;
  const bytes = Buffer.alloc(4 * count);
  for (let index = 0; index < count; index++) {
    bytes.writeUInt16LE(4 * (count - index), 4 * index);
    bytes.writeUInt16LE(type, 4 * index + 2);
  }
  return bytes;
};

const word = Buffer.of(1, 0, 0, 0);
const header = (message: AnyMessage) => Buffer.alloc((message.header.span + 3) & ~3);
const nexthop = Buffer.of(8, 0, 0, 0, 1, 0, 0, 0);
const mtu = attribute(4, word);

/** Inputs of about `length` bytes; those inside one attribute end at 64 KiB. */
const generators: [name: string, message: AnyMessage, make: (length: number) => Buffer, nested?: true][] = [
  ['unknown attributes', linkMessage, (length) => times(attribute(0x3fff, word), length)],
  ['empty unknown attributes', linkMessage, (length) => times(attribute(0x3fff, Buffer.of()), length)],
  ['one attribute again and again', linkMessage, (length) => times(mtu, length)],
  ['of a wrong size', linkMessage, (length) => times(attribute(4, Buffer.of(1)), length)],
  ['two in turn', linkMessage, (length) => times(Buffer.concat([mtu, attribute(5, word)]), length)],
  [
    '70 in turn',
    linkMessage,
    (length) => times(Buffer.concat(Array.from({ length: 70 }, (_, n) => attribute(n, word))), length),
  ],
  ['kinds and their data', linkMessage, (length) => linkinfo(times(kindAndData, length)), true],
  [
    'names that are not UTF-8',
    linkMessage,
    (length) => times(attribute(3, Buffer.from('ff'.repeat(15), 'hex')), length),
  ],
  [
    'text that is not UTF-8',
    linkMessage,
    (length) => attribute(56, Buffer.alloc(Math.min(length, 0xfff8), 0xff)),
    true,
  ],
  [
    'altnames',
    linkMessage,
    (length) => attribute(0x8034, times(attribute(53, Buffer.of(97, 0)), Math.min(length, 0xff00))),
    true,
  ],
  [
    'scattered altnames',
    linkMessage,
    (length) =>
      attribute(
        0x8034,
        times(Buffer.concat([attribute(53, Buffer.of(0)), attribute(1, word)]), Math.min(length, 0xff00)),
      ),
    true,
  ],
  [
    'virtual functions',
    linkMessage,
    (length) => attribute(22, times(attribute(1, attribute(99, word)), Math.min(length, 0xff00))),
    true,
  ],
  ['nests in nests', linkMessage, (length) => bomb(0x8012, length), true],
  ['nests in unknown nests', linkMessage, (length) => bomb(0xbfff, length), true],
  ['nexthops', routeMessage, (length) => attribute(9, times(nexthop, Math.min(length, 0xfff8))), true],
  ['zeros', neighbourMessage, (length) => Buffer.alloc(length)],
  ['ones', neighbourMessage, (length) => Buffer.alloc(length, 0xff)],
];

const kindAndData = Buffer.concat([attribute(1, Buffer.from('vlan\0')), attribute(2, attribute(1, Buffer.of(5, 0)))]);
const linkinfo = (content: Buffer) => attribute(18, content.subarray(0, 0xfff0));

/** Milliseconds of processor time to decode, encode, and find the last byte again: the best of several. */
function measure(message: AnyMessage, bytes: Uint8Array): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 4; run++) {
    collectGarbage();
    const start = process.cpuUsage();
    try {
      message.encode(message.decode(bytes));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
    message.pathAt(bytes, bytes.length - 1);
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

/** What is wrong with the times at three sizes, each twice the one before. */
function judge(
  message: AnyMessage,
  make: (length: number) => Buffer,
  sizes: readonly number[],
): [text: string, wrong: boolean] {
  const results = sizes.map((size) => {
    const bytes = Buffer.concat([header(message), make(size)]);
    return { length: bytes.length, time: measure(message, bytes) };
  });
  const [first, , last] = results as [(typeof results)[0], (typeof results)[0], (typeof results)[0]];
  // Below a millisecond the clock and the garbage collector say more than the input.
  const growth = Math.max(last.time, 1) / Math.max(first.time, 1);
  const tooSlow = last.time > (20 * last.length) / 65536;
  const text = results.map(({ length, time }) => `${length} bytes ${time.toFixed(2)} ms`).join(', ');
  return [text, tooSlow || growth > 3 ** Math.log2(last.length / first.length)];
}

for (const [name, message, make, nested] of generators) {
  t.test(name, async (t) => {
    const sizes = nested ? [1 << 14, 1 << 15, 0xff00] : [1 << 15, 1 << 16, 1 << 17];
    // A busy machine makes any single measurement wrong; what is quadratic stays so.
    const attempts: string[] = [];
    for (let wrong = true; wrong && attempts.length < 5; ) {
      const [text, isWrong] = judge(message, make, sizes);
      attempts.push(text);
      wrong = isWrong;
      if (!wrong) t.pass(text);
    }
    if (attempts.length === 5) t.fail(attempts.join('; '));
  });
}
