import { getEventListeners } from 'node:events';
import t from 'tap';
import { done, hex, message } from '../protocol/datagrams.test.helper.ts';
import { MessageFlag } from '../protocol/header.ts';
import { routeMessage } from '../rtnetlink/route.ts';
import { Channel } from './channel.ts';
import { FakeKernel, type Incoming } from './fake-kernel.test.helper.ts';
import { Routes } from './routes.ts';

const { multi, dumpInterrupted } = MessageFlag;
const main = 254;

function routeAnswer(sequence: number, at: number, flags: number = multi): Uint8Array {
  const header = { family: 2, dstLen: 32, table: main, protocol: 3, type: 1 };
  const dst = `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`;
  return message({
    type: 24,
    flags,
    sequence,
    payload: routeMessage.encode({ header, attributes: { dst, priority: at } }),
  });
}

/** A kernel with `length` routes, each in a datagram of its own; `made` counts those that were asked for. */
function routeKernel(length: number, last: (sequence: number) => readonly Incoming[] = (sequence) => [done(sequence)]) {
  const counter = { made: 0 };
  const kernel = new FakeKernel(({ sequence }) => {
    let part = 0;
    const next = (): readonly Incoming[] => {
      if (part === length) return last(sequence);
      counter.made++;
      return [routeAnswer(sequence, part++), next];
    };
    return [next];
  });
  return { kernel, counter };
}

function routesOn(kernel: FakeKernel, options: { patience?: number } = {}) {
  const channel = new Channel(new FakeKernel(() => []), { namespace: 'red', ...options });
  return { channel, routes: new Routes(channel, () => Promise.resolve(kernel)) };
}

t.test('every route, in order, on a socket of its own', async (t) => {
  const { kernel } = routeKernel(1000);
  const metrics: unknown[] = [];
  for await (const { metric } of routesOn(kernel).routes.iterate()) metrics.push(metric);
  t.same(
    metrics,
    Array.from({ length: 1000 }, (_, at) => at),
  );
  t.match(kernel, { closed: true, watched: false });
  t.equal(kernel.requests.length, 1);
});

t.test('the kernel goes on only as fast as the loop does', async (t) => {
  const { kernel, counter } = routeKernel(1000);
  let taken = 0;
  for await (const _ of routesOn(kernel).routes.iterate()) {
    taken++;
    t.ok(counter.made <= taken + 1);
  }
});

t.test('leaving the loop ends the dump', async (t) => {
  for (const leave of ['break', 'throw'] as const) {
    const { kernel, counter } = routeKernel(1000);
    let taken = 0;
    const loop = async () => {
      for await (const _ of routesOn(kernel).routes.iterate()) {
        if (++taken < 3) continue;
        if (leave === 'throw') throw new Error('mine');
        break;
      }
    };
    if (leave === 'throw') await t.rejects(loop(), { message: 'mine' });
    else await loop();
    t.ok(kernel.closed, leave);
    t.ok(counter.made <= 4);
  }
});

t.test('an iterator that is never asked opens no socket', async (t) => {
  const { kernel } = routeKernel(1);
  let opened = 0;
  const routes = new Routes(new Channel(kernel), () => {
    opened++;
    return Promise.resolve(kernel);
  });
  const unused = routes.iterate();
  await unused.return?.();
  t.equal(opened, 0);
});

t.test('what ends it with an error', async (t) => {
  const refusal = hex('0b 00 01 00 74 6f 6f 20 62 61 64 00  # NLMSGERR_ATTR_MSG');
  const rows: [name: string, last: (sequence: number) => readonly Incoming[], error: object][] = [
    [
      'an error in NLMSG_DONE',
      (sequence) => [done(sequence, 22, 0, refusal)],
      { code: 'EINVAL', kernelMessage: 'too bad', namespace: 'red' },
    ],
    ['a table that changes', (sequence) => [done(sequence, 0, dumpInterrupted)], { name: 'DumpInterruptedError' }],
    [
      'a route that can’t be read',
      (sequence) => [message({ type: 24, flags: multi, sequence, payload: hex('02') }), done(sequence)],
      { code: 'ERR_NETLINK_DECODE' },
    ],
    ['a socket that fails', () => [-9], { code: 'EBADF' }],
    [
      'a datagram longer than any of the kernel’s',
      (sequence) => [message({ type: 24, sequence, payload: new Uint8Array(70_000) })],
      { code: 'EMSGSIZE' },
    ],
    ['silence', () => [], { name: 'TimeoutError' }],
  ];
  for (const [name, last, error] of rows) {
    const { kernel } = routeKernel(3, last);
    const taken: unknown[] = [];
    const loop = async () => {
      for await (const { metric } of routesOn(kernel, { patience: 20 }).routes.iterate()) taken.push(metric);
    };
    t.match(await loop().catch((reason) => reason), error, name);
    t.same(taken, [0, 1, 2], `${name}: behind what had come`);
    t.match(kernel, { closed: true, watched: false });
  }
});

t.test('a send that fails', async (t) => {
  const { kernel } = routeKernel(3);
  kernel.sendFailure = -105;
  await t.rejects(routesOn(kernel).routes.iterate().next(), { code: 'ENOBUFS' });
  t.ok(kernel.closed);
});

t.test('a socket that can’t be opened', async (t) => {
  const routes = new Routes(new Channel(new FakeKernel(() => [])), () => Promise.reject(new Error('EMFILE')));
  await t.rejects(routes.iterate().next(), { message: 'EMFILE' });
});

t.test('the tables that always are: none yet is empty', async (t) => {
  for (const table of [undefined, 'all', 253, 254, 255] as const) {
    const { kernel } = routeKernel(0, (sequence) => [done(sequence, 2)]);
    t.same(await routesOn(kernel).routes.iterate({ table }).next(), { done: true, value: undefined }, `${table}`);
  }
  for (const table of [1, 252, 256, 1000]) {
    const { kernel } = routeKernel(0, (sequence) => [done(sequence, 2)]);
    await t.rejects(routesOn(kernel).routes.iterate({ table }).next(), { code: 'ENOENT' }, `${table}`);
    const list = new Routes(new Channel(routeKernel(0, (sequence) => [done(sequence, 2)]).kernel), () =>
      Promise.reject(),
    );
    await t.rejects(list.list({ table }), { code: 'ENOENT' }, `${table}: the same of list`);
  }
});

t.test('signals', async (t) => {
  const { kernel } = routeKernel(3, () => []);
  const { routes } = routesOn(kernel);
  await t.rejects(routes.iterate({ signal: AbortSignal.abort() }).next(), { name: 'AbortError' });
  t.equal(kernel.requests.length, 0);

  const stop = new AbortController();
  const taken: unknown[] = [];
  const loop = async () => {
    for await (const { metric } of routes.iterate({ signal: stop.signal })) {
      taken.push(metric);
      if (taken.length === 3) setImmediate(() => stop.abort());
    }
  };
  await t.rejects(loop(), { name: 'AbortError' }, 'while waiting for the kernel');
  t.ok(kernel.closed);
  t.equal(getEventListeners(stop.signal, 'abort').length, 0);
});

t.test('a timeout, and one that is never reached', async (t) => {
  const { kernel } = routeKernel(1, () => []);
  const iterator = routesOn(kernel).routes.iterate({ timeout: 20 });
  t.match(await iterator.next(), { value: { metric: 0 } });
  await t.rejects(iterator.next(), { name: 'TimeoutError', message: /RTM_GETROUTE in red/ });

  const { kernel: quick } = routeKernel(2);
  const routes: unknown[] = [];
  for await (const route of routesOn(quick).routes.iterate({ timeout: 2 ** 40 })) routes.push(route);
  t.equal(routes.length, 2);
});

t.test('closing the client ends it', async (t) => {
  const { kernel } = routeKernel(1, () => []);
  const { channel, routes } = routesOn(kernel);
  const iterator = routes.iterate();
  await iterator.next();
  const next = iterator.next();
  channel.close();
  await t.rejects(next, { name: 'ClosedError' });
  t.ok(kernel.closed);
  await t.rejects(routes.iterate().next(), { name: 'ClosedError' });
});

t.test('closing the client, or giving up, while nobody asks: the socket is closed at once', async (t) => {
  for (const way of ['close', 'abort']) {
    const { kernel } = routeKernel(1000);
    const { channel, routes } = routesOn(kernel);
    const stop = new AbortController();
    const iterator = routes.iterate({ signal: stop.signal });
    await iterator.next();
    if (way === 'close') channel.close();
    else stop.abort();
    t.ok(kernel.closed, way);
    const error = await iterator.next().then(
      () => undefined,
      (reason) => reason,
    );
    t.equal(error?.name, way === 'close' ? 'ClosedError' : 'AbortError');
    t.same(await iterator.next(), { done: true, value: undefined });
  }
});

t.test('closing the client while its socket is being opened', async (t) => {
  const { kernel } = routeKernel(1);
  const channel = new Channel(new FakeKernel(() => []));
  let opened = () => {};
  const opening = new Promise<FakeKernel>((resolve) => {
    opened = () => resolve(kernel);
  });
  const next = new Routes(channel, () => opening).iterate().next();
  channel.close();
  opened();
  await t.rejects(next, { name: 'ClosedError' });
  t.ok(kernel.closed);
});
