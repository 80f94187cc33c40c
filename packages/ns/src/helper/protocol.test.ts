import t from 'tap';
import {
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
  MAX_DATA,
  MAX_FRAME,
  MAX_TEXT,
  type Reply,
  type Request,
} from './protocol.ts';

/** A generator that gives the same numbers again: the seed is printed by the test that uses it. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

const request: Request = {
  operation: 'socket',
  id: 0xfffffffe,
  a: -1,
  b: 2,
  c: 0x7fffffff,
  text: 'ipv4/é',
  data: Buffer.from([0, 255]),
};
const reply: Reply = { id: 7, errno: 1, step: 'enter', value: -3, data: Buffer.from('tail') };

t.test('bytes on the wire', async (t) => {
  const bytes = encodeRequest({ operation: 'socket', id: 7, a: 2, b: 1, c: 6, text: 'ab', data: Buffer.from('c') });
  t.equal(bytes.toString('hex'), '4e534e48010003000700000002000000010000000600000002000000010000006162' + '63');
  t.equal(encodeReply({ id: 7, value: 9 }).toString('hex'), '4e534e48010000000700000000000000' + '0900000000000000');
});

t.test('what is written is read', async (t) => {
  t.same(decodeRequest(encodeRequest(request)), request);
  t.same(decodeReply(encodeReply(reply)), reply);
  const operations = ['hello', 'create', 'socket', 'open', 'read', 'write', 'list'] as const;
  for (const operation of operations) t.match(decodeRequest(encodeRequest({ operation, id: 1 })), { operation, id: 1 });
});

t.test('the longest frames fit', async (t) => {
  const frame = encodeRequest({ ...request, text: 'x'.repeat(MAX_TEXT), data: Buffer.alloc(MAX_DATA) });
  t.ok(frame.length <= MAX_FRAME);
  t.match(decodeRequest(frame), { operation: 'socket' });
  t.throws(() => encodeRequest({ ...request, text: 'x'.repeat(MAX_TEXT + 1) }), RangeError);
  t.throws(() => encodeRequest({ ...request, data: Buffer.alloc(MAX_DATA + 1) }), RangeError);
});

t.test('a frame cut anywhere is none', async (t) => {
  for (const frame of [encodeRequest(request), encodeReply(reply)]) {
    for (let length = 0; length < frame.length; length++) {
      t.equal(decodeRequest(frame.subarray(0, length)), undefined);
      t.equal(decodeReply(frame.subarray(0, length)), undefined);
    }
    t.equal(decodeRequest(Buffer.concat([frame, Buffer.alloc(1)])), undefined);
    t.equal(decodeReply(Buffer.concat([frame, Buffer.alloc(1)])), undefined);
  }
});

t.test('frames that make no sense', async (t) => {
  const changed = (offset: number, ...bytes: number[]) => {
    const frame = encodeRequest(request);
    Buffer.from(bytes).copy(frame, offset);
    return frame;
  };
  t.equal(decodeRequest(changed(0, 0)), undefined, 'magic');
  t.equal(decodeRequest(changed(4, 9)), undefined, 'version');
  t.equal(decodeRequest(changed(6, 0)), request.id, 'operation 0');
  t.equal(decodeRequest(changed(6, 99)), request.id, 'unknown operation');
  t.equal(decodeRequest(changed(24, 0xff, 0xff, 0xff, 0x7f)), undefined, '2 GiB of text');
  t.equal(decodeRequest(changed(28, 0xff, 0xff, 0xff, 0xff)), undefined, '4 GiB of data');
  t.equal(decodeRequest(changed(32, 0xff)), request.id, 'no UTF-8');
  t.equal(decodeRequest(changed(32, 0)), request.id, 'NUL');
  const answer = (offset: number, byte: number) => {
    const frame = encodeReply(reply);
    frame[offset] = byte;
    return decodeReply(frame);
  };
  t.equal(answer(6, 99), undefined, 'unknown step');
  t.equal(answer(15, 0x80), undefined, 'negative errno');
  t.equal(answer(12, 0), undefined, 'a step failed without errno');
});

t.test('any bytes are read without an exception', async (t) => {
  const seed = Date.now() >>> 0;
  const random = randomNumbers(seed);
  t.comment(`seed ${seed}`);
  const captures = [encodeRequest(request), encodeReply(reply), encodeRequest({ operation: 'hello', id: 1 })];
  for (let round = 0; round < 100_000; round++) {
    const capture = captures[random(captures.length)] ?? Buffer.alloc(0);
    const frame =
      random(4) === 0 ? Buffer.alloc(random(64)) : Buffer.from(capture.subarray(0, random(capture.length + 1)));
    for (let changes = random(6); changes > 0 && frame.length > 0; changes--) frame[random(frame.length)] = random(256);
    const read = decodeRequest(frame);
    if (typeof read === 'object') t.same(decodeRequest(encodeRequest(read)), read);
    decodeReply(frame);
  }
});
