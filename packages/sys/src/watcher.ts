import { AsyncResource } from 'node:async_hooks';
import { POLL, SIOC } from './constants.ts';
import { ERRNO } from './errno.ts';
import { SystemError } from './errors.ts';
import { close, dup, ioctl, poll } from './file.ts';
import {
  assertPollable,
  drainMicrotasks,
  type PollEvents,
  type PollHandle,
  type PollListener,
  READABLE,
  startPoll,
  WRITABLE,
} from './handle.ts';

/** A running watch, made by `watchReadable` or `watchWritable`. */
export interface Watcher {
  /** True after `close`, or after an error that ended the watch. */
  readonly closed: boolean;
  /** Ends the watch, for good; the callback is never called again. May be called at any time, any number of times. */
  close(): void;
  /** Lets the watch keep the process alive (the default). */
  ref(): this;
  /** Lets the process end in spite of the watch. */
  unref(): this;
  /** `close()`, for `using`. */
  [Symbol.dispose](): void;
}

/** Options of `watchReadable` and `watchWritable`. */
export interface WatchOptions {
  /** Told why the watch ended by itself. Without it, that error is thrown as an uncaught exception. */
  readonly onError?: (error: SystemError) => void;
}

/** Watches by the descriptor they were asked for. Also what keeps them from the collector: koffi keeps no reference. */
const watchers = new Map<number, DescriptorWatcher>();

/** Turns without progress before the pace goes down, and the slowest pace in milliseconds. */
const PATIENCE = 8;
const SLOWEST = 100;

class DescriptorWatcher implements Watcher {
  closed = false;
  readonly #context = new AsyncResource('nsnet.watcher');
  readonly #fd: number;
  readonly #poll: number;
  readonly #handle: PollHandle;
  readonly #events: PollEvents;
  readonly #onReady: () => void;
  readonly #onError: ((error: SystemError) => void) | undefined;
  #referenced = true;
  #stalls = 0;
  #pause: NodeJS.Timeout | undefined;

  constructor(fd: number, events: PollEvents, onReady: () => void, { onError }: WatchOptions) {
    if (watchers.has(fd)) throw new SystemError(ERRNO.EEXIST, 'epoll_ctl');
    this.#fd = fd;
    this.#events = events;
    this.#onReady = onReady;
    this.#onError = onError;
    // libuv must never meet a number it watches already, nor one that is closed under it: koffi and libuv abort the
    // process then. A duplicate of our own rules out both.
    this.#poll = dup(fd);
    try {
      assertPollable(this.#poll);
      this.#handle = startPoll(this.#poll, events, this.#listener);
    } catch (error) {
      close(this.#poll);
      throw error;
    }
    watchers.set(fd, this);
  }

  close(): void {
    if (this.closed) return;
    this.#end();
    close(this.#poll);
  }

  ref(): this {
    this.#referenced = true;
    this.#pause?.ref();
    if (!this.closed) this.#handle.ref();
    return this;
  }

  unref(): this {
    this.#referenced = false;
    this.#pause?.unref();
    if (!this.closed) this.#handle.unref();
    return this;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  readonly #listener: PollListener = (status, { disconnect }) => {
    if (this.closed) return;
    drainMicrotasks();
    this.#run(this.#onReady);
    // libuv has stopped the handle if status is negative (POLLERR, for netlink: ENOBUFS).
    if (this.closed) return;
    if (status < 0 || disconnect) this.#run(() => this.#resume(status < 0));
    else this.#stalls = 0;
  };

  /** Goes on after an error or a hang-up: at once if the owner has dealt with it, else at a falling pace. */
  #resume(stopped: boolean): void {
    const state = poll(this.#poll, POLL.IN | POLL.RDHUP, 0);
    if (state & POLL.NVAL) {
      this.#fail(new SystemError(ERRNO.EBADF, 'poll'));
      return;
    }
    this.#stalls = this.#isStuck(state) ? this.#stalls + 1 : 0;
    if (this.#stalls <= PATIENCE) {
      if (stopped) this.#handle.start(this.#events, this.#listener);
      return;
    }
    if (!stopped) this.#handle.stop();
    this.#pause = setTimeout(this.#restart, Math.min(SLOWEST, 2 ** (this.#stalls - PATIENCE)));
    if (!this.#referenced) this.#pause.unref();
  }

  readonly #restart = (): void => {
    this.#pause = undefined;
    // Somebody may have closed our duplicate (close_range): to libuv that would be fatal.
    if (poll(this.#poll, 0, 0) & POLL.NVAL) this.#fail(new SystemError(ERRNO.EBADF, 'poll'));
    else this.#handle.start(this.#events, this.#listener);
  };

  /** True if epoll will report the same again at once, and there is nothing to read: an error nobody takes, or the end. */
  #isStuck(state: number): boolean {
    if (state & POLL.ERR) return true;
    if (!(state & (POLL.HUP | POLL.RDHUP))) return false;
    if (!(state & POLL.IN)) return true;
    const waiting = Buffer.alloc(4);
    try {
      ioctl(this.#poll, SIOC.INQ, waiting);
    } catch {
      return false; // No such request on this kind of file: take it for data.
    }
    return waiting.readInt32LE() === 0;
  }

  /** Ends the watch when its descriptor has gone: whoever has the number now shall keep it. */
  #fail(error: SystemError): void {
    this.#end();
    const onError = this.#onError;
    if (onError) this.#run(() => onError(error));
    else rethrow(error);
  }

  /** Stops everything. libuv takes the descriptor out of its epoll here, so that it may be closed from now on. */
  #end(): void {
    this.closed = true;
    watchers.delete(this.#fd);
    clearTimeout(this.#pause);
    this.#handle.close();
  }

  /** Runs a function in the asynchronous context of the watch. koffi would swallow an exception and fall silent. */
  #run(action: () => void): void {
    try {
      this.#context.runInAsyncScope(action);
    } catch (error) {
      rethrow(error);
    }
  }
}

function rethrow(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

/**
 * Calls back whenever a descriptor has something to read, or an error to tell: the owner reads until EAGAIN, and finds
 * the error (ENOBUFS) or the end of file there.
 *
 * - The callback runs in the asynchronous context (`AsyncLocalStorage`) of this call. What it throws becomes an
 *   uncaught exception, and the watch goes on.
 * - An open watch is never collected, and keeps the process alive unless `unref` is called.
 * - It goes on after socket errors, at which libuv stops. An error or end of file that the owner leaves there is
 *   reported at a falling pace, at last ten times a second.
 * - The descriptor becomes non-blocking (`O_NONBLOCK`), for every holder of the open file.
 * - The watch holds a duplicate of the descriptor: close the watch before the descriptor, or the file stays open.
 *
 * @param fd a socket, pipe, pidfd or anything else that epoll takes; one watch at a time
 * @param onReadable called without arguments
 * @throws SystemError EBADF; EEXIST: watched already; EPERM: a file that is always ready, such as a regular one
 */
export function watchReadable(fd: number, onReadable: () => void, options: WatchOptions = {}): Watcher {
  return new DescriptorWatcher(fd, READABLE, onReadable, options);
}

/**
 * Calls back when a descriptor takes what is written: at once for most, and for a stream socket after a non-blocking
 * `connect` when that is decided, which `SO.ERROR` tells. It calls in every turn of the event loop as long as there is
 * room, so the owner closes it when it has heard enough.
 *
 * The rest is as with `watchReadable`, which can't watch the same descriptor at the same time.
 *
 * @param fd a socket, pipe or anything else that epoll takes; one watch at a time
 * @param onWritable called without arguments
 * @throws SystemError EBADF; EEXIST: watched already; EPERM: a file that is always ready, such as a regular one
 */
export function watchWritable(fd: number, onWritable: () => void, options: WatchOptions = {}): Watcher {
  return new DescriptorWatcher(fd, WRITABLE, onWritable, options);
}
