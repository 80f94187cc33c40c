import { close } from './file.ts';
import { call, koffi, native, pinKoffi } from './native.ts';

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const epollCreateCall = native<[flags: number]>('int epoll_create1(int)');
const epollCtlCall = native<[epoll: number, operation: number, fd: number, event: Uint8Array]>(
  'int epoll_ctl(int, int, int, void *)',
);

/**
 * Asks the kernel whether a descriptor can be watched at all, by adding it to an epoll of its own: libuv would be
 * told the same, but koffi ends the process over it.
 *
 * @throws SystemError EPERM: regular files, directories, namespaces; EBADF; EMFILE
 */
export function assertPollable(fd: number): void {
  const epoll = call(epollCreateCall, EPOLL_CLOEXEC);
  try {
    call(epollCtlCall, epoll, EPOLL_CTL_ADD, fd, Buffer.alloc(16));
  } finally {
    close(epoll);
  }
}

/** What koffi's poll callback really gets; its type declarations leave the status out. */
export type PollListener = (
  /** 0, or a negative errno of libuv: it has stopped the handle. */
  status: number,
  events: { readonly readable: boolean; readonly disconnect: boolean },
) => void;

/** A libuv poll handle in koffi's hands. After `close`, every other method is a null pointer dereference. */
export interface PollHandle {
  start(events: PollEvents, listener: PollListener): void;
  stop(): void;
  close(): void;
  ref(): void;
  unref(): void;
}

/** What is waited for. */
export interface PollEvents {
  readonly readable?: boolean;
  readonly writable?: boolean;
  readonly disconnect?: boolean;
}

/** Something to read, and the hang-up of the other side (POLLRDHUP), which is told apart by it. */
export const READABLE: PollEvents = { readable: true, disconnect: true };
/** Room to write, or the end of a `connect`. */
export const WRITABLE: PollEvents = { writable: true };

let pinned = false;

/**
 * Starts a handle. The descriptor must be one that epoll takes and libuv does not watch yet: anything else aborts.
 *
 * @param listener must not throw: koffi swallows the exception and never calls again
 */
export function startPoll(fd: number, events: PollEvents, listener: PollListener): PollHandle {
  if (!pinned) pinKoffi();
  pinned = true;
  // koffi declares listeners with one parameter, the events; what it calls them with is the status and the events.
  const node = koffi().node as unknown as {
    poll(fd: number, events: PollEvents, listener: PollListener): PollHandle;
  };
  return node.poll(fd, events, listener);
}

/** Node 26 runs no microtasks after such a callback; 20, 22 and 24 do, and a `setImmediate` costs 0.6 µs of 4.6. */
const NEEDS_DRAIN = Number.parseInt(process.versions.node, 10) >= 25;
let scheduled = false;

/**
 * Sees to it that promises settled in a poll callback continue in this turn of the loop: after an immediate Node runs
 * the microtasks, whoever has set it.
 */
export function drainMicrotasks(): void {
  if (!NEEDS_DRAIN || scheduled) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
  });
}
