import fc from 'fast-check';
import t from 'tap';
import { Reader } from '../wire/reader.ts';
import { ack, done, hex, join, type MessageParts, message } from './datagrams.test.helper.ts';
import { Exchange, type Transaction } from './exchange.ts';
import { ControlType, MessageFlag } from './header.ts';

const { multi, dumpInterrupted, dumpFiltered } = MessageFlag;
const newLink = 16;

/** An exchange that writes down what becomes of its requests, in order: `1 end`, `2 message ab`, `3 end 19`. */
class Script {
  readonly exchange: Exchange;
  readonly log: string[] = [];

  /** `sequence` is the number before the first request's. */
  constructor(sequence = 0) {
    this.exchange = new Exchange(sequence);
  }

  /** Puts requests in flight; returns their sequence numbers. */
  begin(...ends: Transaction['ends'][]): number[] {
    return ends.map((kind) => {
      const sequence: number = this.exchange.begin({
        ends: kind,
        message: (type, reader, start, end) => {
          const payload = Buffer.from(reader.bytes.subarray(start, end)).toString('hex');
          this.log.push(`${sequence} message${type === newLink ? '' : ` type ${type}`} ${payload}`.trimEnd());
        },
        end: ({ errno, extended, interrupted }) => {
          const words = [sequence, 'end', errno || '', extended?.msg ?? '', interrupted ? 'interrupted' : ''];
          this.log.push(words.filter((word) => word !== '').join(' '));
        },
      });
      return sequence;
    });
  }

  /** Receives a datagram, which lies in a larger buffer; returns what the log says since the last time. */
  receive(...parts: readonly Uint8Array[]): string[] {
    const datagram = join(...parts);
    this.exchange.receive(new Reader(join(datagram, hex('ff ff ff ff ff ff ff ff'))), datagram.length);
    return this.log.splice(0);
  }
}

/** An object of an answer: one byte and three of padding are enough here. */
function object(sequence: number, byte: string, parts: Partial<MessageParts> = {}): Uint8Array {
  return message({ type: newLink, sequence, payload: hex(byte), ...parts });
}

const part = (sequence: number, byte: string, flags = 0) => object(sequence, byte, { flags: multi | flags });

t.test('what ends a request', async (t) => {
  const rows: [ends: Transaction['ends'], answer: Uint8Array[], log: string[], pending: number][] = [
    ['reply', [object(1, 'aa')], ['1 message aa', '1 end'], 0],
    ['reply', [ack(1, 19)], ['1 end 19'], 0],
    ['reply', [part(1, 'aa')], ['1 message aa'], 1],
    ['reply', [part(1, 'aa'), done(1)], ['1 message aa', '1 end'], 0],
    ['ack', [ack(1)], ['1 end'], 0],
    ['ack', [ack(1, 17)], ['1 end 17'], 0],
    ['ack', [object(1, 'aa')], ['1 message aa'], 1],
    ['ack', [object(1, 'aa'), ack(1)], ['1 message aa', '1 end'], 0],
    ['follower', [ack(1, 17)], ['1 end 17'], 0],
    ['follower', [ack(1)], ['1 end'], 0],
    ['follower', [object(1, 'aa')], ['1 message aa'], 1],
    ['dump', [part(1, 'aa'), part(1, 'bb')], ['1 message aa', '1 message bb'], 1],
    ['dump', [part(1, 'aa'), part(1, 'bb'), done(1)], ['1 message aa', '1 message bb', '1 end'], 0],
    ['dump', [object(1, 'aa')], ['1 message aa'], 1],
    ['dump', [done(1)], ['1 end'], 0],
    ['dump', [done(1, 22)], ['1 end 22'], 0],
    ['dump', [ack(1, 95)], ['1 end 95'], 0],
    // Only the first end counts.
    ['ack', [ack(1), ack(1, 17), object(1, 'aa')], ['1 end'], 0],
    // NLMSG_NOOP, NLMSG_OVERRUN and the reserved types say nothing; what is unknown is for the reader of messages.
    ['reply', [1, 4, 5, 15].map((type) => message({ type, sequence: 1 })), [], 1],
    ['reply', [message({ type: 9999, sequence: 1 })], ['1 message type 9999', '1 end'], 0],
  ];
  for (const [ends, answer, log, pending] of rows) {
    const together = new Script();
    together.begin(ends);
    t.same(together.receive(...answer), log);
    t.equal(together.exchange.pending, pending);
    const oneByOne = new Script();
    oneByOne.begin(ends);
    t.same(
      answer.flatMap((one) => oneByOne.receive(one)),
      log,
      'each in a datagram of its own',
    );
  }
});

t.test('a dump with its refusal in NLMSG_DONE', async (t) => {
  const script = new Script(6);
  script.begin('dump');
  const refusal = hex(`
    2c 00 00 00  # nlmsg_len 44
    03 00        # NLMSG_DONE
    02 02        # NLM_F_MULTI | NLM_F_ACK_TLVS
    07 00 00 00  # nlmsg_seq 7
    d2 04 00 00  # nlmsg_pid
    ea ff ff ff  # -EINVAL
    18 00 01 00  # NLMSGERR_ATTR_MSG
    49 6e 76 61 6c 69 64 20 76 61 6c 75 65 73 20 69 6e 20 68 00
  `);
  t.same(script.receive(refusal), ['7 end 22 Invalid values in h']);
  t.notOk(script.exchange.dumping);
});

t.test('answers of a dump and of others, split into datagrams anywhere', async (t) => {
  const answers = [
    part(1, 'a1'),
    ack(2, 17),
    part(1, 'a2', dumpInterrupted),
    object(3, 'c1'),
    part(1, 'a3', dumpFiltered),
    ack(4),
    done(1),
  ];
  for (let cuts = 0; cuts < 2 ** (answers.length - 1); cuts++) {
    const script = new Script();
    script.begin('dump', 'ack', 'reply', 'ack');
    const datagrams: Uint8Array[][] = [[]];
    answers.forEach((answer, index) => {
      datagrams.at(-1)?.push(answer);
      if ((cuts >> index) & 1) datagrams.push([]);
    });
    t.same(
      datagrams.flatMap((datagram) => script.receive(...datagram)),
      [
        '1 message a1',
        '2 end 17',
        '1 message a2',
        '3 message c1',
        '3 end',
        '1 message a3',
        '4 end',
        '1 end interrupted',
      ],
      `cut ${cuts.toString(2)}`,
    );
    t.equal(script.exchange.pending, 0);
  }
});

t.test('a last message without its padding', async (t) => {
  const script = new Script();
  script.begin('dump');
  const bytes = join(part(1, 'a1'), part(1, 'a2'));
  t.same(script.receive(bytes.subarray(0, -3)), ['1 message a1', '1 message a2']);
  t.equal(script.exchange.counters.malformed, 0);
});

t.test('NLM_F_DUMP_INTR', async (t) => {
  const rows: [name: string, answer: Uint8Array[], ending: string][] = [
    ['nowhere', [part(1, 'aa'), done(1)], '1 end'],
    ['on the first message', [part(1, 'aa', dumpInterrupted), part(1, 'bb'), done(1)], '1 end interrupted'],
    [
      'on one in the middle',
      [part(1, 'aa'), part(1, 'bb', dumpInterrupted), part(1, 'cc'), done(1)],
      '1 end interrupted',
    ],
    ['on NLMSG_DONE alone', [part(1, 'aa'), done(1, 0, dumpInterrupted)], '1 end interrupted'],
    ['and an error', [part(1, 'aa', dumpInterrupted), done(1, 12)], '1 end 12 interrupted'],
    ['of a request given up before', [part(77, 'aa', dumpInterrupted), done(1)], '1 end'],
  ];
  for (const [name, answer, ending] of rows) {
    const script = new Script();
    script.begin('dump');
    t.equal(script.receive(...answer).at(-1), ending, name);
    script.begin('dump');
    t.same(script.receive(part(2, 'aa'), done(2)), ['2 message aa', '2 end'], `${name}: the next dump is another`);
  }
});

t.test('followers end by any answer to what was sent after them', async (t) => {
  const rows: [name: string, ends: Transaction['ends'][], answer: Uint8Array[], log: string[]][] = [
    ['an ack at the end', ['follower', 'follower', 'ack'], [ack(3)], ['1 end', '2 end', '3 end']],
    ['refused at the end', ['follower', 'follower', 'ack'], [ack(3, 17)], ['1 end', '2 end', '3 end 17']],
    ['refused in the middle', ['follower', 'follower', 'ack'], [ack(2, 17), ack(3)], ['1 end', '2 end 17', '3 end']],
    ['refused at first', ['follower', 'follower', 'ack'], [ack(1, 17), ack(3)], ['1 end 17', '2 end', '3 end']],
    ['all refused', ['follower', 'ack'], [ack(1, 1), ack(2, 2)], ['1 end 1', '2 end 2']],
    ['a reply', ['follower', 'reply'], [object(2, 'aa')], ['1 end', '2 message aa', '2 end']],
    ['the first part of a dump', ['follower', 'dump'], [part(2, 'aa')], ['1 end', '2 message aa']],
    ['the end of an empty dump', ['follower', 'dump'], [done(2)], ['1 end', '2 end']],
    [
      'an echo',
      ['follower', 'follower', 'ack'],
      [object(2, 'aa'), ack(3)],
      ['1 end', '2 message aa', '2 end', '3 end'],
    ],
    ['what came before says nothing', ['ack', 'follower'], [ack(1)], ['1 end']],
    ['nor does a dump from before', ['dump', 'follower'], [part(1, 'aa'), done(1)], ['1 message aa', '1 end']],
    [
      'one dump after another',
      ['dump', 'follower', 'ack'],
      [part(1, 'aa'), ack(3)],
      ['1 message aa', '2 end', '3 end'],
    ],
    ['nor strangers', ['follower', 'ack'], [ack(99), ack(0), object(77, 'aa')], []],
  ];
  for (const [name, ends, answer, log] of rows) {
    const script = new Script();
    script.begin(...ends);
    t.same(script.receive(...answer), log, name);
  }
});

t.test('late answers are nobody else’s', async (t) => {
  const script = new Script();
  script.begin('reply', 'ack');
  script.exchange.abandon(1);
  script.exchange.abandon(2);
  t.same(script.begin('reply', 'ack'), [3, 4]);
  t.same(script.receive(object(1, 'aa'), ack(2, 17)), []);
  t.equal(script.exchange.counters.late, 3, 'the reply and its end, the refusal');
  t.same(script.receive(object(3, 'bb'), ack(4)), ['3 message bb', '3 end', '4 end']);
  t.same(script.receive(ack(4), object(55, 'cc')), []);
  t.match(script.exchange.counters, { replies: 6, late: 5, malformed: 0 });
  t.equal(script.exchange.pending, 0);
});

t.test('giving up the last of a batch leaves its followers their answer', async (t) => {
  for (const answer of [ack(3), ack(3, 17)]) {
    const script = new Script();
    script.begin('follower', 'follower', 'ack');
    script.exchange.abandon(3);
    t.same(script.receive(answer), ['1 end', '2 end']);
    t.equal(script.exchange.pending, 0);
  }
  const script = new Script();
  script.begin('follower', 'reply');
  script.exchange.abandon(2);
  t.same(script.receive(object(2, 'aa')), ['1 end']);
});

t.test('a follower given up is not answered, and not late either', async (t) => {
  const script = new Script();
  script.begin('follower', 'ack');
  script.exchange.abandon(1);
  t.same(script.receive(ack(2)), ['2 end']);
  t.match(script.exchange, { pending: 0, counters: { late: 0 } });
});

t.test('what was given up and is never answered is forgotten with the next answer', async (t) => {
  const script = new Script();
  script.begin('reply', 'ack', 'follower', 'reply');
  for (const sequence of [1, 2, 3]) script.exchange.abandon(sequence);
  t.equal(script.exchange.pending, 4);
  t.same(script.receive(object(4, 'aa')), ['4 message aa', '4 end']);
  t.match(script.exchange, { pending: 0, counters: { late: 0 } });
});

t.test('a dump given up is read to its end', async (t) => {
  const script = new Script();
  const [dump = 0] = script.begin('dump');
  t.same(script.receive(part(dump, 'aa')), ['1 message aa']);
  script.exchange.abandon(dump);
  t.ok(script.exchange.dumping, 'another would be EBUSY');
  const [get = 0] = script.begin('reply');
  t.same(script.receive(part(dump, 'bb', dumpInterrupted), object(get, 'cc')), ['2 message cc', '2 end']);
  t.ok(script.exchange.dumping);
  t.same(script.receive(done(dump)), []);
  t.notOk(script.exchange.dumping);
  t.equal(script.exchange.pending, 0);
  const [next = 0] = script.begin('dump');
  t.same(script.receive(part(next, 'dd'), done(next)), ['3 message dd', '3 end'], 'nor is the next one interrupted');
});

t.test('giving up what is not in flight changes nothing', async (t) => {
  const script = new Script();
  script.begin('ack');
  t.same(script.receive(ack(1)), ['1 end']);
  script.exchange.abandon(1);
  script.exchange.abandon(42);
  script.exchange.withdraw(42);
  t.equal(script.exchange.pending, 0);
});

t.test('a request that was not sent is taken back', async (t) => {
  const script = new Script();
  script.begin('ack', 'dump');
  script.exchange.withdraw(2);
  t.notOk(script.exchange.dumping);
  script.exchange.withdraw(1);
  t.equal(script.exchange.pending, 0);
  t.same(script.receive(ack(1), done(2)), []);
});

t.test('clear gives everything up at once, in order', async (t) => {
  const script = new Script();
  script.begin('dump', 'follower', 'reply');
  t.same(script.receive(part(1, 'aa', dumpInterrupted)), ['1 message aa']);
  t.same(
    script.exchange.clear().map(({ ends }) => ends),
    ['dump', 'follower', 'reply'],
  );
  t.match(script.exchange, { pending: 0, dumping: false });
  t.same(script.receive(done(1), object(3, 'aa')), []);
});

t.test('sequence numbers: never 0, never one in flight', async (t) => {
  t.same(new Script().begin('ack', 'ack', 'ack'), [1, 2, 3]);
  t.same(new Script(0xfffffffd).begin('ack', 'ack', 'ack', 'ack'), [0xfffffffe, 0xffffffff, 1, 2], 'around the end');
  t.same(new Script(0xffffffff).begin('ack'), [1]);
  t.same(new Script(2 ** 32 + 4).begin('ack'), [5], 'whatever the start');

  const script = new Script(0xfffffffe);
  t.same(script.begin('ack', 'ack', 'ack'), [0xffffffff, 1, 2]);
  t.same(script.receive(ack(0xffffffff)), ['4294967295 end'], 'unsigned');
});

t.test('followers from before the wrap are ended by answers from after it', async (t) => {
  const script = new Script(0xfffffffd);
  script.begin('follower', 'follower', 'follower', 'ack');
  t.same(script.receive(ack(2)), ['4294967294 end', '4294967295 end', '1 end', '2 end']);
});

t.test('malformed datagrams: what is readable counts, the rest is dropped', async (t) => {
  const header = (length: number) => message({ type: ControlType.error, sequence: 2, length });
  const rows: [name: string, datagram: Uint8Array[], malformed: number][] = [
    ['empty', [], 0],
    ['one byte of padding', [hex('00')], 0],
    ['three bytes of padding', [hex('00 00 00')], 0],
    ['a piece of a header: 4 bytes', [hex('10 00 00 00')], 1],
    ['a piece of a header: 15 bytes', [header(16).subarray(0, 15)], 1],
    ['nlmsg_len 0', [header(0)], 1],
    ['nlmsg_len 15', [header(15)], 1],
    ['nlmsg_len one more than there is', [header(17)], 1],
    ['nlmsg_len with its highest bit set', [header(0x80000010)], 1],
    ['nlmsg_len as large as can be', [header(0xffffffff)], 1],
    ['a good one behind a bad one', [header(0), ack(2)], 1],
  ];
  for (const [name, datagram, malformed] of rows) {
    const script = new Script();
    script.begin('ack', 'ack');
    t.same(script.receive(ack(1), ...datagram), ['1 end'], name);
    t.match(script.exchange, { pending: 1, counters: { malformed } }, name);
    t.same(script.receive(ack(2)), ['2 end'], `${name}: the next datagram is another`);
    t.same(script.receive(...datagram), [], `${name}: alone`);
  }
});

t.test('an NLMSG_ERROR too short for an errno is no success', async (t) => {
  const script = new Script();
  script.begin('ack');
  t.same(script.receive(message({ type: ControlType.error, sequence: 1, payload: hex('00 00') })), ['1 end 74']);
});

t.test('a datagram longer than the receive buffer', async (t) => {
  const whole = join(ack(1), object(2, '00'.repeat(400)));
  for (const room of [36, 40, 51]) {
    const script = new Script();
    script.begin('ack', 'reply');
    const cut = script.exchange.receive(new Reader(whole.subarray(0, room)), room, whole.length);
    t.equal(cut, undefined, 'without dump nobody can tell whose answer has not even a header');
    t.same(script.log, ['1 end']);
  }
  for (const room of [52, 53, whole.length - 1]) {
    const script = new Script();
    script.begin('ack', 'reply');
    t.equal(script.exchange.receive(new Reader(whole.subarray(0, room)), room, whole.length), 2);
    t.same(script.log, ['1 end']);
    t.match(script.exchange, { pending: 1, counters: { malformed: 0 } });
  }
  const dump = new Script();
  dump.begin('dump');
  const parts = join(part(1, 'aa'), part(1, 'bb'));
  t.equal(dump.exchange.receive(new Reader(parts.subarray(0, 24)), 24, parts.length), 1);
  t.same(dump.log, ['1 message aa']);
  t.ok(dump.exchange.dumping);
});

t.test('whatever arrives: nothing is thrown, everything ends once at most', async (t) => {
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc
      .record({
        type: fc.constantFrom(0, 1, 2, 3, 4, 16, 20, 9999),
        flags: fc.constantFrom(0, 2, 0x10, 0x12, 0x100, 0x200, 0x300),
        sequence: fc.integer({ min: 0, max: 6 }),
        payload: fc.uint8Array({ maxLength: 60 }),
      })
      .map(message),
    fc
      .record({
        type: fc.constantFrom(2, 3, 16),
        sequence: fc.integer({ min: 1, max: 5 }),
        length: fc.nat(100),
        payload: fc.uint8Array({ maxLength: 40 }),
      })
      .map(message),
  );
  const ends = fc.array(fc.constantFrom<Transaction['ends']>('reply', 'ack', 'dump', 'follower'), { maxLength: 5 });
  fc.assert(
    fc.property(ends, fc.array(fc.array(any, { maxLength: 5 }), { maxLength: 5 }), (kinds, datagrams) => {
      const script = new Script();
      const begun = script.begin(...kinds);
      const log = datagrams.flatMap((datagram) => script.receive(...datagram));
      const ended = log.filter((line) => / end\b/.test(line)).map((line) => Number.parseInt(line, 10));
      return (
        new Set(ended).size === ended.length &&
        ended.every((sequence) => begun.includes(sequence)) &&
        script.exchange.pending === begun.length - ended.length
      );
    }),
    { numRuns: 3000 },
  );
  t.pass();
});
