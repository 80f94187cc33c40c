import { isMainThread } from 'node:worker_threads';
import { SystemError } from '@nsnet/sys';
import { type Attempt, NamespaceError, refused } from '../errors.ts';
import { trace } from '../trace.ts';
import type { Patience, Result } from './call.ts';
import { Connection } from './connection.ts';
import { type Launched, launch } from './launch.ts';
import { encodeRequest, type Operation, type Reply, type Step } from './protocol.ts';

/** Longest pause before a helper that keeps dying is started again, milliseconds. */
const LONGEST_PAUSE = 1000;

/**
 * A loaded machine takes seconds to start a Node process. An answer takes microseconds, except for `create`, which
 * waits while the kernel takes other namespaces down: with hundreds of them, for seconds. A helper that was killed or
 * stopped is not waited for.
 */
const PATIENCE: Patience = { start: 10_000, answer: 20_000 };

/** What is asked of the helper. */
export interface Order extends Attempt {
  readonly operation: Operation;
  /** Descriptor of the namespace it is about; may be closed as soon as the call has returned. */
  readonly fd?: number | undefined;
  readonly numbers?: readonly [a: number, b: number, c: number];
  readonly text?: string;
  readonly data?: Buffer;
}

/** The system call behind each step, for error texts. */
const SYSCALL: Readonly<Partial<Record<Step, string>>> = {
  enter: 'setns',
  create: 'unshare',
  open: 'open',
  socket: 'socket',
  read: 'read',
  write: 'write',
  list: 'getdents64',
};

/** Where orders go: a helper, started by the first one, and its successors, each started by the next order. */
export class HelperClient {
  readonly #launch: () => Launched;
  readonly #patience: Patience;
  #connection: Connection | undefined;
  /** Helpers in a row that died before their first answer. */
  #failures = 0;
  #lastId = 0;
  #hooked = false;

  constructor(options: { readonly launch?: () => Launched; readonly patience?: Patience } = {}) {
    this.#launch = options.launch ?? launch;
    this.#patience = options.patience ?? PATIENCE;
  }

  /** Process id of the running helper. */
  get pid(): number | undefined {
    return this.#connection?.pid;
  }

  /**
   * Has a descriptor made, which the caller owns then.
   *
   * @throws NamespaceError
   */
  async make(order: Order): Promise<number> {
    return (await this.#perform(order, true)).fd;
  }

  /**
   * Has something read or written.
   *
   * @throws NamespaceError
   */
  async ask(order: Order): Promise<Reply> {
    return (await this.#perform(order, false)).reply;
  }

  /** Ends the helper; the next order starts another. */
  close(): void {
    this.#connection?.close();
  }

  /** Not async: the order, and the namespace's descriptor with it, is on its way when this returns. */
  #perform(order: Order, makes: boolean): Promise<Result> {
    return this.#submit(order, makes).then(
      (result) => {
        const { errno, step } = result.reply;
        if (errno === 0) return result;
        throw refused({ ...order, step }, new SystemError(errno, SYSCALL[step] ?? step));
      },
      (error: unknown) => {
        throw refused(order, error);
      },
    );
  }

  #submit({ asked, fd: namespace, numbers: [a, b, c] = [0, 0, 0], ...order }: Order, makes: boolean): Promise<Result> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId();
      const frame = encodeRequest({ ...order, id, a, b, c });
      const call = { id, frame, asked, namespace, makes, resolve, reject };
      // The helper there is may have been killed meanwhile, and its successor may not start.
      for (let tries = 0; tries < 3; tries++) if (this.#connected().submit(call)) return;
      reject(
        new NamespaceError(`Can't ${asked}: helper processes end at once.`, {
          code: 'ERR_HELPER_DIED',
          step: 'helper',
        }),
      );
    });
  }

  #connected(): Connection {
    if (this.#connection) return this.#connection;
    const pause = this.#failures === 0 ? 0 : Math.min(LONGEST_PAUSE, 10 * 2 ** (this.#failures - 1));
    const connection = new Connection({
      launch: this.#launch,
      patience: this.#patience,
      pause,
      onEnd: () => {
        trace('helper %d has ended', connection.pid);
        this.#failures = connection.proven ? 0 : this.#failures + 1;
        if (this.#connection === connection) this.#connection = undefined;
      },
    });
    this.#connection = connection;
    this.#endWithThread();
    this.#greet(connection);
    connection.start();
    return connection;
  }

  /** A process takes its descriptors with it when it ends, a thread does not: its helper would stay. */
  #endWithThread(): void {
    if (isMainThread || this.#hooked) return;
    this.#hooked = true;
    process.once('exit', () => this.close());
  }

  /** The first request: a helper of another version does not answer it, nor what follows. */
  #greet(connection: Connection): void {
    const id = this.#nextId();
    const started = performance.now();
    connection.submit({
      id,
      frame: encodeRequest({ operation: 'hello', id }),
      asked: 'start the helper',
      namespace: undefined,
      makes: false,
      resolve: () => trace('helper %d started in %d ms', connection.pid, Math.round(performance.now() - started)),
      // Whoever asked for the helper hears of it.
      reject: () => {},
    });
  }

  #nextId(): number {
    this.#lastId = (this.#lastId + 1) >>> 0;
    return this.#lastId;
  }
}
