import { readSync } from 'node:fs';
import { close, O, open } from '@nsnet/sys';

/** `linux/sched.h`: on its way out; ended by a signal. */
const PF_EXITING = 0x4;
const PF_SIGNALED = 0x400;
/** Bit of SIGKILL among the pending signals. */
const SIGKILL_PENDING = 1 << 8;

/**
 * Tells of a process whether it is about to end: a process that was killed lives on for a few milliseconds, and its
 * sockets take data that nobody will ever read.
 */
export class Doom {
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(1024);

  /** @throws SystemError ENOENT, EMFILE */
  constructor(pid: number) {
    // Stays with this process: another one that gets the number is not read through it.
    this.#fd = open(`/proc/${pid}/stat`, O.RDONLY);
  }

  /** About 6 µs. */
  isNear(): boolean {
    const fields = this.#fields();
    if (fields === undefined) return true; // ESRCH: it has ended, and was waited for.
    const [state = 'X', flags, pending] = [fields[0], Number(fields[6]), Number(fields[28])];
    return 'ZX'.includes(state) || (flags & (PF_EXITING | PF_SIGNALED)) !== 0 || (pending & SIGKILL_PENDING) !== 0;
  }

  /** Whether it was stopped (SIGSTOP, a debugger): it won't answer, however long one waits. */
  isStopped(): boolean {
    return 'Tt'.includes(this.#fields()?.[0] ?? 'X');
  }

  /** `1234 (any name) S …`: the fields from the third on, the state. */
  #fields(): string[] | undefined {
    try {
      const text = this.#buffer.toString('latin1', 0, readSync(this.#fd, this.#buffer, 0, this.#buffer.length, 0));
      return text.slice(text.lastIndexOf(')') + 2).split(' ');
    } catch {
      return undefined;
    }
  }

  close(): void {
    close(this.#fd);
  }
}
