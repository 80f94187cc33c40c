import { constants } from 'node:os';

/** Undoes one thing. */
export type Undo = () => Promise<unknown>;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `body` and then undoes what it told to undo `later`, last first: at its end, when it throws, and when the
 * program is interrupted (Ctrl-C, SIGTERM, a terminal that is closed).
 */
export async function cleanup(body: (later: (undo: Undo) => void) => Promise<void>): Promise<void> {
  const undos: Undo[] = [];
  const undoAll = async () => {
    for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) {
      await undo().catch((error: unknown) => console.error('could not be undone:', error));
    }
  };
  let interrupted = false;
  const interrupt = (signal: NodeJS.Signals) => {
    if (interrupted) return;
    interrupted = true;
    void undoAll().then(() => process.exit(128 + constants.signals[signal]));
  };
  for (const signal of signals) process.on(signal, interrupt);
  try {
    await body((undo) => undos.push(undo));
  } catch (error) {
    // What was pulled away under the program by its own cleaning up is no news.
    if (!interrupted) throw error;
  } finally {
    if (interrupted) await new Promise(() => {});
    await undoAll();
    for (const signal of signals) process.off(signal, interrupt);
  }
}
