// timeout: 600 s
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { needsRoot, runPrivately } from './support/private.ts';
import { brokenPromise, promises } from './support/snippets.ts';

const folder = resolve(import.meta.dirname, '../../examples');
const examples = readdirSync(folder).filter((name) => name.endsWith('.ts'));

t.jobs = 2;
for (const name of examples) {
  t.test(name, { buffered: true, skip: needsRoot }, async (t) => {
    const promised = promises({ lines: readFileSync(join(folder, name), 'utf8').split('\n') });
    const { code, stdout, stderr } = await runPrivately(join(folder, 'dist', name.replace(/ts$/, 'js')));
    t.equal(code, 0, 'runs to its end', { stdout, stderr });
    t.ok(promised.length > 0, 'promises something');
    t.equal(brokenPromise(promised, stdout), undefined, 'prints what it says', { stdout });
  });
}
