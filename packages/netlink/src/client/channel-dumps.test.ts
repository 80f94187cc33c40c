import t from 'tap';
import { EncodeError } from '../errors.ts';
import { ack, done, hex, message } from '../protocol/datagrams.test.helper.ts';
import { MessageFlag } from '../protocol/header.ts';
import { Addresses } from './addresses.ts';
import { Channel } from './channel.ts';
import { FakeKernel, type Incoming, linkAnswer, linkKernel } from './fake-kernel.test.helper.ts';
import { Links } from './links.ts';
import { Routes } from './routes.ts';

const { multi, dumpInterrupted } = MessageFlag;
const abc = new Map([...'abc'].map((name, at) => [name, at + 1]));
const nextTurn = () => new Promise<void>((next) => setImmediate(next));

t.test('200 concurrent lists: one dump at a time', async (t) => {
  // Two at once would be answered with EBUSY.
  const kernel = new FakeKernel(linkKernel(abc));
  const links = new Links(new Channel(kernel));
  const lists = await Promise.all(Array.from({ length: 200 }, () => links.list()));
  t.ok(lists.every((list) => list.map(({ name }) => name).join('') === 'abc'));
  t.equal(kernel.requests.length, 200);
});

t.test('gets and changes go on while a dump is under way', async (t) => {
  const stalled: Incoming[] = [];
  const list = linkKernel(abc);
  const kernel = new FakeKernel((request) => {
    if (!request.isDump) return list(request);
    stalled.push(...list(request));
    return [];
  });
  const links = new Links(new Channel(kernel));
  const listed = links.list();
  await nextTurn();
  t.match(await links.get('b'), { index: 2 });
  await links.set(1, { mtu: 1400 });
  kernel.deliver(...stalled);
  t.equal((await listed).length, 3);
});

t.test('a dump that was interrupted is made again, up to ten times', async (t) => {
  for (const interruptions of [0, 1, 9, 10]) {
    let attempt = 0;
    const kernel = new FakeKernel(({ sequence }) => {
      const flags = multi | (attempt++ < interruptions ? dumpInterrupted : 0);
      return [
        linkAnswer(sequence, 1, `attempt${attempt}`, multi),
        linkAnswer(sequence, 2, 'middle', flags),
        linkAnswer(sequence, 3, 'last', multi),
        done(sequence),
      ];
    });
    const list = new Links(new Channel(kernel)).list();
    if (interruptions < 10) {
      t.same(
        (await list).map(({ name }) => name),
        [`attempt${interruptions + 1}`, 'middle', 'last'],
        'what the last attempt listed, and nothing of those before',
      );
    } else {
      await t.rejects(list, { name: 'DumpInterruptedError', code: 'ERR_NETLINK_DUMP_INTERRUPTED', attempts: 10 });
    }
    t.equal(kernel.requests.length, Math.min(10, interruptions + 1));
  }
});

t.test('a dump that is made again does not let another in between', async (t) => {
  let attempt = 0;
  const list = linkKernel(abc);
  const kernel = new FakeKernel((request) =>
    ++attempt === 1 ? [done(request.sequence, 0, dumpInterrupted)] : list(request),
  );
  const links = new Links(new Channel(kernel));
  t.same(
    (await Promise.all([links.list(), links.list({ up: true }), links.list()])).map(({ length }) => length),
    [3, 0, 3],
  );
});

t.test('how a dump can be refused', async (t) => {
  const sentence = hex('0b 00 01 00 74 6f 6f 20 62 61 64 00  # NLMSGERR_ATTR_MSG');
  const rows: [name: string, answer: (sequence: number) => Uint8Array[], error: object][] = [
    ['in NLMSG_ERROR', (sequence) => [ack(sequence, 95)], { code: 'EOPNOTSUPP' }],
    ['in NLMSG_DONE', (sequence) => [done(sequence, 22, 0, sentence)], { code: 'EINVAL', kernelMessage: 'too bad' }],
    [
      'in NLMSG_DONE behind some objects',
      (sequence) => [linkAnswer(sequence, 1, 'a', multi), done(sequence, 12)],
      { code: 'ENOMEM' },
    ],
    [
      'and interrupted',
      (sequence) => [linkAnswer(sequence, 1, 'a', multi | dumpInterrupted), done(sequence, 12)],
      { code: 'ENOMEM' },
    ],
  ];
  for (const [name, answer, error] of rows) {
    const kernel = new FakeKernel(({ sequence }) => answer(sequence));
    const links = new Links(new Channel(kernel));
    await t.rejects(links.list(), { name: 'NetlinkError', request: 'RTM_GETLINK', ...error }, name);
    t.equal(kernel.requests.length, 1);
    kernel.answer = linkKernel(abc);
    t.equal((await links.list()).length, 3, `${name}: the next one is another`);
  }
});

t.test('an object that can’t be read fails the dump, after its end', async (t) => {
  const broken = (sequence: number) => message({ type: 16, flags: multi, sequence, payload: hex('00 00') });
  const kernel = new FakeKernel(({ sequence }) => [
    linkAnswer(sequence, 1, 'a', multi),
    broken(sequence),
    done(sequence),
  ]);
  const links = new Links(new Channel(kernel));
  await t.rejects(links.list(), { code: 'ERR_NETLINK_DECODE' });
  kernel.answer = linkKernel(abc);
  t.equal((await links.list()).length, 3);
});

t.test('a dump given up is read to its end before the next', async (t) => {
  const list = linkKernel(abc);
  let held: Incoming[] = [];
  const kernel = new FakeKernel((request) => {
    held = [...list(request)];
    return [];
  });
  const channel = new Channel(kernel);
  const links = new Links(channel);
  const stop = new AbortController();
  const first = links.list({ signal: stop.signal });
  const second = links.list();
  await nextTurn();
  stop.abort();
  await t.rejects(first, { name: 'AbortError' });
  await nextTurn();
  t.equal(kernel.requests.length, 1, 'the second waits');
  t.ok(kernel.watched, 'for the end of the first');
  kernel.answer = list;
  kernel.deliver(...held);
  t.equal((await second).length, 3);
  t.equal(channel.stats().late, 4);
});

t.test('a dump given up that never ends: those behind it time out', async (t) => {
  const kernel = new FakeKernel(() => []);
  const channel = new Channel(kernel, { patience: 20 });
  const links = new Links(channel);
  const lists = [links.list({ timeout: 5 }), links.list(), links.list()];
  for (const list of lists) await t.rejects(list, { name: 'TimeoutError' });
  t.notOk(kernel.watched);
});

t.test('a dump that takes long is no silence', async (t) => {
  const kernel = new FakeKernel(() => []);
  const channel = new Channel(kernel, { patience: 40 });
  const list = new Links(channel).list();
  await nextTurn();
  const sequence = kernel.requests[0]?.sequence ?? 0;
  // Each part comes well within the patience, all of them together don't.
  for (let part = 1; part <= 8; part++) {
    await new Promise((next) => setTimeout(next, 10));
    kernel.deliver(linkAnswer(sequence, part, `part${part}`, multi));
  }
  kernel.deliver(done(sequence));
  t.equal((await list).length, 8);
});

t.test('filters that the kernel does not know are applied here', async (t) => {
  const kernel = new FakeKernel(linkKernel(abc));
  const links = new Links(new Channel(kernel));
  t.same(await links.list({ kind: 'veth' }), []);
  t.same(await links.list({ master: 7 }), []);
  t.equal((await links.list({ group: 0, up: false })).length, 3);
});

t.test('bad filters are refused before anything is sent', async (t) => {
  const kernel = new FakeKernel(linkKernel(abc));
  const channel = new Channel(kernel);
  const routes = new Routes(channel, () => Promise.resolve(kernel));
  const rows: [call: () => Promise<unknown>, paths: string][] = [
    [() => new Links(channel).list({ master: '' }), 'master'],
    [() => new Addresses(channel).list({ link: -1, family: 'ipx' as 'inet', scope: 'x' }), 'link family scope'],
    [() => routes.list({ table: 0, protocol: 'x', type: 'y', link: '' }), 'link table protocol type'],
    [() => routes.iterate({ family: 'ipx' as 'inet', table: -1 }).next(), 'family table'],
    [() => routes.get('10.0.0.0/8', { source: 'x', mark: -1 }), 'destination source mark'],
  ];
  for (const [call, paths] of rows) {
    const error = await call().catch((reason) => reason);
    t.type(error, EncodeError);
    if (error instanceof EncodeError) t.equal(error.problems.map(({ path }) => path).join(' '), paths);
  }
  t.equal(kernel.requests.length, 0);
});
