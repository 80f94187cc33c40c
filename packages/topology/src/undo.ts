import { reasonOf } from './errors.ts';
import { trace } from './trace.ts';

/** What became of undoing. */
export interface Undone {
  /** What is gone again, in the order of undoing. */
  readonly undone: string[];
  /** What is still there. */
  readonly leftovers: string[];
}

/** What has been made so far, to be taken away in reverse order when the rest fails. */
export class UndoStack {
  readonly #steps: { readonly what: string; readonly undo: () => Promise<void> }[] = [];
  readonly #lost: string[] = [];

  /** Notes something that was made, and how to take it away. */
  push(what: string, undo: () => Promise<void>): void {
    this.#steps.push({ what, undo });
  }

  /** Notes something that may have been made, and that nobody can tell from another's. */
  unknown(what: string): void {
    this.#lost.push(what);
  }

  /** Takes everything away; what can't be does not keep the rest. */
  async run(): Promise<Undone> {
    const undone: string[] = [];
    const leftovers = [...this.#lost];
    for (const { what, undo } of this.#steps.splice(0).reverse()) {
      try {
        await undo();
        undone.push(what);
        trace('undone: %s', what);
      } catch (error) {
        leftovers.push(what);
        trace('left over: %s, because %s', what, reasonOf(error));
      }
    }
    return { undone, leftovers };
  }
}
