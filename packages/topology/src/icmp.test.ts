import t from 'tap';
import { checksum, EchoMessages } from './icmp.ts';

const token = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index);
const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

/** 20 bytes of IPv4 header, and so many words of options. */
const ipv4 = (options = 0) => Buffer.concat([Buffer.of(0x45 + options), Buffer.alloc(19 + options * 4)]);

/** The reply to a request: another type, and for IPv4 the checksum that goes with it. */
function replyTo(request: Buffer, type: number, version: 4 | 6): Buffer {
  const reply = Buffer.from(request);
  reply[0] = type;
  reply.writeUInt16BE(0, 2);
  if (version === 4) reply.writeUInt16BE(checksum(reply), 2);
  return reply;
}

t.test('checksums of RFC 1071', async (t) => {
  // Its example: the sum is ddf2.
  t.equal(checksum(hex('0001 f203 f4f5 f6f7')), 0xffff - 0xddf2);
  t.equal(checksum(hex('')), 0xffff);
  t.equal(checksum(hex('ff')), 0x00ff, 'an odd byte is the upper one');
  const message = hex('0800 0000 1234 0001 0001020304050607');
  message.writeUInt16BE(checksum(message), 2);
  t.equal(checksum(message), 0, 'of a message that contains its own');
  t.equal(checksum(Buffer.alloc(65_536, 0xff)), 0, 'carries are folded in');
});

t.test('requests, byte by byte', async (t) => {
  const request = new EchoMessages(4, token).request(0x1_0203);
  t.equal(request.length, 64, 'as much as ping sends');
  t.equal(request.subarray(0, 2).toString('hex'), '0800');
  t.equal(request.subarray(4, 8).toString('hex'), 'a0a10203', 'identifier, lower half of the sequence number');
  t.equal(request.subarray(8, 28).toString('hex'), `${Buffer.from(token).toString('hex')}00010203`);
  t.equal(checksum(request), 0);
  const v6 = new EchoMessages(6, token).request(1);
  t.equal(v6.subarray(0, 8).toString('hex'), '80000000a0a10001', 'the checksum is left to the kernel');
});

t.test('replies', async (t) => {
  const v4 = new EchoMessages(4, token);
  const v6 = new EchoMessages(6, token);
  for (const sequence of [0, 1, 65_535, 65_536, 0xffff_ffff]) {
    const reply = replyTo(v4.request(sequence), 0, 4);
    t.equal(v4.sequenceIn(Buffer.concat([ipv4(), reply])), sequence);
    t.equal(v4.sequenceIn(Buffer.concat([ipv4(10), reply])), sequence, 'behind options');
    t.equal(v6.sequenceIn(replyTo(v6.request(sequence), 129, 6)), sequence);
  }
});

t.test('what is no reply of ours', async (t) => {
  const v4 = new EchoMessages(4, token);
  const v6 = new EchoMessages(6, token);
  const request = v4.request(7);
  const reply = Buffer.concat([ipv4(), replyTo(request, 0, 4)]);
  t.equal(v4.sequenceIn(Buffer.concat([ipv4(), request])), undefined, 'the request itself, heard on lo');
  t.equal(
    new EchoMessages(
      4,
      token.map((byte) => byte ^ 1),
    ).sequenceIn(reply),
    undefined,
    "another's token",
  );
  for (let at = 20; at < reply.length; at++) {
    const broken = Buffer.from(reply);
    broken[at] = (broken[at] ?? 0) ^ 0x10;
    t.equal(v4.sequenceIn(broken), undefined, `byte ${at} damaged`);
  }
  t.equal(v6.sequenceIn(replyTo(v6.request(7), 1, 6)), undefined, 'destination unreachable');
  for (let length = 0; length < 20 + 28; length++) t.equal(v4.sequenceIn(reply.subarray(0, length)), undefined);
  for (let length = 0; length < 28; length++) t.equal(v6.sequenceIn(v6.request(7).subarray(0, length)), undefined);
  t.throws(() => new EchoMessages(4, new Uint8Array(8)), RangeError);
});
