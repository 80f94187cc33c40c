import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import t from 'tap';
import { ack } from '../protocol/datagrams.test.helper.ts';
import { linkMessage } from '../rtnetlink/link/link.ts';
import { Channel } from './channel.ts';
import { FakeKernel, type Heard, linkAnswer, linkKernel, linkOf } from './fake-kernel.test.helper.ts';
import { Links } from './links.ts';

const nextTurn = () => new Promise<void>((next) => setImmediate(next));

/** A kernel whose blocking sends are carried out when told. */
function heldKernel(): { kernel: FakeKernel; release: () => void } {
  const kernel = new FakeKernel(linkKernel(new Map()));
  let release = () => {};
  kernel.gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { kernel, release };
}

/** `delete 1`, `set 2`, `get 3` of a request. */
function words(request: Heard): string {
  const verb = { 16: 'add', 17: 'delete', 18: 'get', 19: 'set' }[request.type] ?? request.type;
  return `${verb} ${linkOf(request).index}`;
}

t.test('what makes the kernel wait is sent off the main thread', async (t) => {
  const rows: [name: string, call: (links: Links) => Promise<unknown>, blocking: number][] = [
    ['delete', (links) => links.delete(1), 1],
    ['delete a group', (links) => links.delete({ group: 5 }), 1],
    ['add', (links) => links.add({ kind: 'dummy' }), 1],
    ['move', (links) => links.set(1, { namespace: { pid: 1 } }), 1],
    ['enslave', (links) => links.set(1, { master: 2 }), 1],
    ['release', (links) => links.set(1, { master: null }), 1],
    ['down', (links) => links.set(1, { up: false }), 1],
    ['up', (links) => links.set(1, { up: true }), 0],
    ['rename', (links) => links.set(1, { name: 'a' }), 0],
    ['mtu', (links) => links.set(1, { mtu: 1400 }), 0],
    ['get', (links) => links.find(1), 0],
    ['list', (links) => links.list(), 0],
  ];
  for (const [name, call, blocking] of rows) {
    const kernel = new FakeKernel(linkKernel(new Map()));
    await call(new Links(new Channel(kernel)));
    t.equal(kernel.blockingSends, blocking, name);
    t.equal(kernel.sends.length, 1);
  }
});

t.test('order is kept between what is sent aside and what is not', async (t) => {
  const { kernel, release } = heldKernel();
  const links = new Links(new Channel(kernel));
  const calls = [
    links.set(1, { mtu: 1400 }),
    links.set(2, { mtu: 1400 }),
    links.delete(3),
    links.delete(4),
    links.set(5, { mtu: 1400 }),
    links.delete(6),
    links.set(7, { mtu: 1400 }),
  ];
  await nextTurn();
  t.same(
    kernel.sends.map((requests) => requests.map(words)),
    [['set 1', 'set 2']],
  );
  release();
  await Promise.all(calls);
  t.same(
    kernel.sends.map((requests) => requests.map(words)),
    [['set 1', 'set 2'], ['delete 3', 'delete 4'], ['set 5'], ['delete 6'], ['set 7']],
  );
});

t.test('while a thread is sending, nothing else is sent, and nothing is lost', async (t) => {
  const { kernel, release } = heldKernel();
  const channel = new Channel(kernel);
  const links = new Links(channel);
  const deleted = links.delete(1);
  await nextTurn();
  const later = [links.set(2, { mtu: 1400 }), links.list(), links.delete(3)];
  await nextTurn();
  await nextTurn();
  t.equal(kernel.requests.length, 0);
  t.notOk(kernel.watched, 'the thread keeps the process alive');
  release();
  await Promise.all([deleted, ...later]);
  t.same(kernel.requests.filter(({ isDump }) => !isDump).map(words), ['delete 1', 'set 2', 'delete 3']);
});

t.test('1,000 deletions: at most 32 in a send, each with its own answer', async (t) => {
  const kernel = new FakeKernel((request) => {
    const { index } = linkOf(request);
    if (index % 7 === 0) return [ack(request.sequence, 19)];
    return request.wantsAck ? [ack(request.sequence)] : [];
  });
  const links = new Links(new Channel(kernel));
  const ended = await Promise.allSettled(Array.from({ length: 1000 }, (_, at) => links.delete(at + 1)));
  t.same(
    ended.flatMap(({ status }, at) => (status === 'rejected' ? [at + 1] : [])),
    Array.from({ length: 142 }, (_, at) => (at + 1) * 7),
  );
  t.ok(kernel.sends.every(({ length }) => length <= 32));
  t.same(
    kernel.requests.map((request) => linkOf(request).index),
    Array.from({ length: 1000 }, (_, at) => at + 1),
  );
});

t.test('a send aside that fails', async (t) => {
  const kernel = new FakeKernel(linkKernel(new Map([['a', 1]])));
  const links = new Links(new Channel(kernel));
  kernel.sendFailure = -105;
  for (const one of await Promise.allSettled([links.delete(1), links.delete(2)]))
    t.match(one, { status: 'rejected', reason: { code: 'ENOBUFS', request: 'RTM_DELLINK', outcome: 'refused' } });
  kernel.sendFailure = 0;
  await links.delete(1);
  t.match(await links.get(1), { name: 'a' });
});

t.test('a thread that can’t be had', async (t) => {
  const kernel = new FakeKernel(linkKernel(new Map([['a', 1]])));
  const links = new Links(new Channel(kernel));
  kernel.gate = Promise.reject(new RangeError('no thread'));
  kernel.gate.catch(() => {});
  await t.rejects(links.delete(1), { name: 'NetlinkError', code: 'EIO' });
  kernel.gate = Promise.resolve();
  await links.delete(1);
});

t.test('an abort while the thread is sending', async (t) => {
  const { kernel, release } = heldKernel();
  const channel = new Channel(kernel);
  const links = new Links(channel);
  const stop = new AbortController();
  const calls = [links.delete(1), links.delete(2, { signal: stop.signal })];
  await nextTurn();
  stop.abort();
  await t.rejects(calls[1] ?? Promise.resolve(), { name: 'AbortError' });
  release();
  await calls[0];
  t.same(kernel.requests.map(words), ['delete 1', 'delete 2'], 'it was on its way');
  t.match(channel.stats(), { inFlight: 0, late: 1 });
});

t.test(
  'a namespace is the one it was when the call was made',
  { skip: process.platform !== 'linux' && 'needs /proc' },
  async (t) => {
    const open = readdirSync('/proc/self/fd').length;
    for (const given of ['up', 'down', 'closed'] as const) {
      const { kernel, release } = heldKernel();
      const seen: string[] = [];
      kernel.answer = ({ sequence, payload, wantsAck }) => {
        const { netNsFd } = linkMessage.decode(payload).attributes;
        seen.push(readlinkSync(`/proc/self/fd/${netNsFd}`).replace(/:.*/, ''));
        return wantsAck ? [ack(sequence)] : [];
      };
      const channel = new Channel(kernel);
      const links = new Links(channel);
      const stop = new AbortController();
      // What is waited for takes the same time: something is being sent already.
      const fds = ['net', 'net'].map((kind) => openSync(`/proc/self/ns/${kind}`, 'r'));
      const calls = fds.map((fd) => links.set(1, { namespace: { fd } }, { signal: stop.signal }));
      const ended = Promise.allSettled(calls);
      await nextTurn();
      if (given === 'down') stop.abort();
      if (given === 'closed') channel.close();
      if (given !== 'up') await ended;
      // The numbers are given to another namespace before the thread gets to send.
      fds.forEach(closeSync);
      const others = ['uts', 'uts'].map((kind) => openSync(`/proc/self/ns/${kind}`, 'r'));
      t.same(others, fds);
      release();
      await ended;
      await nextTurn();
      t.same(seen, given === 'closed' ? [] : ['net', 'net'], given);
      others.forEach(closeSync);
      t.equal(readdirSync('/proc/self/fd').length, open, 'nothing is left open');
    }
  },
);

t.test('a dump under way goes on behind a send aside', async (t) => {
  const { kernel, release } = heldKernel();
  const links = new Links(new Channel(kernel));
  kernel.answer = () => [];
  const list = links.list();
  await nextTurn();
  const [request] = kernel.requests;
  const deleted = links.delete(1);
  await nextTurn();
  const answer = linkKernel(new Map([['a', 1]]));
  kernel.answer = answer;
  if (request !== undefined) kernel.deliver(...answer(request));
  release();
  await deleted;
  t.equal((await list).length, 1);
});

t.test('an echo tells the index of a link that gets an alias', async (t) => {
  const kernel = new FakeKernel((request) => {
    if (request.type !== 16) return request.wantsAck ? [ack(request.sequence)] : [];
    return [linkAnswer(request.sequence, 77, 'made'), ack(request.sequence)];
  });
  await new Links(new Channel(kernel)).add({ kind: 'dummy', alias: 'x', altnames: ['long name'.replace(' ', '-')] });
  t.same(
    kernel.requests.map(({ type }) => type),
    [16, 19, 108],
  );
  t.same(
    kernel.requests.slice(1).map((request) => linkOf(request).index),
    [77, 77],
  );
});

t.test('a link whose alias is refused is removed again', async (t) => {
  for (const refused of [19, 108]) {
    const kernel = new FakeKernel((request) => {
      if (request.type === refused) return [ack(request.sequence, 17)];
      if (request.type === 16) return [linkAnswer(request.sequence, 77, 'made'), ack(request.sequence)];
      return request.wantsAck ? [ack(request.sequence)] : [];
    });
    const links = new Links(new Channel(kernel));
    await t.rejects(links.add({ kind: 'dummy', alias: 'x', altnames: ['y'] }), { code: 'EEXIST' });
    t.match(kernel.requests.at(-1), { type: 17 });
    t.equal(linkOf(kernel.requests.at(-1) as Heard).index, 77);
  }
});
