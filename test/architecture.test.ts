import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import t from 'tap';
import ts from 'typescript';
import { filesBelow } from './runner/find.ts';

/** One import: `netlink/schema/struct.ts` → `netlink/wire/reader.ts`, `@nsnet/sys`, `node:fs` or `koffi`. */
interface Arrow {
  readonly from: string;
  readonly to: string;
}

/** For files matching `in`: nothing may match `never`, or everything must match `only`. */
interface Rule {
  readonly in: RegExp;
  readonly never?: RegExp;
  readonly only?: RegExp;
  readonly because: string;
}

/** The arrows between packages: for tests beside the code too. */
const packageRules: Rule[] = [
  { in: /^sys\//, never: /^@nsnet\//, because: 'sys is the lowest package.' },
  { in: /^netlink\//, never: /^@nsnet\/(ns|topology)/, because: 'netlink knows namespaces only as a SocketFactory.' },
  { in: /^ns\//, never: /^@nsnet\/(netlink|topology)/, because: 'ns never speaks netlink: only topology knows both.' },
  { in: /^(?!sys\/)/, never: /^koffi$/, because: 'Only sys touches FFI.' },
  {
    in: /^(?!netlink\/addon)/,
    never: /^netlink$|^netlink\/dist/,
    because: 'The netlink addon is optional: only /addon.',
  },
  { in: /./, never: /^(\.\.\/|@nsnet\/[^/]+\/(src|dist)\/)/, because: 'A package is reached by its name and exports.' },
];

/** The arrows inside @nsnet/netlink. */
const layerRules: Rule[] = [
  { in: /^netlink\/wire\//, only: /^netlink\/wire\//, because: 'wire imports nothing.' },
  {
    in: /^netlink\/schema\//,
    only: /^netlink\/(schema\/|wire\/|errors\.ts)|^buffer-layout$/,
    because: 'schema stands on wire alone.',
  },
  {
    in: /^netlink\/rtnetlink\//,
    only: /^netlink\/(rtnetlink\/|schema\/|wire\/|errors\.ts)/,
    because: 'rtnetlink is declarations: schema and wire, never protocol, no I/O.',
  },
  {
    in: /^netlink\/protocol\//,
    only: /^netlink\/(protocol\/|schema\/|wire\/|errors\.ts)/,
    because: 'protocol matches messages without knowing which there are, and does no I/O.',
  },
  {
    in: /^netlink\/socket\//,
    never: /^netlink\/(wire|schema|protocol|rtnetlink|client)\//,
    because: 'socket moves bytes and knows no messages.',
  },
  {
    in: /^netlink\/(?!client\/|index\.ts|trace|iproute2|testing)/,
    never: /^debug$|^netlink\/(client\/)?(trace|debug)/,
    because: 'Only the client traces.',
  },
];

/** Sentences about the arrows that break a rule: none when all is well. */
function violations(arrows: readonly Arrow[], rules: readonly Rule[]): string[] {
  return arrows.flatMap(({ from, to }) =>
    rules
      .filter((rule) => rule.in.test(from) && (rule.never?.test(to) || (rule.only && !rule.only.test(to))))
      .map(({ because }) => `${from} imports ${to}. ${because}`),
  );
}

const root = resolve(import.meta.dirname, '../..');
const sources = readdirSync(join(root, 'packages')).flatMap((name) =>
  filesBelow(join(root, 'packages', name, 'src'), '.ts').map((file) => ({
    name: `${name}/${file}`,
    package: join(root, 'packages', name, 'src'),
    path: join(root, 'packages', name, 'src', file),
    isTest: /\.(test|types)\.ts$/.test(file),
  })),
);
const code = sources.filter(({ isTest }) => !isTest);

function arrowsOf({ name, package: folder, path }: (typeof sources)[number]): Arrow[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(path, 'utf8'), true, true);
  return importedFiles.map(({ fileName }) => {
    if (!fileName.startsWith('.')) return { from: name, to: fileName };
    const target = relative(folder, resolve(path, '..', fileName));
    return { from: name, to: target.startsWith('..') ? target : `${name.split('/')[0]}/${target}` };
  });
}

t.test('packages and layers import only what they may', async (t) => {
  t.same(violations(sources.flatMap(arrowsOf), packageRules), []);
  t.same(violations(code.flatMap(arrowsOf), layerRules), []);
});

t.test('the rules can fail', async (t) => {
  const broken: [from: string, to: string][] = [
    ['sys/index.ts', '@nsnet/netlink'],
    ['netlink/client/route.ts', '@nsnet/ns'],
    ['ns/namespace.ts', '@nsnet/netlink/messages'],
    ['topology/connect.ts', 'koffi'],
    ['netlink/socket/raw.ts', 'netlink'],
    ['topology/connect.ts', '../ns/src/handle.ts'],
    ['topology/connect.ts', '@nsnet/ns/src/handle.ts'],
    ['netlink/wire/reader.ts', 'node:buffer'],
    ['netlink/schema/struct.ts', 'netlink/protocol/header.ts'],
    ['netlink/rtnetlink/link.ts', 'netlink/protocol/header.ts'],
    ['netlink/protocol/exchange.ts', 'netlink/rtnetlink/link.ts'],
    ['netlink/protocol/exchange.ts', '@nsnet/sys'],
    ['netlink/socket/raw.ts', 'netlink/schema/struct.ts'],
    ['netlink/socket/raw.ts', 'debug'],
  ];
  const rules = [...packageRules, ...layerRules];
  for (const [from, to] of broken) t.not(violations([{ from, to }], rules).length, 0, `${from} → ${to}`);
  for (const rule of rules) {
    t.ok(
      broken.some(([from, to]) => violations([{ from, to }], [rule]).length > 0),
      `tried: ${rule.because}`,
    );
  }
});

t.test('only errors.ts defines error classes', async (t) => {
  const errorClass = /\bclass \w+(<[^>]*>)? extends \w*Error\b|\bclass \w*Error\b/;
  const found = code
    .filter(({ name }) => !/(^|\/)errors\.ts$/.test(name))
    .filter(({ path }) => errorClass.test(readFileSync(path, 'utf8')));
  t.same(
    found.map(({ name }) => name),
    [],
  );
});

/** Places in a source that switch the type checker off. */
function unchecked(text: string): string[] {
  const file = ts.createSourceFile('x.ts', text, ts.ScriptTarget.ES2022);
  const found = [...text.matchAll(/@ts-(ignore|nocheck|expect-error)/g)].map(([match]) => match);
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(`any in line ${lineOf(node)}`);
    if (ts.isNonNullExpression(node)) found.push(`! in line ${lineOf(node)}`);
    ts.forEachChild(node, visit);
  };
  const lineOf = (node: ts.Node) => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
  visit(file);
  return found;
}

t.test('sources are fully typed', async (t) => {
  t.same(
    code.flatMap(({ name, path }) => unchecked(readFileSync(path, 'utf8')).map((what) => `${name}: ${what}`)),
    [],
  );
  t.same(unchecked('// any: fine\nlet x = y as any;\nx!.z;\n// @ts-ignore'), [
    '@ts-ignore',
    'any in line 2',
    '! in line 3',
  ]);
});

const noGit = existsSync(join(root, '.git')) ? false : 'not a git checkout';
t.test('the top level holds what it should', { skip: noGit }, async (t) => {
  const tracked = execFileSync('git', ['-c', 'safe.directory=*', 'ls-files'], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n');
  const top = new Set(tracked.map((path) => path.split('/')[0] ?? '').filter((name) => !name.startsWith('.')));
  const expected = 'LICENSE README.md docs examples package.json packages pnpm-lock.yaml pnpm-workspace.yaml test';
  t.same([...top].sort(), [...expected.split(' '), 'tsconfig.base.json']);
});
