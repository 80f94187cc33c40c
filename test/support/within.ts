/** Text in pieces: numbers (with what comes before them blank, as in a table) and what is between. */
function pieces(text: string): string[] {
  return text.match(/ *\d+(\.\d+)?|[^\d ]+| +/g) ?? [];
}

/**
 * Compares what was printed with what was before and after it, for values that tick. Everything must be equal, except
 * that a number may lie between the one before and the one after. The answer is the first line in which it is not so;
 * undefined when all is well.
 */
export function outside(before: string, ours: string, after: string): string | undefined {
  const [first, middle, last] = [before, ours, after].map((text) => text.split('\n')) as [string[], string[], string[]];
  for (let at = 0; at < Math.max(first.length, middle.length, last.length); at++) {
    const [a, b, c] = [first[at] ?? '(none)', middle[at] ?? '(none)', last[at] ?? '(none)'];
    if (!lineWithin(a, b, c)) return `line ${at + 1}\n  before: ${a}\n  ours:   ${b}\n  after:  ${c}`;
  }
  return undefined;
}

function lineWithin(before: string, ours: string, after: string): boolean {
  if (ours === before || ours === after) return true;
  const [a, b, c] = [before, ours, after].map(pieces) as [string[], string[], string[]];
  if (a.length !== b.length || c.length !== b.length) return false;
  return b.every((piece, index) => {
    const [x = '', y = ''] = [a[index], c[index]];
    if (x === y) return piece === x;
    const [low = Number.NaN, high = Number.NaN] = [Number(x), Number(y)].sort((m, n) => m - n);
    return low <= Number(piece) && Number(piece) <= high;
  });
}
