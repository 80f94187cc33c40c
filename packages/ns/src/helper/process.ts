import type { ChildProcess } from 'node:child_process';
import { Doom } from './doom.ts';

/** Bytes of the error output that are kept. */
const STDERR_TAIL = 2000;
/** Time for the news of how the process ended, milliseconds. */
const NEWS = 200;

/** What happens to the process. */
export interface ProcessEvents {
  /** It could not be started at all; comes after the constructor. */
  readonly onFailure: (error: Error) => void;
  readonly onExit: () => void;
}

/** The process of a helper, and what is known of its end. */
export class HelperProcess {
  readonly #child: ChildProcess;
  readonly #doom: Doom | undefined;
  #stderr = '';
  #failed = '';
  /** Exit status or signal, once known. */
  #exit: { readonly status: number | null; readonly signal: string | null } | undefined;

  /** @throws SystemError EMFILE */
  constructor(child: ChildProcess, { onFailure, onExit }: ProcessEvents) {
    this.#child = child;
    child.on('error', (error) => {
      if (child.pid !== undefined) return; // A signal could not be sent.
      this.#failed = error.message;
      onFailure(error);
    });
    child.on('exit', (status, signal) => {
      this.#exit = { status, signal };
      onExit();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_TAIL);
    });
    if (child.pid !== undefined) this.#doom = new Doom(child.pid);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** True if it never started, or ended by itself: what it was started with is wrong. */
  get isFailure(): boolean {
    return this.#failed !== '' || typeof this.#exit?.status === 'number';
  }

  /** True from the moment when it is killed, even if it is there still. */
  isEnding(): boolean {
    return this.#exit !== undefined || (this.#doom?.isNear() ?? false);
  }

  /** True while it can't answer because somebody stopped it. */
  isStopped(): boolean {
    return this.#doom?.isStopped() ?? false;
  }

  kill(): void {
    if (this.#exit === undefined) this.#child.kill('SIGKILL');
  }

  /** Calls back when it is known how it ended and what it said, or when that takes too long. */
  afterNews(callback: () => void): void {
    let done = false;
    const once = () => {
      clearTimeout(timer);
      if (!done) callback();
      done = true;
    };
    const timer = setTimeout(once, this.pid === undefined ? 0 : NEWS);
    this.#child.once('close', once);
  }

  /** How it ended: `was killed by SIGKILL`. */
  ending(): string {
    if (this.#failed !== '') return `could not be started (${this.#failed})`;
    if (this.#exit?.signal) return `was killed by ${this.#exit.signal}`;
    return this.#exit === undefined ? 'has gone' : `exited with status ${this.#exit.status}`;
  }

  /** The end of its error output. */
  said(): string {
    return this.#stderr.trim();
  }

  /** Lets go of what is held to watch it. */
  close(): void {
    this.#doom?.close();
  }
}
