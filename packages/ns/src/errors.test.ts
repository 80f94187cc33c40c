import { readFileSync } from 'node:fs';
import { SystemError } from '@nsnet/sys';
import t from 'tap';
import { kernelAnswer, NamespaceError, refused } from './errors.ts';

t.test('a refusal says what, which step, why and what to do', async (t) => {
  const error = refused(
    { asked: "create namespace 'red'", step: 'create', namespace: 'red' },
    new SystemError(1, 'unshare'),
  );
  t.match(error, {
    name: 'NamespaceError',
    code: 'EPERM',
    errno: 1,
    syscall: 'unshare',
    step: 'create',
    namespace: 'red',
  });
  t.match(error, {
    message:
      /^Can't create namespace 'red': EPERM: operation not permitted, unshare\. .*CAP_SYS_ADMIN, which this process/,
  });
});

t.test('numbers are positive, wherever the error comes from', async (t) => {
  try {
    readFileSync('/nonexistent');
  } catch (error) {
    t.match(kernelAnswer(error), { code: 'ENOENT', errno: 2, syscall: 'open' });
    t.match(refused({ asked: 'read', step: 'read' }, error), { code: 'ENOENT', errno: 2 });
  }
});

t.test('other errors stay what they are', async (t) => {
  const bug = new TypeError('x');
  t.equal(refused({ asked: 'do', step: 'do' }, bug), bug);
  const known = new NamespaceError('Known.', { code: 'EEXIST', errno: 17, step: 'mount' });
  t.equal(refused({ asked: 'do', step: 'do' }, known), known);
  t.notOk('namespace' in known);
});
