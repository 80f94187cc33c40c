import { readdirSync } from 'node:fs';
import { Rtnetlink } from '@nsnet/netlink';
import t from 'tap';
import { lacking } from '../support/namespaces.ts';
import { outcome, room, withBridges } from '../support/room.ts';

const skip = lacking('ip', 'nsenter');

t.test('10,000 gets at once, each with its own answer', { skip }, async (t) => {
  await using here = await withBridges(100);
  const { rt } = here;
  const links = await rt.links.list();
  const asked = Array.from({ length: 10_000 }, (_, at) =>
    at % 7 === 0 ? 5000 + at : (links[at % links.length]?.index ?? 0),
  );
  const answers = await Promise.allSettled(asked.map((index) => rt.links.get(index)));
  const wrong = answers.filter((answer, at) =>
    answer.status === 'fulfilled'
      ? answer.value.index !== asked[at] || answer.value.name !== links.find(({ index }) => index === asked[at])?.name
      : answer.reason.code !== 'ENODEV' || answer.reason.subject !== `link ${asked[at]}`,
  );
  t.same(wrong, []);
  t.equal(answers.filter(({ status }) => status === 'rejected').length, Math.ceil(10_000 / 7));
  t.match(rt.stats(), { requests: 10_001, overruns: 0, late: 0, malformed: 0, inFlight: 0 });
});

t.test('the same with the receive buffers that there can be', { skip }, async (t) => {
  await using here = await withBridges(20);
  for (const receiveBuffer of [1, 32 * 1024, 212_992 / 2]) {
    const rt = await here.client({ receiveBuffer });
    const gets = Array.from({ length: 2000 }, (_, at) => outcome(rt.links.get(at % 2 === 0 ? 'b1' : 'nope')));
    const ends = await Promise.all([...gets, outcome(rt.links.list()), outcome(rt.links.list())]);
    const count = (end: string) => ends.filter((one) => one === end).length;
    t.same([count('ok'), count('ENODEV')], [1002, 1000], `${rt.stats().receiveBuffer} bytes`);
    t.match(rt.stats(), { overruns: 0, late: 0, inFlight: 0 });
  }
});

t.test('200 lists at once, and two of everything: never EBUSY', { skip }, async (t) => {
  await using here = await withBridges(100);
  const { links, addresses, routes, neighbours, rules, nsids } = here.rt;
  const lists = await Promise.all(Array.from({ length: 200 }, () => links.list()));
  t.ok(lists.every(({ length }) => length === 101));
  const others = [addresses, routes, neighbours, rules, nsids].flatMap((one) => [one.list(), one.list()]);
  t.equal((await Promise.all(others)).length, 10);
});

t.test('lists together with changes and gets', { skip }, async (t) => {
  await using here = await withBridges(100);
  const { rt } = here;
  const changes = Array.from({ length: 300 }, (_, at) => rt.links.set(`b${at % 100}`, { mtu: 1000 + at }));
  const more = Array.from({ length: 300 }, (_, at) => rt.addresses.add('b0', `10.0.${at >> 8}.${at & 255}/32`));
  const lists = Array.from({ length: 20 }, () => rt.links.list());
  const added = Array.from({ length: 20 }, (_, at) => rt.links.add({ kind: 'bridge', name: `n${at}` }));
  const removed = Array.from({ length: 20 }, (_, at) => rt.links.delete(`b${at + 80}`));
  await Promise.all([...changes, ...more, ...added, ...removed]);
  for (const list of await Promise.all(lists)) t.ok(list.length >= 81 && list.length <= 121, `${list.length}`);
  const links = await rt.links.list();
  t.same(
    links.map(({ name }) => name),
    ['lo', ...Array.from({ length: 80 }, (_, at) => `b${at}`), ...Array.from({ length: 20 }, (_, at) => `n${at}`)],
  );
  t.equal((await rt.addresses.list({ link: 'b0' })).length, 300);
  t.match(rt.stats(), { overruns: 0, late: 0, inFlight: 0 });
});

t.test('1,000 links made and removed at once, by group too', { skip }, async (t) => {
  await using here = await room();
  const { links } = here.rt;
  await Promise.all(
    Array.from({ length: 500 }, (_, at) =>
      links.add({ kind: 'veth', name: `a${at}`, group: 7, peer: { name: `p${at}` } }),
    ),
  );
  t.equal((await links.list()).length, 1001);
  await Promise.all(Array.from({ length: 20 }, (_, at) => links.delete(`a${at}`)));
  await links.delete({ group: 7 });
  t.equal((await links.list()).length, 1);
});

t.test('descriptors: none is left by clients, lists and iterations', { skip }, async (t) => {
  await using here = await withBridges(5);
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const before = descriptors();
  for (let round = 0; round < 50; round++) {
    const rt = await Rtnetlink.open({ namespace: here.ns });
    const pending = [rt.links.list(), rt.links.add({ kind: 'bridge' }), rt.routes.iterate().next()].map(outcome);
    if (round % 2 === 0) await Promise.all(pending);
    await rt.close();
    await rt.close();
    await Promise.all(pending);
  }
  // What a thread is still sending is closed when that is over.
  const deadline = Date.now() + 10_000;
  let left = descriptors();
  for (; left > before && Date.now() < deadline; left = descriptors()) await here.rt.links.list();
  t.ok(left <= before, `${left} of ${before} are open`);
});
