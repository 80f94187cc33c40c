import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { lacking } from '../support/namespaces.ts';
import { type Room, room } from '../support/room.ts';

const skip = lacking('ip', 'nsenter');

const routeCount = 50_000;

/** A namespace with `routeCount` routes beside that of the address. */
async function withRoutes(): Promise<Room> {
  const here = await room();
  here.ip('link add e0 up type veth peer name e1', 'link set e1 up', 'address add 10.0.0.1/24 dev e0');
  here.sh(
    `awk 'BEGIN { for (i = 0; i < ${routeCount}; i++) printf "route add 172.%d.%d.%d via 10.0.0.2\\n", 16 + i / 65536, i / 256 % 256, i % 256 }' | ip -batch -`,
  );
  return here;
}

t.test('50,000 routes, listed and one by one', { skip }, async (t) => {
  await using here = await withRoutes();
  const { routes } = here.rt;
  const list = await routes.list();
  t.equal(list.filter(({ destination }) => destination.startsWith('172.')).length, routeCount);

  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const seen: WeakRef<object>[] = [];
  let alive = 0;
  let different = 0;
  for await (const route of routes.iterate()) {
    const at = seen.push(new WeakRef(route)) - 1;
    if (route.destination !== list[at]?.destination || route.via !== list[at]?.via) different++;
    if (at % 10_000 !== 9999) continue;
    collect();
    alive = Math.max(alive, seen.filter((reference) => reference.deref() !== undefined).length);
  }
  t.equal(seen.length, list.length);
  t.equal(different, 0, 'the same, in the same order');
  // A datagram of 32 KiB has some 500 of them.
  t.ok(alive < 2000, `no more than ${alive} were held at a time`);

  let taken = 0;
  for await (const _ of routes.iterate({ family: 'inet' })) if (++taken === 100) break;
  t.equal(taken, 100, 'leaving early');
  const several = await Promise.all(
    Array.from({ length: 3 }, async () => {
      let count = 0;
      for await (const _ of routes.iterate()) count++;
      return count;
    }),
  );
  t.same(several, [list.length, list.length, list.length], 'several at once');

  const { index } = await here.rt.links.get('e0');
  const before = Date.now();
  await Promise.all(
    list
      .filter(({ via }) => via !== undefined)
      .slice(0, 5000)
      .map(({ destination }) => routes.delete({ destination, link: index })),
  );
  t.equal((await routes.list()).length, list.length - 5000, `5,000 removed at once in ${Date.now() - before} ms`);
});
