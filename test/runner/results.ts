import { Parser, type Result } from 'tap-parser';

/** Something that failed: an assertion, or a whole file. */
export interface Failure {
  /** Path through the subtests: `adds a route > should be equal`. */
  readonly name: string;
  /** `file:line:column` in the source, where known. */
  where?: string;
  /** Difference, message, stack: lines to print below the name. */
  readonly detail: string;
}

export interface Skip {
  readonly name: string;
  readonly reason: string;
}

/** What one file reported. The numbers count top-level test points; `failures` and `skips` go down to assertions. */
export interface Results {
  passed: number;
  failed: number;
  skipped: number;
  readonly failures: Failure[];
  readonly skips: Skip[];
  /** Why the output can't be taken at its word: no plan, a bail-out, no tests. */
  problem?: string;
  /** Lines that aren't TAP: what the test itself printed. */
  extra: string;
}

/**
 * Reads the TAP of one test file. `results` is complete once the parser has ended.
 *
 * A top-level test of which every assertion was skipped counts as skipped, not as passed; so does a `todo`.
 */
export function readTap(): { parser: Parser; results: Results } {
  const results: Results = { passed: 0, failed: 0, skipped: 0, failures: [], skips: [], extra: '' };
  /** Assertions below the top-level point being read. */
  let inside = { run: 0, skipped: 0, failed: 0 };
  /** Length of `failures` when that point began. */
  let reported = 0;

  const parser = new Parser((final) => {
    const { plan, bailout } = final;
    const malformed = parser.failures.find((failure) => 'tapError' in failure && typeof failure.tapError === 'string');
    if (bailout) results.problem = `bailed out: ${bailout}`;
    else if (plan.skipAll) skipAll(plan.skipReason);
    else if (malformed) results.problem = `malformed TAP: ${malformed.tapError}`;
    else if (final.count === 0) results.problem = 'ran no tests';
  });

  function skipAll(reason: string): void {
    // The parser's own wording for empty output
    if (reason === '' || reason === 'no tests found') results.problem = 'ran no tests';
    else {
      results.skipped = 1;
      results.skips.push({ name: 'whole file', reason });
    }
  }

  function watch(source: Parser): void {
    source.on('child', watch);
    source.on('assert', (point: Result) => {
      const closes = point.closingTestPoint;
      if (point.skip !== false || point.todo !== false) results.skips.push(skipOf(point));
      else if (!point.ok && !(closes && inside.failed > 0)) results.failures.push(failureOf(point));
      if (source === parser) return countTopLevel(point);
      if (closes) return;
      inside.run++;
      if (point.skip !== false || point.todo !== false) inside.skipped++;
      else if (!point.ok) inside.failed++;
    });
  }

  function countTopLevel(point: Result): void {
    const allSkipped = inside.run > 0 && inside.skipped === inside.run;
    if (point.skip !== false || point.todo !== false || (point.ok && allSkipped)) results.skipped++;
    else if (point.ok) results.passed++;
    else results.failed++;
    // A timeout, for one, doesn't know its place; the test around it does
    const where = placeOf(point.diag?.at);
    if (where !== undefined) for (const failure of results.failures.slice(reported)) failure.where ??= where;
    reported = results.failures.length;
    inside = { run: 0, skipped: 0, failed: 0 };
  }

  watch(parser);
  parser.on('extra', (text: string) => {
    results.extra = (results.extra + text).slice(-16_384);
  });
  return { parser, results };
}

function skipOf(point: Result): Skip {
  const given = point.skip !== false ? point.skip : point.todo;
  // `t.skip('reason')` inside a test puts the reason where the name goes
  if (given === true || given === '') return { name: pathOf(point, 1), reason: point.name };
  return { name: pathOf(point), reason: point.todo !== false ? `todo: ${given}` : `${given}` };
}

/** `fullname` joins names with ` > `; `drop` leaves the last one out. */
function pathOf(point: Result, drop = 0): string {
  const parts = point.fullname.split(' > ');
  return parts.slice(0, Math.max(1, parts.length - drop)).join(' > ');
}

function failureOf(point: Result): Failure {
  const diagnostics: Record<string, unknown> = { ...point.diag };
  const { at, source: _source, stack, diff, ...rest } = diagnostics;
  const lines = [];
  if (typeof diff === 'string') lines.push(diff.trimEnd());
  for (const [key, value] of Object.entries(rest)) lines.push(`${key}: ${inline(value)}`);
  if (typeof stack === 'string') lines.push(stack.trimEnd());
  const where = placeOf(at) ?? (typeof stack === 'string' ? /\(?([^\s()]+:\d+:\d+)\)?/.exec(stack)?.[1] : undefined);
  return { name: point.fullname, detail: lines.join('\n'), ...(where === undefined ? {} : { where }) };
}

function placeOf(at: unknown): string | undefined {
  if (typeof at !== 'object' || at === null) return undefined;
  const { fileName, lineNumber, columnNumber }: { fileName?: unknown; lineNumber?: unknown; columnNumber?: unknown } =
    at;
  return fileName === undefined ? undefined : `${fileName}:${lineNumber}:${columnNumber}`;
}

function inline(value: unknown): string {
  return typeof value === 'string' ? value.trimEnd() : JSON.stringify(value);
}
