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

  /** Notes a problem unless `value` is absent or an integer from `min` to `max`. */
  integer(value: unknown, path: string, min: number, max: number): void {
    const valid =
      value === undefined || (Number.isInteger(value) && (value as number) >= min && (value as number) <= max);
    this.check(valid, path, `is not an integer from ${min} to ${max}`, value);
  }

  /** Notes a problem for every key of `object` that is none of `known`: what is misspelt must not be passed over. */
  keys(object: object, known: readonly string[], path = ''): void {
    for (const key of Object.keys(object)) {
      if (known.includes(key) || (object as Record<string, unknown>)[key] === undefined) continue;
      this.add(`${path}${key}`, `is not one of ${known.join(', ')}`);
    }
  }

  /** Throws EncodeError if there are any. */
  throwIfAny(): void {
    if (this.#found !== undefined) throw new EncodeError(this.#found);
  }
}
