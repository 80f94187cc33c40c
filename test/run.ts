// The test runner: `node test/dist/run.js [options] [part of a file name | file.js]…`
//   --timeout=120   seconds one file may take
//   --jobs=2        files at a time
//   --settle=3000   milliseconds to wait for the kernel to take things down before they count as left behind
// docs/contributing.md says how tests are organised.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findTests, type TestFile } from './runner/find.ts';
import { killLeftProcesses, leaksSince, snapshot } from './runner/leaks.ts';
import { closingLine, fileReport, recap } from './runner/report.ts';
import { type FileResults, runFile } from './runner/run-file.ts';

const root = resolve(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    timeout: { type: 'string', default: '120' },
    jobs: { type: 'string', default: '2' },
    settle: { type: 'string', default: '3000' },
  },
});

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stop.abort(name));

const files = findTests(root, positionals);
if (files.length === 0) console.log(`No test file matches ${positionals.join(' ')}`);

const before = snapshot();
const all: FileResults[] = [];
await runAll(
  files.filter((file) => !file.serial),
  Number(values.jobs),
);
await runAll(
  files.filter((file) => file.serial),
  1,
);
const leaks = await leaksSince(before, Number(values.settle));
killLeftProcesses();

const sum = (key: 'passed' | 'failed' | 'skipped') => all.reduce((total, results) => total + results[key], 0);
const interrupted = stop.signal.aborted ? 1 : 0;
const failed = sum('failed') + leaks.length + interrupted + (files.length === 0 ? 1 : 0);
console.log(recap(all, leaks));
if (interrupted) console.log(`Stopped by ${stop.signal.reason}`);
console.log(closingLine({ passed: sum('passed'), failed, skipped: sum('skipped') }));
process.exitCode = failed > 0 ? 1 : 0;

/** Runs the files, at most `jobs` at a time, printing each report as it comes. */
async function runAll(queue: TestFile[], jobs: number): Promise<void> {
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined && !stop.signal.aborted; file = queue.shift()) {
      const results = await runFile(file, { root, timeout: Number(values.timeout), signal: stop.signal });
      all.push(results);
      console.log(fileReport(results));
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}
