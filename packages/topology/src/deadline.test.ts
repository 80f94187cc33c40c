import { getEventListeners } from 'node:events';
import t from 'tap';
import { Deadline } from './deadline.ts';

t.test('whichever comes first', async (t) => {
  const reason = new Error('enough');
  const controller = new AbortController();
  {
    using deadline = new Deadline({ signal: controller.signal, timeout: 10_000 });
    deadline.check();
    controller.abort(reason);
    t.throws(() => deadline.check(), reason);
    t.equal(deadline.overdue, false);
  }
  using late = new Deadline({ signal: new AbortController().signal, timeout: 0 });
  await new Promise((resolve) => late.signal.addEventListener('abort', resolve));
  t.equal(late.overdue, true);
  t.throws(() => late.check());
  using early = new Deadline({ signal: controller.signal });
  t.equal(early.signal.reason, reason, 'aborted before it began');
});

t.test('nothing is left of it', async (t) => {
  const controller = new AbortController();
  const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  for (let round = 0; round < 20; round++) {
    using deadline = new Deadline({ signal: controller.signal, timeout: 100_000 });
    deadline.check();
  }
  t.equal(getEventListeners(controller.signal, 'abort').length, 0);
  t.equal(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length, before);
});
