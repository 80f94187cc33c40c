import t from 'tap';
import { pageOf } from './helper/operations.ts';
import { isSysctlPath } from './helper/sysctl-path.ts';
import { pathOf } from './sysctl.ts';

t.test('names of sysctls, as sysctl(8) reads them', async (t) => {
  const table: [name: string, path: string][] = [
    ['net.ipv4.ip_forward', 'ipv4/ip_forward'],
    ['net/ipv4/ip_forward', 'ipv4/ip_forward'],
    ['net.ipv4.conf.eth0/100.forwarding', 'ipv4/conf/eth0.100/forwarding'],
    ['net/ipv4/conf/eth0.100/forwarding', 'ipv4/conf/eth0.100/forwarding'],
    ['net.ipv4.conf.__proto__.forwarding', 'ipv4/conf/__proto__/forwarding'],
  ];
  for (const [name, path] of table) t.equal(pathOf(name), path, name);
  t.equal(pathOf('net', true), '');
  t.equal(pathOf('net.ipv4', true), 'ipv4');
});

t.test('names that lead out of net', async (t) => {
  const names = [
    ...[
      '',
      'net',
      'net.',
      'net/',
      'kernel.hostname',
      'net4.ip_forward',
      '/net/ipv4/ip_forward',
      'netx/y',
      'vm/overcommit',
    ],
    ...[
      'net/../kernel/hostname',
      'net/ipv4/../../kernel/hostname',
      'net/./ipv4',
      'net//ipv4',
      'net..ipv4',
      'net.ipv4.',
    ],
    ...['net/ipv4/ip\0forward', '..', '../net/ipv4', 'net.//.kernel', 'net/..', 'net./..'],
  ];
  for (const name of names) {
    t.throws(() => pathOf(name), { code: 'ERR_SYSCTL_NAME', step: 'name' }, JSON.stringify(name));
  }
  t.throws(() => pathOf(7 as unknown as string), { code: 'ERR_SYSCTL_NAME' });
});

t.test('the helper looks again', async (t) => {
  for (const path of ['', 'ipv4', 'ipv4/conf/eth0.100/forwarding', '...']) t.ok(isSysctlPath(path), path);
  for (const path of ['/', 'a/', '/a', 'a//b', '.', '..', 'a/..', '../a', 'a/./b', 'a\0b']) {
    t.notOk(isSysctlPath(path), JSON.stringify(path));
  }
});

t.test('pages of long directories', async (t) => {
  const names = Array.from({ length: 100 }, (_, index) => `name${index}/`);
  const found: string[] = [];
  let pages = 0;
  for (let from = 0; from !== 0 || pages === 0; pages++) {
    const { page, next } = pageOf(names, from, 50);
    t.ok(page.join('\0').length <= 50);
    found.push(...page);
    from = next;
  }
  t.same(found, names);
  t.ok(pages > 10);
  t.same(pageOf([], 0, 50), { page: [], next: 0 });
  t.same(pageOf(names, 1000, 50), { page: [], next: 0 });
});
