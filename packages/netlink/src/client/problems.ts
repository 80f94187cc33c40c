import { EncodeError, type Problem } from '../errors.ts';

/** Gathers what is wrong with a request, so that the caller hears all of it at once and before anything is sent. */
export class Problems {
  #found: Problem[] | undefined;

  /** Notes a problem unless `condition` holds. */
  check(condition: boolean, path: string, reason: string, value?: unknown): void {
    if (!condition) this.add(path, reason, value);
  }

  /** Notes a problem. */
  add(path: string, reason: string, value?: unknown): void {
    this.#found ??= [];
    this.#found.push({ path, reason, value });
  }

  /** Throws EncodeError if there are any. */
  throwIfAny(): void {
    if (this.#found !== undefined) throw new EncodeError(this.#found);
  }
}
