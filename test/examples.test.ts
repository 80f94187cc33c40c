// timeout: 600 s
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { needsRoot, runPrivately } from './support/private.ts';

const folder = resolve(import.meta.dirname, '../../examples');
const examples = readdirSync(folder).filter((name) => name.endsWith('.ts'));

t.jobs = 2;
for (const name of examples) {
  t.test(name, { buffered: true, skip: needsRoot }, async (t) => {
    const { code, stdout, stderr } = await runPrivately(join(folder, 'dist', name.replace(/ts$/, 'js')));
    t.equal(code, 0, 'runs to its end', { stdout, stderr });
  });
}
