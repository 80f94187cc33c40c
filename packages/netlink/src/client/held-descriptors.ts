import { closeSync, constants, openSync } from 'node:fs';

const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;

/**
 * The namespaces that a request names by descriptors, held by descriptors of our own until it has been sent: only then
 * does the kernel look the numbers up. Otherwise a caller who gives up and closes his would have the link end up, without
 * any error, in whatever namespace has got the number since.
 */
export class HeldDescriptors {
  readonly #own: number[] = [];

  /** Puts a descriptor of our own into each of `attributes` that has `netNsFd`. */
  constructor(attributes: readonly { netNsFd?: number }[]) {
    for (const one of attributes) if (one.netNsFd !== undefined) one.netNsFd = this.#hold(one.netNsFd);
  }

  /** Where there is none to be had it is the caller's, and the kernel says what is wrong with it. */
  #hold(fd: number): number {
    try {
      const own = openSync(`/proc/self/fd/${fd}`, O_RDONLY | O_NONBLOCK | O_NOCTTY);
      this.#own.push(own);
      return own;
    } catch {
      return fd;
    }
  }

  /** Lets go of them: when the request has been sent, or never will be. */
  release(): void {
    for (const fd of this.#own.splice(0)) closeSync(fd);
  }
}
