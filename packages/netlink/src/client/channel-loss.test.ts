import { constants } from 'node:os';
import t from 'tap';
import { ack, message } from '../protocol/datagrams.test.helper.ts';
import { linkMessage } from '../rtnetlink/link/link.ts';
import { Channel } from './channel.ts';
import { FakeKernel, type Heard, type Incoming, linkAnswer, linkKernel, linkOf } from './fake-kernel.test.helper.ts';
import { Links } from './links.ts';
import { change } from './verb.ts';

const { ENOBUFS } = constants.errno;

const setAlias = change({
  name: 'RTM_SETLINK',
  schema: linkMessage,
  message: (alias: string) => ({ header: { index: 1 }, attributes: { ifalias: alias } }),
});

const acks = ({ wantsAck, sequence }: Heard): Incoming[] => (wantsAck ? [ack(sequence)] : []);
const link = (request: Heard) => linkAnswer(request.sequence, linkOf(request).index, `l${linkOf(request).index}`);

t.test('ENOBUFS: what only asks is asked again', async (t) => {
  let losing = true;
  const kernel = new FakeKernel((request) => (losing ? [] : [link(request)]));
  const channel = new Channel(kernel);
  const links = new Links(channel);
  const gets = [1, 2, 3].map((index) => links.get(index));
  await new Promise((next) => setImmediate(next));
  losing = false;
  kernel.deliver(-ENOBUFS);
  t.same(
    (await Promise.all(gets)).map(({ name }) => name),
    ['l1', 'l2', 'l3'],
  );
  t.same(
    kernel.requests.map((request) => linkOf(request).index),
    [1, 2, 3, 1, 2, 3],
    'in the same order',
  );
  t.match(channel.stats(), { overruns: 1, inFlight: 0 });
});

t.test('ENOBUFS: whether a change was carried out is not known', async (t) => {
  const kernel = new FakeKernel(() => [-ENOBUFS]);
  const channel = new Channel(kernel, { namespace: 'red' });
  const calls = ['a', 'b'].map((alias) => channel.submit(setAlias, alias).catch((error) => error));
  for (const error of await Promise.all(calls)) {
    t.match(error, {
      name: 'NetlinkError',
      code: 'ENOBUFS',
      outcome: 'unknown',
      message: /in red: ENOBUFS: .*Whether it was carried out is not known\. Read the present state/,
    });
  }
  kernel.answer = acks;
  await channel.submit(setAlias, 'c');
  t.match(channel.stats(), { inFlight: 0 });
});

t.test('ENOBUFS: what has arrived all the same counts', async (t) => {
  // The kernel says it first, before what it had put into the buffer.
  const kernel = new FakeKernel((request) => (linkOf(request).index === 1 ? [-ENOBUFS, link(request)] : []));
  const channel = new Channel(kernel);
  const links = new Links(channel);
  const first = links.get(1);
  const second = links.get(2);
  t.match(await first, { name: 'l1' });
  kernel.answer = (request) => [link(request)];
  kernel.deliver(-ENOBUFS);
  t.match(await second, { name: 'l2' });
  t.equal(kernel.requests.filter((request) => linkOf(request).index === 1).length, 1, 'not asked again');
});

t.test('ENOBUFS: a change whose ack is there is done', async (t) => {
  const kernel = new FakeKernel(({ wantsAck, sequence }) => (wantsAck ? [-ENOBUFS, ack(sequence)] : []));
  const channel = new Channel(kernel);
  await Promise.all(['a', 'b'].map((alias) => channel.submit(setAlias, alias)));
  t.match(channel.stats(), { overruns: 1, inFlight: 0 });
});

t.test('ENOBUFS: a dump goes on', async (t) => {
  const links = new Map([...'abcdef'].map((name, at) => [name, at + 1]));
  const answer = linkKernel(links);
  let parts = 0;
  const interposed = (incoming: readonly Incoming[]): Incoming[] =>
    incoming.map((one): Incoming => {
      if (typeof one !== 'function') return one;
      return () => (++parts === 3 ? [-ENOBUFS, ...interposed(one())] : interposed(one()));
    });
  const kernel = new FakeKernel((request) => interposed(answer(request)));
  const client = new Links(new Channel(kernel));
  t.equal((await client.list()).length, 6);
  t.equal(kernel.requests.length, 1);
});

t.test('ENOBUFS again and again: ten attempts', async (t) => {
  const kernel = new FakeKernel(() => [-ENOBUFS]);
  const channel = new Channel(kernel);
  const error = await new Links(channel).get(1).catch((reason) => reason);
  t.match(error, { code: 'ENOBUFS', outcome: 'refused', request: 'RTM_GETLINK' });
  t.equal(kernel.requests.length, 10);
});

t.test('a late answer to what was asked again is not taken for the new one', async (t) => {
  const kernel = new FakeKernel(() => []);
  const channel = new Channel(kernel);
  const get = new Links(channel).get(1);
  await new Promise((next) => setImmediate(next));
  const [first] = kernel.requests;
  kernel.answer = (request) => [linkAnswer(first?.sequence ?? 0, 1, 'old'), linkAnswer(request.sequence, 1, 'new')];
  kernel.deliver(-ENOBUFS);
  t.match(await get, { name: 'new' });
  t.match(channel.stats(), { inFlight: 0 });
});

/** A link with so many altnames that its description is `length` bytes long, or a little more. */
function longLink(request: Heard, length: number): Uint8Array {
  const altIfname = Array.from({ length: Math.ceil(length / 132) }, (_, at) => `${at}`.padEnd(127, 'x'));
  const { index } = linkOf(request);
  // The kernel's nests are longer than a nest can say: here they are split.
  const props = [];
  while (altIfname.length > 0) props.push(altIfname.splice(0, 400));
  const payloads = props.map((names) =>
    linkMessage.encode({ header: { index }, attributes: { propList: { altIfname: names } } }),
  );
  const payload = Buffer.concat(payloads.map((bytes, at) => (at === 0 ? bytes : bytes.subarray(16))));
  return message({ type: 16, sequence: request.sequence, payload });
}

t.test('an answer longer than the receive buffer is asked for with a longer one', async (t) => {
  for (const length of [65_000, 66_000, 70_000, 200_000, 1_000_000]) {
    const kernel = new FakeKernel((request) => [longLink(request, length)]);
    const channel = new Channel(kernel);
    const { altnames } = await new Links(channel).get(7);
    t.ok(altnames.length > 0, `${length} bytes`);
    t.equal(kernel.requests.length, length === 65_000 ? 1 : 2);
    t.match(channel.stats(), { malformed: 0, inFlight: 0 });
  }
});

t.test('a cut off answer costs its neighbours nothing', async (t) => {
  const list = linkKernel(new Map([...'abcdef'].map((name, at) => [name, at + 1])));
  const kernel = new FakeKernel((request) => {
    if (request.isDump) return list(request);
    if (request.type !== 18) return acks(request);
    return [linkOf(request).index === 7 ? longLink(request, 100_000) : link(request)];
  });
  const channel = new Channel(kernel);
  const links = new Links(channel);
  const [before, long, change, after, all, again] = await Promise.all([
    links.get(1),
    links.get(7),
    channel.submit(setAlias, 'a'),
    links.get(2),
    links.list(),
    links.list(),
  ]);
  t.match(before, { name: 'l1' });
  t.ok(long.altnames.length > 300);
  t.equal(change, undefined);
  t.match(after, { name: 'l2' });
  t.same([all.length, again.length], [6, 6]);
  t.equal(kernel.requests.length, 7, 'only the long one was asked for twice');
});

t.test('a part of a dump that is cut off: the dump is read to its end, then made once more', async (t) => {
  const list = linkKernel(new Map([...'abc'].map((name, at) => [name, at + 1])));
  let first = true;
  const kernel = new FakeKernel((request) => {
    const answers = list(request);
    if (!first) return answers;
    first = false;
    return [longLink(request, 100_000), ...answers];
  });
  const channel = new Channel(kernel);
  t.same(
    (await new Links(channel).list()).map(({ name }) => name),
    ['a', 'b', 'c'],
  );
  t.equal(kernel.requests.length, 2);
});
