// timeout: 600 s
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { needsRoot, runPrivately } from './support/private.ts';
import { brokenPromise, compile, promises, snippetsOf } from './support/snippets.ts';

const root = resolve(import.meta.dirname, '../..');
const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];
const snippets = documents
  .filter((name) => name.endsWith('.md') && existsSync(join(root, name)))
  .flatMap((name) => snippetsOf(name, readFileSync(join(root, name), 'utf8')));
const compiled = compile(snippets, join(import.meta.dirname, 'snippets'));

t.jobs = 2;
snippets.forEach((snippet, index) => {
  t.test(snippet.name, { buffered: true }, async (t) => {
    const { script, errors } = compiled[index] ?? { script: '', errors: ['not compiled'] };
    t.same(errors, [], 'compiles');
    if (snippet.noRun || errors.length > 0) return;
    if (needsRoot) {
      t.pass('runs', { skip: needsRoot });
      return;
    }
    const { code, stdout, stderr } = await runPrivately(script);
    t.equal(code, 0, 'runs', { stdout, stderr });
    t.equal(brokenPromise(promises(snippet), stdout), undefined, 'prints what it says', { stdout });
  });
});

t.test('snippets are found, and wrong ones noticed', { skip: needsRoot }, async (t) => {
  const fence = '```';
  const text = [
    `${fence}ts`,
    `import { readdirSync } from 'node:fs';`,
    `console.log(readdirSync('/run').length); // → 0`,
    fence,
    'Further:',
    `${fence}ts continued`,
    `console.log(typeof readdirSync, { a: 1 }); // → function { … }`,
    fence,
    `- ${fence}sh not a snippet`,
    '',
    `  ${fence}ts no-run`,
    `  const wrong: string = 1;`,
    `  ${fence}`,
  ].join('\n');
  const [good, bad, ...more] = snippetsOf('docs/made-up.md', text);
  if (good === undefined || bad === undefined) return t.fail('found two');
  t.same(more, []);
  t.match([good, bad], [{ name: 'docs/made-up.md:1', noRun: false }, { noRun: true }]);
  const [first, second] = compile([good, bad], join(import.meta.dirname, 'snippets-test'));
  t.same(first?.errors, []);
  t.same(second?.errors, [`docs/made-up.md:12: Type 'number' is not assignable to type 'string'.`]);
  const { code, stdout } = await runPrivately(first?.script ?? '');
  t.equal(code, 0);
  t.equal(stdout, '0\nfunction { a: 1 }\n');
  t.equal(brokenPromise(promises(good), stdout), undefined);
  t.equal(brokenPromise(promises(good), '1\nfunction { a: 1 }'), '0');
});
