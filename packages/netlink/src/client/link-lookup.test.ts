import t from 'tap';
import { addressMessage } from '../rtnetlink/address.ts';
import { Addresses } from './addresses.ts';
import { Channel } from './channel.ts';
import { FakeKernel, type Heard, linkAnswer, linkKernel, linkOf } from './fake-kernel.test.helper.ts';
import { Links } from './links.ts';
import { Neighbours } from './neighbours.ts';
import { Routes } from './routes.ts';

/** A client on a kernel that has these links, and can rename and remove them. */
function clientFor(links: Map<string, number>) {
  const answer = linkKernel(links);
  const kernel = new FakeKernel((request) => {
    if (request.type === 19) rename(links, request);
    if (request.type === 17) links.delete(nameOf(links, linkOf(request).index) ?? '');
    return answer(request);
  });
  const channel = new Channel(kernel);
  return {
    kernel,
    links: new Links(channel),
    addresses: new Addresses(channel),
    routes: new Routes(channel, () => Promise.resolve(kernel)),
    neighbours: new Neighbours(channel),
    /** Names that were looked up, and indexes that addresses were added to, in order. */
    seen: () =>
      kernel.requests.map((request) =>
        request.type === 18
          ? linkOf(request).name
          : request.type === 20
            ? addressMessage.decode(request.payload).header.index
            : request.type,
      ),
  };
}

function nameOf(links: ReadonlyMap<string, number>, index: number): string | undefined {
  return [...links].find(([, value]) => value === index)?.[0];
}

function rename(links: Map<string, number>, request: Heard): void {
  const { index, name } = linkOf(request);
  const old = nameOf(links, index);
  if (old === undefined || name === undefined) return;
  links.delete(old);
  links.set(name, index);
}

t.test('a name is looked up once, however many calls use it', async (t) => {
  const { kernel, addresses, routes, neighbours, seen } = clientFor(
    new Map([
      ['a', 1],
      ['b', 2],
    ]),
  );
  await Promise.all([
    ...Array.from({ length: 100 }, (_, at) => addresses.add('a', `10.0.0.${at + 1}/24`)),
    addresses.add('b', '10.1.0.1/24'),
    routes.add({ destination: '10.2.0.0/16', link: 'b' }),
    routes.add({ destination: '10.3.0.0/16', nexthops: [{ link: 'a' }, { link: 'b' }, { link: 'a' }] }),
    neighbours.add('a', { destination: '10.0.0.99', address: '02:00:00:00:00:01' }),
  ]);
  t.same(seen().slice(0, 3), ['a', 'b', 1]);
  t.equal(kernel.requests.filter(({ type }) => type === 18).length, 2);
  t.equal(kernel.sends.length, 2, 'the look-ups, and all the rest');
});

t.test('indexes need no look-up', async (t) => {
  const { kernel, addresses } = clientFor(new Map());
  await Promise.all([addresses.add(1, '10.0.0.1/24'), addresses.add({ index: 2 }, '10.0.0.1/24')]);
  t.same(
    kernel.requests.map(({ type }) => type),
    [20, 20],
  );
});

t.test('a name means what it means when its turn comes', async (t) => {
  const { links, addresses, seen } = clientFor(
    new Map([
      ['a', 1],
      ['b', 2],
    ]),
  );
  await Promise.all([
    addresses.add('a', '10.0.0.1/24'),
    links.set(1, { name: 'c' }),
    links.set(2, { name: 'a' }),
    addresses.add('a', '10.0.0.2/24'),
    addresses.add('c', '10.0.0.3/24'),
  ]);
  t.same(seen(), ['a', 1, 19, 19, 'a', 'c', 2, 1]);
});

t.test('a rename by name', async (t) => {
  const { links, addresses, seen } = clientFor(new Map([['a', 1]]));
  await Promise.all([links.set('a', { name: 'b' }), addresses.add('b', '10.0.0.1/24'), links.set('b', { name: 'c' })]);
  t.same(seen(), ['a', 19, 'b', 1, 19]);
});

t.test('a missing link fails those that need it, and no others', async (t) => {
  const { kernel, addresses, routes } = clientFor(new Map([['a', 1]]));
  const ended = await Promise.allSettled([
    addresses.add('nope', '10.0.0.1/24'),
    addresses.add('a', '10.0.0.1/24'),
    addresses.add('nope', '10.0.0.2/24'),
    addresses.list({ link: 'nope' }),
    routes.add({ destination: '10.3.0.0/16', nexthops: [{ link: 'a' }, { link: 'nope' }] }),
    addresses.list({ link: 'a' }),
  ]);
  t.same(
    ended.map((one) => (one.status === 'rejected' ? `${one.reason.code} ${one.reason.subject}` : 'ok')),
    ["ENODEV link 'nope'", 'ok', "ENODEV link 'nope'", "ENODEV link 'nope'", "ENODEV link 'nope'", 'ok'],
  );
  t.same(
    kernel.requests
      .filter(({ type }) => type !== 18)
      .map(({ type }) => type)
      .sort(),
    [20, 22],
  );
});

t.test('names that JavaScript would trip over', async (t) => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const { addresses, seen } = clientFor(new Map(names.map((name, at) => [name, at + 1])));
  await Promise.all(names.map((name) => addresses.add(name, '10.0.0.1/24')));
  t.same(seen(), [...names, 1, 2, 3, 4]);
  t.equal(({} as { polluted?: unknown }).polluted, undefined);
});

t.test('a list of what a name means waits for the changes before it', async (t) => {
  const { kernel, links, addresses } = clientFor(new Map([['a', 1]]));
  await Promise.all([links.set(1, { name: 'b' }), addresses.list({ link: 'b' })]);
  t.same(
    kernel.requests.map(({ type }) => type),
    [19, 18, 22],
  );
  t.equal(addressMessage.decode(kernel.requests[2]?.payload ?? new Uint8Array()).header.index, 1);
});

t.test('many different names: one round of look-ups', async (t) => {
  const map = new Map(Array.from({ length: 5000 }, (_, at) => [`l${at}`, at + 1]));
  const { kernel, addresses } = clientFor(map);
  const { answer } = kernel;
  kernel.answer = (request) => {
    if (request.type !== 18) return answer(request);
    const { name = '' } = linkOf(request);
    return [linkAnswer(request.sequence, map.get(name) ?? 0, name)];
  };
  await Promise.all([...map.keys()].map((name) => addresses.add(name, '10.0.0.1/24')));
  t.equal(kernel.requests.length, 10_000);
  t.ok(kernel.sends.length < 100);
});
