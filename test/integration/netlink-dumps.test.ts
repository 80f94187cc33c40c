import { execFileSync } from 'node:child_process';
import type { TraceEvent } from '@nsnet/netlink';
import t from 'tap';
import { lacking } from '../support/namespaces.ts';
import { type Room, withBridges } from '../support/room.ts';

const skip = lacking('ip', 'nsenter');

/** Adds links `d1`, `d2` … while lists are being received, which are then flagged NLM_F_DUMP_INTR. */
async function disturbed(here: Room, disturb: (list: number) => boolean) {
  let lists = 0;
  let heard = 0;
  const enter = `--net=/proc/${process.pid}/fd/${here.ns.fd}`;
  const trace = ({ direction, type, flags }: TraceEvent) => {
    if (direction === 'out' && flags.includes('dump')) {
      lists++;
      heard = 0;
    } else if (type === 'RTM_NEWLINK' && ++heard === 1 && disturb(lists)) {
      execFileSync('nsenter', [enter, 'ip', 'link', 'add', `d${lists}`, 'type', 'bridge']);
    }
  };
  return { rt: await here.client({ trace }), lists: () => lists };
}

t.test('a list that is disturbed is made again', { skip }, async (t) => {
  for (const times of [1, 3, 9]) {
    await using here = await withBridges(150);
    const { rt, lists } = await disturbed(here, (list) => list <= times);
    const links = await rt.links.list();
    t.equal(lists(), times + 1);
    t.equal(links.length, 151 + times, 'the state after the last disturbance');
  }
});

t.test('a list that is always disturbed is given up', { skip }, async (t) => {
  await using here = await withBridges(150);
  const { rt, lists } = await disturbed(here, () => true);
  t.match(await rt.links.list().catch((error) => error), { name: 'DumpInterruptedError', attempts: 10 });
  t.equal(lists(), 10);
  t.match(await rt.links.get('b1'), { name: 'b1' });
});

t.test('under churn no list is a mixture', { skip }, async (t) => {
  await using here = await withBridges(100);
  const { rt } = here;
  const churner = await here.client();
  // Links m0, m1 … of which there are always ten or eleven in a row: a mixture of two states has a gap or too many.
  const [first, window] = [10, 10];
  for (let at = 0; at < window; at++) await churner.links.add({ kind: 'bridge', name: `m${at}` });
  let running = true;
  const churn = (async () => {
    for (let at = window; running; at++) {
      await churner.links.add({ kind: 'bridge', name: `m${at}` });
      await churner.links.delete(`m${at - window}`);
    }
  })();
  const found: number[][] = [];
  let given = 0;
  for (let round = 0; round < 150; round++) {
    try {
      const names = (await rt.links.list()).map(({ name }) => /^m(\d+)$/.exec(name)?.[1]);
      found.push(names.flatMap((digits) => (digits === undefined ? [] : [Number(digits)])));
    } catch (error) {
      if ((error as { name: string }).name !== 'DumpInterruptedError') throw error;
      given++;
    }
  }
  running = false;
  await churn;
  const mixed = found.filter(
    (list) =>
      list.length < window ||
      list.length > window + 1 ||
      list.some((one, at) => at > 0 && one !== (list[at - 1] ?? 0) + 1),
  );
  t.same(mixed, []);
  t.ok(found.length > given, `${given} of 150 lists were given up`);
  const last = found.at(-1)?.at(-1) ?? 0;
  t.ok(last > first, `${last} links came while it was listed`);
});
