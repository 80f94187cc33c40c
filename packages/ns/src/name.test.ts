import t from 'tap';
import { checkName, checkNewName } from './name.ts';

const refusal = { name: 'NamespaceError', code: 'ERR_NAMESPACE_NAME', step: 'name' };

t.test('names that nothing can have', async (t) => {
  const names: [name: unknown, why: RegExp][] = [
    ['', /not empty/],
    ['.', /directory/],
    ['..', /directory/],
    ['a/b', /\{ path \}/],
    ['../../proc/self/ns/net', /'\/'/],
    ['/run/netns/red', /'\/'/],
    ['nul\0', /NUL/],
    ['n'.repeat(256), /255 bytes/],
    ['é'.repeat(128), /255 bytes/],
    ['\ud800', /Unicode/],
    [undefined, /string/],
    [null, /string/],
    [7, /string/],
    [{}, /string/],
  ];
  for (const [name, why] of names) {
    t.throws(() => checkName(name as string), { ...refusal, message: why }, JSON.stringify(name)?.slice(0, 30));
    t.throws(() => checkNewName(name as string), { ...refusal, message: why });
  }
});

t.test('names that ip netns takes, and that are only opened and deleted', async (t) => {
  const names = [' ', 'a b', '-a', '%d', 'x%d', "q'", '"', '$(id)', '\n', '\t', '*', '...', '.a', 'é', 'n'.repeat(255)];
  for (const name of names) {
    t.doesNotThrow(() => checkName(name), JSON.stringify(name).slice(0, 30));
    t.throws(() => checkNewName(name), refusal);
  }
});

t.test('names for new namespaces', async (t) => {
  const names = ['red', '__proto__', 'constructor', '42', 'a.b', 'cni-0123', 'x@y', 'a+b', 'a:b', '_', 'n'.repeat(128)];
  for (const name of names) t.doesNotThrow(() => checkNewName(name), name.slice(0, 30));
  t.throws(() => checkNewName('n'.repeat(129)), refusal);
});

t.test('error texts show names without control characters, and short', async (t) => {
  const message = (name: string): string => {
    try {
      checkNewName(name);
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
  };
  t.match(message('a\u001b[31m\n/'), String.raw`'a\u001b[31m\n/'`);
  t.ok(message('n'.repeat(100_000)).length < 300);
});
