// Are the packages fit to be published? Packs them, looks at the tarballs, installs them as a user would.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'nsnet-packaging-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** What of a package.json matters here. */
interface Manifest {
  readonly name: string;
  readonly exports: Record<string, unknown>;
}

interface Packed {
  readonly manifest: Manifest;
  readonly tarball: string;
  /** Paths in the tarball, without the leading `package/`. */
  readonly files: string[];
}

/** One line of the table: passed if `problem` is empty. */
interface Check {
  readonly package: string;
  readonly check: string;
  readonly problem: string;
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Runs a program; returns its output if it failed, otherwise nothing. */
function complaint(program: string, args: string[], cwd = root): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  return status === 0 ? '' : `${error?.message ?? ''}${stdout}${stderr}`.trim() || `exit code ${status}`;
}

/** The pnpm that package.json names, whether this was started by pnpm or by npm or by hand. */
function pnpm(args: string[], cwd: string): void {
  const { packageManager } = readJson<{ packageManager: string }>(join(root, 'package.json'));
  execFileSync('npx', ['-y', packageManager, ...args], { cwd, stdio: 'pipe' });
}

function pack(directory: string): Packed {
  const manifest = readJson<Manifest>(join(directory, 'package.json'));
  const target = join(folder, 'tarballs', manifest.name.replaceAll(/\W+/g, '-'));
  mkdirSync(target, { recursive: true });
  pnpm(['pack', '--pack-destination', target], directory);
  const [name = ''] = readdirSync(target);
  const tarball = join(target, name);
  const list = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
  return { manifest, tarball, files: list.map((path) => path.replace(/^package\//, '')) };
}

/** What is in the tarball that shouldn't be, or isn't and should. */
function contentProblems({ files }: Packed): string {
  const unwanted = files.filter((path) => /\.(test|types)\.|\.tsbuildinfo$|\.tap\/|(^|\/)tsconfig/.test(path));
  const missing = ['LICENSE', 'package.json', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts'].filter(
    (path) => !files.includes(path),
  );
  return [...unwanted.map((path) => `unwanted: ${path}`), ...missing.map((path) => `missing: ${path}`)].join('\n');
}

/** Names under which a package's entries are imported: `@nsnet/netlink/messages`. */
function entriesOf({ manifest }: Packed): string[] {
  return Object.keys(manifest.exports).map((entry) => manifest.name + entry.slice(1));
}

/** A project that installs the tarballs with npm. Third-party dependencies come from npm's cache where it has them. */
function consumer(packed: readonly Packed[]): { directory: string; problem: string } {
  const directory = join(folder, 'consumer');
  const nodeTypes = readJson<{ version: string }>(join(root, 'node_modules/@types/node/package.json')).version;
  mkdirSync(directory);
  const dependencies = Object.fromEntries(packed.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]));
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({ private: true, dependencies, devDependencies: { '@types/node': nodeTypes } }),
  );
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  return { directory, problem: complaint('npm', ['install', ...flags], directory) };
}

/** Loads an entry in a fresh process, by `import` or by `require`. */
function loads(entry: string, how: 'import' | 'require', cwd: string): string {
  const load = how === 'import' ? `await import('${entry}')` : `require('${entry}')`;
  const type = how === 'import' ? 'module' : 'commonjs';
  return complaint(process.execPath, ['--no-warnings', `--input-type=${type}`, '-e', load], cwd);
}

/** Resolves the declarations of all entries, from ES modules and CommonJS, without skipping library checks. */
function typesResolve(entries: readonly string[], cwd: string): string {
  const imports = entries.map((entry, index) => `import * as entry${index} from '${entry}';\nvoid entry${index};`);
  writeFileSync(join(cwd, 'esm.mts'), imports.join('\n'));
  writeFileSync(join(cwd, 'cjs.cts'), imports.join('\n'));
  const flags = '--noEmit --strict --target es2022 --module nodenext --lib es2023,esnext.disposable --types node';
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return complaint(process.execPath, [tsc, ...flags.split(' '), 'esm.mts', 'cjs.cts'], cwd);
}

function tool(name: string): string {
  return join(root, 'node_modules/.bin', name);
}

const packed = readdirSync(join(root, 'packages')).map((name) => pack(join(root, 'packages', name)));
const checks: Check[] = packed.flatMap((one) => {
  const name = one.manifest.name;
  return [
    { package: name, check: 'content', problem: contentProblems(one) },
    { package: name, check: 'publint', problem: complaint(tool('publint'), ['--strict', one.tarball]) },
    { package: name, check: 'attw', problem: complaint(tool('attw'), ['--profile', 'esm-only', one.tarball]) },
  ];
});

const { directory, problem } = consumer(packed);
checks.push({ package: 'all', check: 'npm install', problem });
if (problem === '') {
  for (const one of packed) {
    for (const how of ['import', 'require'] as const) {
      const failures = entriesOf(one).map((entry) => loads(entry, how, directory));
      checks.push({ package: one.manifest.name, check: how, problem: failures.filter(Boolean).join('\n') });
    }
  }
  const entries = packed.flatMap(entriesOf);
  checks.push({ package: 'all', check: 'types', problem: typesResolve(entries, directory) });
}

for (const { manifest, tarball, files } of packed) {
  const size = (statSync(tarball).size / 1024).toFixed(0);
  console.log(`${manifest.name.padEnd(18)} ${`${files.length}`.padStart(4)} files ${size.padStart(5)} KB`);
}
for (const { package: name, check, problem } of checks) {
  console.log(`${problem === '' ? 'ok  ' : 'FAIL'} ${name.padEnd(18)} ${check}`);
  if (problem !== '') console.log(problem.replaceAll(/^/gm, '       '));
}
process.exitCode = checks.some(({ problem }) => problem !== '') ? 1 : 0;
