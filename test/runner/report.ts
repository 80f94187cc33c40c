import type { Failure } from './results.ts';
import type { FileResults } from './run-file.ts';

/** Totals of a run: what the closing line says. */
export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

/** `12 passed, 0 failed, 1 skipped`: the last line of every run. */
export function closingLine({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** One line per file, followed by what failed in it. */
export function fileReport(results: FileResults): string {
  const word = results.failed > 0 ? 'FAIL' : results.passed === 0 ? 'skip' : 'ok  ';
  const lines = [`${word} ${results.file.name}  ${closingLine(results)}  ${results.seconds.toFixed(1)} s`];
  for (const failure of results.failures) lines.push(failureReport(failure));
  if (results.failed > 0 && results.extra.trim() !== '') {
    lines.push(indent(`printed by the file:\n${indent(results.extra.trimEnd(), 2)}`, 5));
  }
  return lines.join('\n');
}

function failureReport({ name, where, detail }: Failure): string {
  const head = `     ✗ ${name}${where === undefined ? '' : `\n       at ${where}`}`;
  return detail === '' ? head : `${head}\n${indent(detail, 7)}`;
}

/** What a reader must not miss at the end of a long output: every skip with its reason, every failure once more. */
export function recap(all: readonly FileResults[], leaks: readonly string[]): string {
  const skips = all.flatMap(({ file, skips }) => skips.map((skip) => `  ${file.name}: ${skip.name}: ${skip.reason}`));
  const failures = all.flatMap(({ file, failures }) =>
    failures.map(({ name, where }) => `  ${where ?? file.name}: ${name}`),
  );
  return [
    ...section(`SKIPPED, not tested here (${skips.length}):`, skips),
    ...section(
      `LEAKED, found after all tests had ended (${leaks.length}):`,
      leaks.map((leak) => `  ${leak}`),
    ),
    ...section(`FAILED (${failures.length}):`, failures),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

function indent(text: string, columns: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(columns));
}
