import type { ChildProcess } from 'node:child_process';
import {
  close,
  dup,
  ERRNO,
  type IncomingMessage,
  MSG,
  SystemError,
  sendmsg,
  tryRecvmsg,
  type Watcher,
  watchReadable,
} from '@nsnet/sys';
import { NamespaceError } from '../errors.ts';
import { Doom } from './doom.ts';
import type { Launched } from './launch.ts';
import { decodeReply, MAX_FRAME, type Reply } from './protocol.ts';

/** Most requests on their way at once: their frames and descriptors fit into the socket. */
const WINDOW = 64;
/** Bytes of the helper's error output that are kept. */
const STDERR_TAIL = 2000;
/** Time between two looks at a helper that owes an answer, milliseconds. */
const TICK = 500;
/** Time for the news of how the helper ended, milliseconds. */
const NEWS = 200;
/** Too many descriptors of this user are on their way. */
const ETOOMANYREFS = 109;

/** A request and who waits for its answer. */
export interface Call {
  readonly id: number;
  readonly frame: Buffer;
  /** What was asked for, for error texts: `open a socket in 'red'`. */
  readonly asked: string;
  /** Descriptor of the namespace; the caller's until `submit` returns, not used afterwards. */
  readonly namespace: number | undefined;
  /** Whether success brings a descriptor. */
  readonly makes: boolean;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** An answer. */
export interface Result {
  readonly reply: Reply;
  /** What was made, the receiver's; -1 if nothing is. */
  readonly fd: number;
}

/** How long a helper may take, milliseconds. */
export interface Patience {
  /** To its first answer. */
  readonly start: number;
  /** From one answer to the next while requests are open. */
  readonly answer: number;
}

/** What a connection is made of. */
export interface ConnectionOptions {
  readonly launch: () => Launched;
  readonly patience: Patience;
  /** Milliseconds to wait before the start. */
  readonly pause: number;
  /** Called once, at the end, before the open calls are rejected. */
  readonly onEnd: () => void;
}

/**
 * One helper process from start to end. Requests go out in order and are answered in order, so that only the oldest
 * can be late. It keeps this process alive only while a request is open.
 */
export class Connection {
  /** True once the helper has answered. */
  proven = false;
  readonly #options: ConnectionOptions;
  readonly #sent: Call[] = [];
  readonly #waiting: Call[] = [];
  #control = -1;
  #child: ChildProcess | undefined;
  #watcher: Watcher | undefined;
  #doom: Doom | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the oldest request became the oldest. */
  #since = 0;
  /** Why it ended, once it has. */
  #ended: { readonly code: string; readonly reason: string | undefined } | undefined;
  #stderr = '';
  /** Exit status or signal, once known. */
  #exit: { code: number | null; signal: string | null } | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** To be called once. Requests may be submitted before. */
  start(): void {
    const { pause } = this.#options;
    if (pause === 0) this.#start();
    else this.#timer = setTimeout(() => this.#start(), pause);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Sends a request, now or when there is room.
   *
   * @returns false if it is too late for this helper, which can't have got it
   */
  submit(call: Call): boolean {
    if (this.#ended) return false;
    if (this.#sent.length === 0 && this.#doom?.isNear()) {
      this.#end('ERR_HELPER_DIED');
      return false;
    }
    const outcome = this.#waiting.length > 0 ? 'full' : this.#send(call);
    if (outcome === 'full') this.#wait(call);
    return outcome !== 'gone';
  }

  #wait(call: Call): void {
    try {
      // The caller may close its descriptor, and the number may come to mean another file.
      this.#waiting.push({ ...call, namespace: call.namespace === undefined ? undefined : dup(call.namespace) });
    } catch (error) {
      call.reject(error);
    }
  }

  /** Ends the helper. */
  close(): void {
    this.#end('ERR_HELPER_DIED', 'was closed');
  }

  #start(): void {
    try {
      const { control, child } = this.#options.launch();
      this.#control = control;
      this.#child = child;
      child.on('error', (error) => {
        if (child.pid !== undefined) return; // A signal could not be sent.
        const reason = `could not be started (${error.message})`;
        // Its absence may have been noticed at the socket before.
        if (this.#ended) this.#ended = { code: 'ERR_HELPER_START', reason };
        else this.#end('ERR_HELPER_START', reason);
      });
      child.on('exit', (code, signal) => {
        this.#exit = { code, signal };
        this.#read();
        this.#end('ERR_HELPER_DIED');
      });
      child.stderr?.on('data', (chunk: Buffer) => {
        this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_TAIL);
      });
      if (child.pid !== undefined) this.#doom = new Doom(child.pid);
      this.#watcher = watchReadable(control, () => this.#read());
      this.#watcher.unref();
      this.#sendWaiting();
    } catch (error) {
      this.#end('ERR_HELPER_START', `could not be started (${error instanceof Error ? error.message : error})`);
    }
  }

  /** `'full'`: it has to wait; `'gone'`: the helper is. */
  #send(call: Call): 'sent' | 'full' | 'gone' {
    if (this.#control < 0 || this.#sent.length >= WINDOW) return 'full';
    try {
      const fds = call.namespace === undefined ? [] : [call.namespace];
      sendmsg(this.#control, { data: call.frame, fds }, MSG.NOSIGNAL);
    } catch (error) {
      const errno = error instanceof SystemError ? error.errno : 0;
      if ((errno === ERRNO.EAGAIN || errno === ETOOMANYREFS) && this.#sent.length > 0) return 'full';
      if (errno === ERRNO.EPIPE || errno === ERRNO.ECONNRESET) {
        this.#read();
        this.#end('ERR_HELPER_DIED');
        return 'gone';
      }
      call.reject(error);
      return 'sent';
    }
    this.#sent.push(call);
    if (this.#sent.length === 1) {
      this.#watcher?.ref();
      this.#watchTheClock();
    }
    return 'sent';
  }

  #sendWaiting(): void {
    for (let call = this.#waiting[0]; call && this.#send(call) === 'sent'; call = this.#waiting[0]) {
      this.#waiting.shift();
      if (call.namespace !== undefined) close(call.namespace);
    }
  }

  /** Starts the time of the oldest request. */
  #watchTheClock(): void {
    this.#since = performance.now();
    this.#tick();
  }

  #tick(): void {
    const { start, answer } = this.#options.patience;
    const limit = this.proven ? answer : start;
    const left = limit - (performance.now() - this.#since);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        // The event loop may have been held up all the time: what has arrived counts.
        if (this.#read()) return;
        // Killed while it waits in the kernel: the end of its socket comes later.
        if (this.#doom?.isNear()) this.#end('ERR_HELPER_DIED');
        else if (left > TICK) this.#tick();
        else this.#end(this.proven ? 'ERR_HELPER_TIMEOUT' : 'ERR_HELPER_START', `gave no answer for ${limit} ms`);
      },
      Math.min(TICK, left),
    );
  }

  /** Takes all that has arrived. @returns false if there was nothing */
  #read(): boolean {
    let answers = 0;
    while (!this.#ended && this.#control >= 0) {
      const message = tryRecvmsg(this.#control, receiveBuffer(), { maxFds: 1 });
      if (message === -ERRNO.EAGAIN) break;
      // It died with requests unread. Answers given before that follow.
      if (message === -ERRNO.ECONNRESET) continue;
      if (typeof message === 'number' || message.length === 0) {
        this.#end('ERR_HELPER_DIED');
      } else {
        answers++;
        this.#answer(message);
      }
    }
    if (answers > 0 && !this.#ended) this.#carryOn();
    return answers > 0 || this.#ended !== undefined;
  }

  /** Gives an answer to the oldest request. */
  #answer({ length, fds, truncated, controlTruncated }: IncomingMessage): void {
    const reply = truncated ? undefined : decodeReply(receiveBuffer().subarray(0, length));
    const call = this.#sent[0];
    const expected = call?.makes && reply?.errno === 0 ? 1 : 0;
    const lost = controlTruncated && fds.length < expected;
    if (!reply || reply.id !== call?.id || (fds.length !== expected && !lost)) {
      for (const fd of fds) close(fd);
      this.#end('ERR_HELPER_PROTOCOL', 'gave an answer that makes no sense');
      return;
    }
    this.#sent.shift();
    this.proven = true;
    if (lost) call.reject(new SystemError(ERRNO.EMFILE, 'recvmsg'));
    else call.resolve({ reply, fd: fds[0] ?? -1 });
  }

  /** After answers: sends what waits, and lets this process end when nothing is left. */
  #carryOn(): void {
    this.#sendWaiting();
    if (this.#ended) return;
    if (this.#sent.length > 0) {
      this.#watchTheClock();
    } else {
      clearTimeout(this.#timer);
      this.#watcher?.unref();
    }
  }

  /** @param reason what the helper did, if it is we who end it */
  #end(code: string, reason?: string): void {
    if (this.#ended) return;
    this.#ended = { code, reason };
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#doom?.close();
    if (this.#control >= 0) close(this.#control);
    for (const { namespace } of this.#waiting) if (namespace !== undefined) close(namespace);
    if (reason !== undefined && this.#exit === undefined) this.#child?.kill('SIGKILL');
    const calls = [...this.#sent.splice(0), ...this.#waiting.splice(0)];
    this.#options.onEnd();
    this.#reject(calls);
  }

  /** Rejects after a moment, when it is known how the process ended and what it said. */
  #reject(calls: readonly Call[]): void {
    if (calls.length === 0) return;
    let done = false;
    const rejectAll = () => {
      clearTimeout(timer);
      if (!done) for (const call of calls) call.reject(this.#failure(call.asked));
      done = true;
    };
    const timer = setTimeout(rejectAll, this.#child?.pid === undefined ? 0 : NEWS);
    this.#child?.once('close', rejectAll);
  }

  #failure(asked: string): NamespaceError {
    const { code = 'ERR_HELPER_DIED', reason } = this.#ended ?? {};
    const { code: status, signal } = this.#exit ?? { code: null, signal: null };
    const ending = signal ? `was killed by ${signal}` : status === null ? 'has gone' : `exited with status ${status}`;
    const kind = code === 'ERR_HELPER_DIED' && !this.proven && status !== null ? 'ERR_HELPER_START' : code;
    const unknown =
      kind === 'ERR_HELPER_START' ? '' : ' Whether it was done is unknown; the next call starts a new helper.';
    const said = this.#stderr.trim() === '' ? '' : ` It said: ${this.#stderr.trim()}`;
    const who = `the helper process${this.pid === undefined ? '' : ` ${this.pid}`}`;
    const message = `Can't ${asked}: ${who} ${reason ?? ending}.${unknown}${said}`;
    return new NamespaceError(message, { code: kind, step: 'helper' });
  }
}

let shared: Buffer | undefined;

/** Receives every frame; whoever keeps something copies it. */
function receiveBuffer(): Buffer {
  shared ??= Buffer.allocUnsafeSlow(MAX_FRAME);
  return shared;
}
