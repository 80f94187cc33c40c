/** One side of a comparison: performs the work once; gives the time it took, in microseconds, or undefined to be timed. */
export type Side = () => Promise<number | undefined> | number | undefined;

/** What came of a comparison, microseconds. */
export interface Comparison {
  readonly ours: number;
  readonly theirs: number;
  /** Median of the ratios of each round: rounds are near in time, so that a busy machine disturbs both sides. */
  readonly ratio: number;
}

async function timed(side: Side): Promise<number> {
  const start = performance.now();
  const told = await side();
  return told ?? (performance.now() - start) * 1000;
}

/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** Runs both sides in turn, some rounds, after one that does not count. */
export async function compare(ours: Side, theirs: Side, rounds: number): Promise<Comparison> {
  const times: { ours: number; theirs: number }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const theirTime = await timed(theirs);
    const ourTime = await timed(ours);
    if (round > 0) times.push({ ours: ourTime, theirs: theirTime });
  }
  return {
    ours: median(times.map((time) => time.ours)),
    theirs: median(times.map((time) => time.theirs)),
    ratio: median(times.map((time) => time.ours / time.theirs)),
  };
}
