import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** A test file: what is run, and the name it is shown under. */
export interface TestFile {
  /** Absolute path of the JavaScript that runs. */
  readonly script: string;
  /** Path of its source relative to the repository: `packages/ns/src/name.test.ts`. */
  readonly name: string;
  /** Must have the machine to itself: `*.serial.test.ts`, or anywhere below a folder called `serial`. */
  readonly serial: boolean;
}

/** Where tests live, as [source folder, folder of the compiled files]. */
function testFolders(root: string): [string, string][] {
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  return [
    ...packages.map((folder): [string, string] => [join(folder, 'src'), join(folder, 'dist')]),
    [join(root, 'test'), join(root, 'test', 'dist')],
  ];
}

/** All files below a folder whose name ends in `suffix`, relative to it, sorted; built and installed files left out. */
export function filesBelow(folder: string, suffix: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'dist') return [];
    if (!entry.isDirectory()) return entry.name.endsWith(suffix) ? [entry.name] : [];
    return filesBelow(join(folder, entry.name), suffix).map((name) => join(entry.name, name));
  });
}

/**
 * The test files to run. Without arguments all of them; an argument that is the path of a JavaScript file names that
 * file; any other argument is a substring, and files matching one of those are run.
 *
 * Sources are listed rather than compiled files: the leftover of a deleted test isn't run, and a test that was never
 * compiled fails when it is started instead of being missed.
 */
export function findTests(root: string, args: readonly string[]): TestFile[] {
  const isScript = (arg: string) => /\.[cm]?js$/.test(arg) && existsSync(arg) && statSync(arg).isFile();
  const filters = args.filter((arg) => !isScript(arg));
  const named = args.filter(isScript).map((arg) => testFile(resolve(arg), relative(root, resolve(arg))));
  if (named.length > 0 && filters.length === 0) return named;
  const all = testFolders(root).flatMap(([source, compiled]) =>
    filesBelow(source, '.test.ts').map((name) =>
      testFile(join(compiled, name.replace(/ts$/, 'js')), relative(root, join(source, name))),
    ),
  );
  const wanted = all.filter(({ name }) => filters.length === 0 || filters.some((filter) => name.includes(filter)));
  return [...named, ...wanted];
}

function testFile(script: string, name: string): TestFile {
  return { script, name, serial: /\.serial\.test\.[cm]?[jt]s$|(^|\/)serial\//.test(name) };
}
