import { ClosedError } from '../errors.ts';
import type { MonitorSocket } from '../socket/monitor-socket.ts';
import { EventQueue } from './event-queue.ts';
import type { RtEvent, Subject } from './events.ts';
import { Follower } from './follower.ts';
import { type Services, specsOf } from './subjects.ts';

/** What to watch. */
export interface MonitorOptions {
  /** Default: links, addresses, routes and rules. */
  readonly groups?: readonly Subject[] | undefined;
  /** Begin with what is there, as `new` events, then `ready`. Default: no. */
  readonly snapshot?: boolean | undefined;
  /** Watch every namespace that has a number in this one; their events carry it, and begin without a snapshot. */
  readonly allNamespaces?: boolean | undefined;
  /** Ends the iteration with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Receive buffer to ask for, bytes: default 8 MiB, some ten thousand events. */
  readonly receiveBuffer?: number | undefined;
}

/** Opens a socket in the given groups. */
export type OpenMonitorSocket = (groups: readonly number[]) => Promise<MonitorSocket>;

/** Events waiting for the consumer; beyond, they wait in the kernel, and what that loses comes as one `resync`. */
const queueLimit = 1024;

/** A running monitor, for the client that made it. */
export interface Monitor {
  readonly events: EventQueue<RtEvent>;
  /** Ends it because the client is closed. */
  close(): void;
}

/** Starts watching. `ended` is called once, when nobody watches any more: before this returns, if the signal says so. */
export function startMonitor(
  options: MonitorOptions,
  services: Services,
  open: OpenMonitorSocket,
  ended: () => void,
): Monitor {
  const { groups = ['link', 'address', 'route', 'rule'], snapshot = false, signal } = options;
  let follower: Follower | undefined;
  let over = false;
  const events: EventQueue<RtEvent> = new EventQueue({
    taken: (left) => {
      if (left === queueLimit / 2) follower?.resume();
    },
    ended: () => {
      over = true;
      signal?.removeEventListener('abort', abort);
      follower?.close();
      ended();
    },
  });
  const fail = (error: unknown) => events.fail(error);
  const abort = () => fail(signal?.reason);
  const start = async () => {
    const specs = specsOf(groups);
    const socket = await open(Follower.groupsOf(specs));
    if (over) return socket.close();
    const emit = (event: RtEvent) => {
      if (events.push(event) >= queueLimit) follower?.pause();
    };
    follower = new Follower({ socket, services, specs, subjects: groups, snapshot, emit, fail });
    await follower.start();
  };
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  else start().catch(fail);
  return { events, close: () => fail(new ClosedError('the client was closed')) };
}
