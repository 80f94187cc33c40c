import t from 'tap';
import type { MonitorSocket } from '../socket/monitor-socket.ts';
import { startMonitor } from './monitor.ts';
import type { Services } from './subjects.ts';

const services = {} as Services;

t.test('a consumer that leaves while the socket is being opened: it is closed, and never read', async (t) => {
  const socket = { closed: false };
  let opened: (socket: MonitorSocket) => void = () => {};
  const open = () =>
    new Promise<MonitorSocket>((resolve) => {
      opened = resolve;
    });
  let ended = 0;
  const { events } = startMonitor({}, services, open, () => ended++);
  await events.return();
  opened({ close: () => (socket.closed = true) } as unknown as MonitorSocket);
  await new Promise(setImmediate);
  t.equal(socket.closed, true);
  t.equal(ended, 1);
});

t.test('a signal that was aborted before: nothing is opened, the reason is thrown', async (t) => {
  const reason = new Error('too late');
  let ended = 0;
  const open = () => Promise.reject(new Error('opened'));
  const { events } = startMonitor({ signal: AbortSignal.abort(reason) }, services, open, () => ended++);
  t.equal(ended, 1);
  await t.rejects(events.next(), reason);
});
