import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest time that a scan holds the event loop, milliseconds. */
const TURN = 2;

/** For long synchronous scans: awaited between two steps, it lets the event loop turn when it is due. */
export function breather(): () => Promise<void> | undefined {
  let turn = performance.now();
  return () => {
    if (performance.now() - turn < TURN) return undefined;
    return nextTurn().then(() => {
      turn = performance.now();
    });
  };
}
