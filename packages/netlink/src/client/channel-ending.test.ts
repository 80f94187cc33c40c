import { getEventListeners } from 'node:events';
import t from 'tap';
import { ack } from '../protocol/datagrams.test.helper.ts';
import { linkMessage } from '../rtnetlink/link/link.ts';
import { Addresses } from './addresses.ts';
import { Channel } from './channel.ts';
import { FakeKernel, linkAnswer, linkKernel } from './fake-kernel.test.helper.ts';
import { Links } from './links.ts';
import type { CallOptions } from './options.ts';
import { change } from './verb.ts';

const setAlias = change({
  name: 'RTM_SETLINK',
  schema: linkMessage,
  subject: () => 'link 1',
  message: (alias: string) => ({ header: { index: 1 }, attributes: { ifalias: alias } }),
});

const nextTurn = () => new Promise<void>((next) => setImmediate(next));
const links = new Map([...'abc'].map((name, at) => [name, at + 1]));

/** Calls of every kind: a question, a change, a list, what is sent aside, what needs a link looked up. */
const calls: Record<string, (channel: Channel, options?: CallOptions) => Promise<unknown>> = {
  get: (channel, options) => new Links(channel).get(1, options),
  change: (channel, options) => channel.submit(setAlias, 'x', options),
  list: (channel, options) => new Links(channel).list(options),
  blocking: (channel, options) => new Links(channel).delete('a', options),
  lookup: (channel, options) => new Addresses(channel).add('a', '10.0.0.1/24', options),
  'list with lookup': (channel, options) => new Addresses(channel).list({ link: 'a', ...options }),
};
const everyCall = Object.entries(calls);

/** How a promise ended: `ok`, the name of the error, or `pending` while it hasn't. */
async function outcome(promise: Promise<unknown>): Promise<string> {
  const ended = promise.then(
    () => 'ok',
    (error) => error.name,
  );
  return Promise.race([ended, nextTurn().then(() => 'pending')]);
}

t.test('a kernel that never answers: every promise ends', async (t) => {
  for (const [name, call] of everyCall) {
    const kernel = new FakeKernel(() => []);
    const channel = new Channel(kernel, { patience: 15, namespace: 'red' });
    const error = await call(channel).catch((reason) => reason);
    t.match(
      error,
      { name: 'TimeoutError', code: 'ERR_NETLINK_TIMEOUT', outcome: 'unknown', message: /in red: no answer/ },
      name,
    );
    await nextTurn();
    t.notOk(kernel.watched, 'and the process may end');
    t.match(channel.stats(), { inFlight: 0 });
  }
});

t.test('timeout: in flight, and the late answer is dropped', async (t) => {
  for (const [name, call] of everyCall) {
    const kernel = new FakeKernel(() => []);
    const channel = new Channel(kernel);
    await t.rejects(call(channel, { timeout: 10 }), { name: 'TimeoutError', outcome: 'unknown' }, name);
    const [request] = kernel.requests;
    kernel.answer = linkKernel(links);
    kernel.deliver(ack(request?.sequence ?? 0));
    t.match(await new Links(channel).get(2), { name: 'b' }, 'the next call is another');
    await nextTurn();
    // A look-up is not given up with the call that it was for.
    t.match(channel.stats(), { inFlight: 0, late: name.includes('lookup') ? 0 : 1 });
  }
});

t.test('timeout: while waiting in the queue', async (t) => {
  for (const [name, call] of everyCall) {
    // A blocking send that takes for ever keeps the others waiting.
    const kernel = new FakeKernel(linkKernel(links));
    let open = () => {};
    kernel.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const channel = new Channel(kernel);
    const first = new Links(channel).delete(3);
    await nextTurn();
    const late = call(channel, { timeout: 10 });
    // The timer alone does not keep the process alive; the thread would.
    const thread = setInterval(() => {}, 1000);
    await t.rejects(late, { name: 'TimeoutError' }, name);
    clearInterval(thread);
    open();
    await first;
    await nextTurn();
    t.equal(kernel.requests.length, 1, 'and it is never sent');
  }
});

t.test('timeouts that can’t be', async (t) => {
  const kernel = new FakeKernel(linkKernel(links));
  const channel = new Channel(kernel);
  for (const timeout of [Number.NaN, -1]) {
    await t.rejects(new Links(channel).get(1, { timeout }), {
      code: 'ERR_NETLINK_ENCODE',
      path: 'timeout',
    });
  }
  t.equal(kernel.requests.length, 0);
  for (const timeout of [Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, 2 ** 31]) {
    let warnings = 0;
    const count = () => warnings++;
    process.on('warning', count);
    kernel.answer = () => [];
    const get = new Links(channel).get(1, { timeout });
    await nextTurn();
    kernel.deliver(linkAnswer(kernel.requests.at(-1)?.sequence ?? 0, 1, 'a'));
    t.match(await get, { name: 'a' }, `${timeout}: long enough`);
    await nextTurn();
    process.off('warning', count);
    t.equal(warnings, 0);
  }
  channel.close();
});

t.test('timeout 0: no time at all, but it ends', async (t) => {
  const channel = new Channel(new FakeKernel(() => []));
  await t.rejects(new Links(channel).get(1, { timeout: 0 }), { name: 'TimeoutError' });
});

t.test('of calls with different timeouts each has its own', async (t) => {
  const channel = new Channel(new FakeKernel(() => []));
  const ended: number[] = [];
  const gets = [30, 10, 20].map((timeout) =>
    new Links(channel).get(timeout, { timeout }).catch(() => ended.push(timeout)),
  );
  await Promise.all(gets);
  t.same(ended, [10, 20, 30]);
});

t.test('abort before: nothing is sent', async (t) => {
  for (const [name, call] of everyCall) {
    const kernel = new FakeKernel(linkKernel(links));
    await t.rejects(call(new Channel(kernel), { signal: AbortSignal.abort() }), { name: 'AbortError' }, name);
    const reason = await call(new Channel(kernel), { signal: AbortSignal.abort('mine') }).catch((error) => error);
    t.equal(reason, 'mine');
    t.equal(kernel.requests.length, 0);
  }
});

t.test('abort in the turn of the call: nothing is sent', async (t) => {
  for (const [name, call] of everyCall) {
    const kernel = new FakeKernel(linkKernel(links));
    const stop = new AbortController();
    const promise = call(new Channel(kernel), { signal: stop.signal });
    stop.abort(new Error('mine'));
    await t.rejects(promise, { message: 'mine' }, name);
    await nextTurn();
    t.same(
      kernel.requests.filter(({ type }) => type !== 18),
      [],
    );
    t.equal(getEventListeners(stop.signal, 'abort').length, 0);
  }
});

t.test('abort in flight: the answer that comes is nobody else’s', async (t) => {
  for (const [name, call] of everyCall) {
    const kernel = new FakeKernel(() => []);
    const channel = new Channel(kernel);
    const stop = new AbortController();
    const promise = call(channel, { signal: stop.signal });
    const neighbour = new Links(channel).get(3);
    await nextTurn();
    stop.abort();
    await t.rejects(promise, { name: 'AbortError' }, name);
    const answer = linkKernel(links);
    kernel.answer = answer;
    kernel.deliver(...kernel.requests.flatMap((request) => answer(request)));
    t.match(await neighbour, { name: 'c' });
    t.match(await new Links(channel).get(2), { name: 'b' });
    t.equal(getEventListeners(stop.signal, 'abort').length, 0);
  }
});

t.test('abort of the last of a batch: what went with it ends', async (t) => {
  const kernel = new FakeKernel(() => []);
  const channel = new Channel(kernel);
  const stop = new AbortController();
  const first = channel.submit(setAlias, 'a');
  const last = channel.submit(setAlias, 'b', { signal: stop.signal });
  await nextTurn();
  stop.abort();
  await t.rejects(last, { name: 'AbortError' });
  const [, request] = kernel.requests;
  kernel.deliver(ack(request?.sequence ?? 0));
  await first;
  t.match(channel.stats(), { inFlight: 0, late: 1 });
});

t.test('abort after: nothing happens', async (t) => {
  for (const [name, call] of everyCall) {
    const channel = new Channel(new FakeKernel(linkKernel(links)));
    const stop = new AbortController();
    await call(channel, { signal: stop.signal });
    t.equal(getEventListeners(stop.signal, 'abort').length, 0, `${name}: no listener is left`);
    stop.abort();
    await nextTurn();
    t.match(channel.stats(), { inFlight: 0 });
  }
});

t.test('one signal for many calls is no leak to be warned of', async (t) => {
  const warnings: string[] = [];
  const note = (warning: Error) => warnings.push(warning.message);
  process.on('warning', note);
  const stop = new AbortController();
  const channel = new Channel(new FakeKernel(() => []));
  const gets = Array.from({ length: 100 }, (_, at) => new Links(channel).get(at + 1, { signal: stop.signal }));
  await nextTurn();
  stop.abort();
  t.ok((await Promise.allSettled(gets)).every(({ status }) => status === 'rejected'));
  await nextTurn();
  process.off('warning', note);
  t.same(warnings, []);
});

t.test('close rejects what is queued and what is in flight, once', async (t) => {
  for (const [name, call] of everyCall) {
    for (const turns of [0, 1, 2]) {
      const kernel = new FakeKernel(() => []);
      const channel = new Channel(kernel);
      const promise = call(channel);
      for (let turn = 0; turn < turns; turn++) await nextTurn();
      channel.close();
      channel.close();
      await t.rejects(promise, { name: 'ClosedError', code: 'ERR_NETLINK_CLOSED' }, `${name}, after ${turns} turns`);
      t.ok(kernel.closed);
      await t.rejects(call(channel), { name: 'ClosedError' }, 'and afterwards');
      await nextTurn();
      t.notOk(kernel.watched);
    }
  }
});

t.test('close while a thread is sending', async (t) => {
  const kernel = new FakeKernel(linkKernel(links));
  let open = () => {};
  kernel.gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const channel = new Channel(kernel);
  const promises: Promise<unknown>[] = [
    new Links(channel).delete(1),
    new Links(channel).get(1),
    new Links(channel).list(),
    new Links(channel).delete(2),
  ];
  await nextTurn();
  channel.close();
  for (const promise of promises) await t.rejects(promise, { name: 'ClosedError' });
  open();
  await nextTurn();
  t.match(kernel, { closed: true, watched: false });
});

t.test('close from within a continuation', async (t) => {
  const kernel = new FakeKernel(linkKernel(links));
  const channel = new Channel(kernel);
  const client = new Links(channel);
  const first = client.get(1).then(() => channel.close());
  const gets = Array.from({ length: 1000 }, (_, at) => client.get((at % 3) + 1));
  await first;
  const settled = await Promise.allSettled(gets);
  t.ok(settled.every((one) => one.status === 'fulfilled' || one.reason.name === 'ClosedError'));
  t.ok(kernel.closed);
});

t.test('nothing is pending for ever', async (t) => {
  // The whole of it: some of everything, given up in different ways, on a kernel that answers only part of it.
  let seed = 42;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
  for (let round = 0; round < 20; round++) {
    const answer = linkKernel(links);
    const kernel = new FakeKernel((request) => (random(4) === 0 ? [] : answer(request)));
    const channel = new Channel(kernel, { patience: 30 });
    const promises = Array.from({ length: 50 }, () => {
      const [, call] = everyCall[random(everyCall.length)] ?? (everyCall[0] as (typeof everyCall)[number]);
      const stop = new AbortController();
      if (random(4) === 0) setTimeout(() => stop.abort(), random(10));
      return call(channel, random(3) === 0 ? { timeout: random(10) } : { signal: stop.signal });
    });
    if (random(3) === 0) setTimeout(() => channel.close(), random(20));
    const ended = await Promise.allSettled(promises);
    const known = ['TimeoutError', 'AbortError', 'ClosedError', 'NetlinkError'];
    const strange = ended.filter((one) => one.status === 'rejected' && !known.includes(one.reason.name));
    t.same(strange, [], `round ${round}`);
    t.equal(await outcome(Promise.all(ended)), 'ok');
    channel.close();
  }
});
