import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { EncodeError, NetlinkError } from '../errors.ts';
import { ack, hex, message } from '../protocol/datagrams.test.helper.ts';
import { MessageFlag } from '../protocol/header.ts';
import { linkMessage } from '../rtnetlink/link/link.ts';
import { littleEndian } from '../wire/align.ts';
import { Channel } from './channel.ts';
import { FakeKernel, linkAnswer, linkKernel, linkOf } from './fake-kernel.test.helper.ts';
import { Links } from './links.ts';
import { change } from './verb.ts';

/** A cheap change: the alias of a link, by index. */
const setAlias = change({
  name: 'RTM_SETLINK',
  schema: linkMessage,
  subject: ({ index }: { index: number; alias: string }) => `link ${index}`,
  message: ({ index, alias }) => ({ header: { index }, attributes: { ifalias: alias } }),
});

/** What became of each promise: `ok`, or the code of the error. */
async function outcomes(promises: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((one) => (one.status === 'fulfilled' ? 'ok' : String(one.reason.code ?? one.reason)));
}

const acks = ({ wantsAck, sequence }: { wantsAck: boolean; sequence: number }) => (wantsAck ? [ack(sequence)] : []);

t.test('requests of one turn go in one send, in order; only the last asks for an ack', async (t) => {
  const kernel = new FakeKernel(acks);
  const channel = new Channel(kernel);
  const calls = ['a', 'b', 'c'].map((alias, index) => channel.submit(setAlias, { index: index + 1, alias }));
  t.equal(kernel.sends.length, 0, 'nothing is sent before the turn is over');
  t.same(await outcomes(calls), ['ok', 'ok', 'ok']);
  t.equal(kernel.sends.length, 1);
  t.same(
    kernel.requests.map(({ wantsAck }) => wantsAck),
    [false, false, true],
  );
  t.same(
    kernel.requests.map(({ payload }) => linkMessage.decode(payload).attributes.ifalias),
    ['a', 'b', 'c'],
  );
  t.notOk(kernel.watched, 'nothing is awaited any more');
  t.match(channel.stats(), { requests: 3, sends: 1, replies: 1, late: 0, malformed: 0, overruns: 0, inFlight: 0 });
});

t.test('an error is that of its request alone', async (t) => {
  for (const refused of [0, 1, 2]) {
    let at = 0;
    const kernel = new FakeKernel((request) => (at++ === refused ? [ack(request.sequence, 17)] : acks(request)));
    const channel = new Channel(kernel);
    const calls = ['a', 'b', 'c'].map((alias, index) => channel.submit(setAlias, { index, alias }));
    t.same(
      await outcomes(calls),
      [0, 1, 2].map((index) => (index === refused ? 'EEXIST' : 'ok')),
    );
  }
});

t.test(
  'what the kernel says is in the error',
  { skip: !littleEndian && 'bytes of a little-endian machine' },
  async (t) => {
    const tlvs = hex(`
    0b 00 01 00 74 6f 6f 20 62 61 64 00  # NLMSGERR_ATTR_MSG 'too bad'
    08 00 02 00 20 00 00 00              # NLMSGERR_ATTR_OFFS 32: the first attribute
    14 00 04 80                          # NLMSGERR_ATTR_POLICY
    08 00 01 00 0c 00 00 00
    08 00 07 00 ff 00 00 00              # NL_POLICY_TYPE_ATTR_MAX_LENGTH 255
  `);
    const kernel = new FakeKernel(({ sequence }) => [ack(sequence, 34, tlvs)]);
    const channel = new Channel(kernel, { namespace: 'red' });
    const error = await channel.submit(setAlias, { index: 7, alias: 'x' }).catch((reason) => reason);
    t.type(error, NetlinkError);
    t.match(error, {
      code: 'ERANGE',
      errno: 34,
      request: 'RTM_SETLINK',
      subject: 'link 7',
      attribute: 'ifalias',
      kernelMessage: 'too bad',
      namespace: 'red',
      outcome: 'refused',
      message: /^RTM_SETLINK link 7 in red: ERANGE: .* \(too bad\) at ifalias, expects 0 to 255 bytes$/,
    });
    t.match(error.stack, 'channel.test', 'the stack is that of who waits');
  },
);

t.test('10,000 concurrent requests each get their own answer', async (t) => {
  const kernel = new FakeKernel((request) => {
    const { index } = linkOf(request);
    return [index % 10 === 0 ? ack(request.sequence, 19) : linkAnswer(request.sequence, index, `l${index}`)];
  });
  const channel = new Channel(kernel);
  const links = new Links(channel);
  const found = await Promise.allSettled(Array.from({ length: 10_000 }, (_, at) => links.get(at + 1)));
  const wrong = found.filter((one, at) =>
    one.status === 'fulfilled' ? one.value.index !== at + 1 || one.value.name !== `l${at + 1}` : (at + 1) % 10 !== 0,
  );
  t.same(wrong, []);
  t.equal(found.filter(({ status }) => status === 'rejected').length, 1000);
  t.equal(kernel.dropped, 0);
  t.match(channel.stats(), { requests: 10_000, late: 0, overruns: 0, inFlight: 0 });
});

t.test('the window: no more answers are asked for than the receive buffer can hold', async (t) => {
  // Bytes as setsockopt counts them. The smallest is what the kernel gives at least; 212,992 is its default.
  for (const receiveBuffer of [2304, 16 * 1024, 212_992]) {
    const kernel = new FakeKernel((request) => [linkAnswer(request.sequence, linkOf(request).index, 'x')], {
      receiveBuffer,
    });
    const channel = new Channel(kernel);
    const links = new Links(channel);
    const gets = Array.from({ length: 500 }, (_, at) => links.get(at + 1));
    const lists = [links.list().catch((error) => error.code), links.list().catch((error) => error.code)];
    t.equal((await Promise.all(gets)).length, 500, `${receiveBuffer} bytes`);
    t.equal(kernel.dropped, 0);
    t.equal(channel.stats().overruns, 0);
    channel.close();
    t.same(await Promise.all(lists), ['ERR_NETLINK_CLOSED', 'ERR_NETLINK_CLOSED']);
  }
});

t.test('the window of changes that are all refused: each answer takes room', async (t) => {
  const kernel = new FakeKernel(({ sequence }) => [ack(sequence, 19)], { receiveBuffer: 212_992 });
  const channel = new Channel(kernel);
  const calls = Array.from({ length: 2000 }, (_, index) => channel.submit(setAlias, { index, alias: 'x' }));
  t.same(new Set(await outcomes(calls)), new Set(['ENODEV']));
  t.match(kernel, { dropped: 0 });
});

t.test('batches end at a number of requests and of bytes', async (t) => {
  const kernel = new FakeKernel(acks);
  const channel = new Channel(kernel);
  await Promise.all(Array.from({ length: 1000 }, (_, index) => channel.submit(setAlias, { index, alias: 'x' })));
  t.ok(
    kernel.sends.every(({ length }) => length <= 128),
    'a send can’t be interrupted',
  );
  t.ok(kernel.sends.length < 20);
  t.ok(
    kernel.sends.every((requests) => requests.at(-1)?.wantsAck),
    'every send is acknowledged',
  );

  const small = new FakeKernel(acks, { sendLimit: 290 });
  const narrow = new Channel(small);
  const alias = 'y'.repeat(100);
  await Promise.all(Array.from({ length: 9 }, (_, index) => narrow.submit(setAlias, { index, alias })));
  t.same(
    small.sends.map(({ length }) => length),
    [2, 2, 2, 2, 1],
    '140 bytes each',
  );
  const tooLong = narrow.submit(setAlias, { index: 1, alias: 'z'.repeat(255) });
  const neighbour = narrow.submit(setAlias, { index: 2, alias: 'ok' });
  await t.rejects(tooLong, { code: 'ERR_NETLINK_ENCODE', message: /is 292 bytes long; one request can have 290/ });
  await neighbour;
  t.equal(small.sends.length, 6);
});

t.test('what can’t be encoded is refused; its neighbours are not', async (t) => {
  for (const bad of [0, 1, 2]) {
    const kernel = new FakeKernel(acks);
    const channel = new Channel(kernel);
    const aliases = ['a', 'b', 'c'].map((alias, at) => (at === bad ? 'half \ud800' : alias));
    const calls = aliases.map((alias, index) => channel.submit(setAlias, { index, alias }));
    t.same(
      await outcomes(calls),
      [0, 1, 2].map((at) => (at === bad ? 'ERR_NETLINK_ENCODE' : 'ok')),
    );
    t.same(
      kernel.sends.map((requests) => requests.map(({ wantsAck }) => wantsAck)),
      [[false, true]],
      'whichever it is, the last of the others asks for the ack',
    );
  }
  const kernel = new FakeKernel(acks);
  const channel = new Channel(kernel);
  await t.rejects(channel.submit(setAlias, { index: 1, alias: '\0' }), EncodeError);
  t.equal(kernel.sends.length, 0, 'alone, nothing is sent');
  t.match(channel.stats(), { inFlight: 0, requests: 0 });
});

t.test('an input whose getter throws fails that call only', async (t) => {
  const kernel = new FakeKernel(acks);
  const channel = new Channel(kernel);
  const nasty = {
    index: 1,
    get alias(): string {
      throw new Error('mine');
    },
  };
  const calls = [channel.submit(setAlias, nasty), channel.submit(setAlias, { index: 2, alias: 'b' })];
  await t.rejects(calls[0] ?? Promise.resolve(), { message: 'mine' });
  await calls[1];
  t.equal(kernel.requests.length, 1);
});

t.test('an answer that can’t be read fails its own call', async (t) => {
  const broken = hex('00 00 01 00 05 00 00 00 00 00 00 00 00 00 00 00 02 00 03 00  # IFLA_IFNAME of length 2');
  const short = hex('00 00 01 00');
  for (const payload of [broken, short]) {
    const kernel = new FakeKernel((request) =>
      linkOf(request).index === 5
        ? [message({ type: 16, sequence: request.sequence, payload })]
        : [linkAnswer(request.sequence, 6, 'six')],
    );
    const channel = new Channel(kernel);
    const links = new Links(channel);
    const [bad, good] = await Promise.allSettled([links.get(5), links.get(6)]);
    t.match(bad, { status: 'rejected', reason: { code: 'ERR_NETLINK_DECODE' } });
    t.match(good, { status: 'fulfilled', value: { name: 'six' } });
  }
});

t.test('a send that fails rejects what was in it, and nothing else', async (t) => {
  const kernel = new FakeKernel(acks);
  const channel = new Channel(kernel);
  for (const [errno, code] of [
    [-105, 'ENOBUFS'],
    [-111, 'ECONNREFUSED'],
    [-12, 'ENOMEM'],
  ] as const) {
    kernel.sendFailure = errno;
    const links = new Links(channel);
    const error = await channel.submit(setAlias, { index: 1, alias: 'a' }).catch((reason) => reason);
    t.match(error, { code, outcome: 'refused', request: 'RTM_SETLINK' }, 'the kernel has not seen it');
    t.same(await outcomes([links.list(), links.get(1), channel.submit(setAlias, { index: 1, alias: 'a' })]), [
      code,
      code,
      code,
    ]);
    kernel.sendFailure = 0;
    t.same(await outcomes([channel.submit(setAlias, { index: 1, alias: 'a' })]), ['ok']);
    t.match(channel.stats(), { inFlight: 0 });
  }
});

t.test('a socket that fails rejects what was in flight, outcome unknown', async (t) => {
  let broken = true;
  const kernel = new FakeKernel((request) => (broken ? [-9] : acks(request)));
  const channel = new Channel(kernel);
  const error = await channel.submit(setAlias, { index: 1, alias: 'a' }).catch((reason) => reason);
  t.match(error, { code: 'EBADF', outcome: 'unknown' });
  broken = false;
  t.same(await outcomes([channel.submit(setAlias, { index: 1, alias: 'a' })]), ['ok'], 'the next call is another');
});

t.test('answers that come by and by', async (t) => {
  const kernel = new FakeKernel(() => []);
  const channel = new Channel(kernel);
  const links = new Links(channel);
  const first = links.get(1);
  const second = links.get(2);
  await new Promise((next) => setImmediate(next));
  t.ok(kernel.watched, 'the socket is watched, and keeps the process alive');
  const [one, two] = kernel.requests;
  kernel.deliver(linkAnswer(one?.sequence ?? 0, 1, 'one'));
  t.match(await first, { name: 'one' });
  t.ok(kernel.watched);
  kernel.deliver(linkAnswer(two?.sequence ?? 0, 2, 'two'));
  t.match(await second, { name: 'two' });
  await new Promise((next) => setImmediate(next));
  t.notOk(kernel.watched);
});

t.test('a list sees what was changed before it in the same turn', async (t) => {
  const links = new Map([['lo', 1]]);
  const answer = linkKernel(links);
  const kernel = new FakeKernel((request) => {
    if (request.type === 16) links.set('new', 2);
    return answer(request);
  });
  const channel = new Channel(kernel);
  const client = new Links(channel);
  const add = client.add({ kind: 'dummy', name: 'new' });
  const list = client.list();
  await add;
  t.same(
    (await list).map(({ name }) => name),
    ['lo', 'new'],
  );
});

t.test('trace: every message, decoded', async (t) => {
  const events: unknown[] = [];
  const kernel = new FakeKernel(linkKernel(new Map([['lo', 1]])));
  const channel = new Channel(kernel, { trace: (event) => events.push(event) });
  const links = new Links(channel);
  await Promise.all([links.get(1), links.find('nope'), links.list()]);
  t.match(events, [
    { direction: 'out', type: 'RTM_GETLINK', flags: ['request'], message: { header: { index: 1 } } },
    { direction: 'out', type: 'RTM_GETLINK', flags: ['request'], message: { attributes: { ifname: 'nope' } } },
    { direction: 'out', type: 'RTM_GETLINK', flags: ['request', 'dump'] },
    { direction: 'in', type: 'RTM_NEWLINK', flags: [], message: { attributes: { ifname: 'lo' } } },
    { direction: 'in', type: 'NLMSG_ERROR', flags: ['capped'], message: { errno: 19 } },
    { direction: 'in', type: 'RTM_NEWLINK', flags: ['multi'] },
    { direction: 'in', type: 'NLMSG_DONE', flags: ['multi'], message: { errno: 0 } },
  ]);
});

t.test('what a tracer throws is an uncaught exception, and the requests go on', async (t) => {
  const script = `
    import { Rtnetlink } from ${JSON.stringify(new URL('../index.js', import.meta.url))};
    const seen = [];
    process.on('uncaughtException', (error) => seen.push(error.message));
    const rt = await Rtnetlink.open({ trace: ({ direction }) => { throw new Error('mine ' + direction); } });
    const lo = await rt.links.get('lo');
    await rt.close();
    setImmediate(() => console.log(lo.name, seen.join(', ')));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  t.equal(stdout, 'lo mine out, mine in\n');
});

t.test('flags of requests', async (t) => {
  const kernel = new FakeKernel(linkKernel(new Map()));
  const links = new Links(new Channel(kernel));
  await Promise.all([links.find(1), links.list(), links.add({ kind: 'dummy' })]);
  const { request, dump, ack: wantsAck, create, exclusive } = MessageFlag;
  t.same(
    kernel.requests.map(({ flags }) => flags).sort((one, other) => one - other),
    [request, request | dump, request | wantsAck | create | exclusive],
  );
});
