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
import type { Call, Patience } from './call.ts';
import type { Launched } from './launch.ts';
import { HelperProcess } from './process.ts';
import { decodeReply, MAX_FRAME } from './protocol.ts';

/** Most requests on their way at once: their frames and descriptors fit into the socket. */
const WINDOW = 64;
/** Time between two looks at a helper that owes an answer, milliseconds. */
const TICK = 500;
/** Too many descriptors of this user are on their way. */
const ETOOMANYREFS = 109;

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
  #process: HelperProcess | undefined;
  #watcher: Watcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the oldest request became the oldest. */
  #since = 0;
  /** Why it ended, once it has. */
  #ended: { readonly code: string; readonly reason: string | undefined } | undefined;

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
    return this.#process?.pid;
  }

  /**
   * Sends a request, now or when there is room.
   *
   * @returns false if it is too late for this helper, which can't have got it
   */
  submit(call: Call): boolean {
    if (this.#ended) return false;
    if (this.#sent.length === 0 && this.#process?.isEnding()) {
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
      this.#process = new HelperProcess(child, {
        onFailure: () => this.#end('ERR_HELPER_START'),
        onExit: () => {
          this.#read();
          this.#end('ERR_HELPER_DIED');
        },
      });
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
        if (this.#process?.isEnding()) this.#end('ERR_HELPER_DIED');
        else if (this.#process?.isStopped()) this.#end('ERR_HELPER_TIMEOUT', 'was stopped, and is ended now');
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
    this.#process?.close();
    if (this.#control >= 0) close(this.#control);
    for (const { namespace } of this.#waiting) if (namespace !== undefined) close(namespace);
    if (reason !== undefined) this.#process?.kill();
    const calls = [...this.#sent.splice(0), ...this.#waiting.splice(0)];
    this.#options.onEnd();
    if (calls.length === 0) return;
    const rejectAll = () => {
      for (const { asked, reject } of calls) reject(this.#failure(asked));
    };
    if (this.#process) this.#process.afterNews(rejectAll);
    else rejectAll();
  }

  #failure(asked: string): NamespaceError {
    const { code = 'ERR_HELPER_DIED', reason = this.#process?.ending() } = this.#ended ?? {};
    const neverRan = !this.proven && code === 'ERR_HELPER_DIED' && this.#process?.isFailure;
    const kind = neverRan ? 'ERR_HELPER_START' : code;
    const isUnknown = kind !== 'ERR_HELPER_START';
    const unknown = isUnknown ? ' Whether it was done is unknown; the next call starts a new helper.' : '';
    const said = this.#process?.said() ? ` It said: ${this.#process.said()}` : '';
    const who = `the helper process${this.pid === undefined ? '' : ` ${this.pid}`}`;
    return new NamespaceError(`Can't ${asked}: ${who} ${reason}.${unknown}${said}`, { code: kind, step: 'helper' });
  }
}

let shared: Buffer | undefined;

/** Receives every frame; whoever keeps something copies it. */
function receiveBuffer(): Buffer {
  shared ??= Buffer.allocUnsafeSlow(MAX_FRAME);
  return shared;
}
