import t, { type Test } from 'tap';
import { ack } from '../protocol/datagrams.test.helper.ts';
import { MessageFlag } from '../protocol/header.ts';
import { Channel } from './channel.ts';
import { FakeKernel, type Incoming, linkAnswer, linkOf } from './fake-kernel.test.helper.ts';
import { Links } from './links.ts';

// Time here is counted, not measured: the clock stands still but for what the kernel takes.
const slice = 2;
/** What a system call takes, ms: far more than in truth, so that few are enough. */
const perSend = 0.1;
const perRequest = 0.01;
const perReceive = 0.02;

/** How long the event loop was held at a stretch while `work` ran, ms of the counted time. */
async function longestStretch(t: Test, work: (kernel: FakeKernel, links: Links) => Promise<unknown>): Promise<number> {
  let now = performance.now();
  const clock = t.capture(performance, 'now', () => now);
  let turnBegan = now;
  let longest = 0;
  const spend = (time: number) => {
    now += time;
    longest = Math.max(longest, now - turnBegan);
  };
  class SlowKernel extends FakeKernel {
    override send(bytes: Uint8Array, length: number): number {
      const sent = super.send(bytes, length);
      spend(perSend + (this.sends.at(-1)?.length ?? 0) * perRequest);
      return sent;
    }
    override receive(into: Uint8Array): number {
      spend(perReceive);
      return super.receive(into);
    }
  }
  let running = true;
  const turn = () => {
    turnBegan = now;
    if (running) setImmediate(turn);
  };
  turn();
  const kernel = new SlowKernel((request) => {
    const { index } = linkOf(request);
    return request.type === 18
      ? [linkAnswer(request.sequence, index, 'x')]
      : request.wantsAck
        ? [ack(request.sequence)]
        : [];
  });
  await work(kernel, new Links(new Channel(kernel)));
  running = false;
  clock.restore();
  return longest;
}

/** One more send and some receives may begin within the slice. */
const most = slice + perSend + 128 * perRequest + 8 * perReceive;

t.test('thousands of requests at once', async (t) => {
  const stretch = await longestStretch(t, (_kernel, links) =>
    Promise.all(Array.from({ length: 5000 }, (_, at) => links.get(at + 1))),
  );
  t.ok(stretch > slice, 'it takes several slices');
  t.ok(stretch <= most, `${stretch} ms`);
});

t.test('thousands of changes at once', async (t) => {
  const stretch = await longestStretch(t, (_kernel, links) =>
    Promise.all(Array.from({ length: 5000 }, (_, at) => links.set(at + 1, { mtu: 1400 }))),
  );
  t.ok(stretch <= most, `${stretch} ms`);
});

t.test('a loop that awaits one request after another', async (t) => {
  const stretch = await longestStretch(t, async (_kernel, links) => {
    for (let at = 1; at <= 1000; at++) await links.get(at);
  });
  // It is only noticed when the turn has taken longer than a slice already.
  t.ok(stretch <= slice + most, `${stretch} ms`);
});

t.test('a long list', async (t) => {
  const stretch = await longestStretch(t, (kernel, links) => {
    const { answer } = kernel;
    kernel.answer = (request) => {
      if (!request.isDump) return answer(request);
      let part = 0;
      const next = (): readonly Incoming[] =>
        ++part < 3000 ? [linkAnswer(request.sequence, part, 'x', MessageFlag.multi), next] : [ack(request.sequence)];
      return [next];
    };
    return links.list();
  });
  t.ok(stretch > slice, 'it takes several slices');
  t.ok(stretch <= most, `${stretch} ms`);
});

t.test('many who loop', async (t) => {
  const stretch = await longestStretch(t, (_kernel, links) =>
    Promise.all(
      Array.from({ length: 50 }, async () => {
        for (let at = 1; at <= 50; at++) await links.get(at);
      }),
    ),
  );
  t.ok(stretch <= slice + most, `${stretch} ms`);
});
