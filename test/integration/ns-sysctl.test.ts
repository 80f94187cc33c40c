import { readFileSync } from 'node:fs';
import { Namespace } from '@nsnet/ns';
import t from 'tap';
import { ip, lacking, uniqueName } from '../support/namespaces.ts';

const skip = lacking('ip', 'sysctl');

t.test('get and set, as sysctl(8) inside sees them', { skip }, async (t) => {
  const name = uniqueName();
  await using namespace = await Namespace.create(name);
  const theirs = (key: string) => ip('netns', 'exec', name, 'sysctl', '-n', key);
  const host = readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8');
  const { sysctl } = namespace;
  t.equal(await sysctl.get('net.ipv4.ip_forward'), '0');
  await sysctl.set('net.ipv4.ip_forward', 1);
  t.equal(await sysctl.get('net/ipv4/ip_forward'), '1');
  t.equal(theirs('net.ipv4.ip_forward'), '1');
  ip('netns', 'exec', name, 'sysctl', '-qw', 'net.ipv4.ip_forward=0');
  t.equal(await sysctl.get('net.ipv4.ip_forward'), '0');
  t.equal(readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'), host, 'the host keeps its own');

  await sysctl.set('net.ipv4.ip_local_port_range', '20000 30000');
  t.equal(await sysctl.get('net.ipv4.ip_local_port_range'), '20000\t30000');
  await sysctl.set('net.ipv4.ip_local_reserved_ports', '8080,9148-9150');
  t.equal(await sysctl.get('net.ipv4.ip_local_reserved_ports'), '8080,9148-9150');
  await sysctl.set('net.ipv4.ip_local_reserved_ports', '');
  t.equal(await sysctl.get('net.ipv4.ip_local_reserved_ports'), '');
  await sysctl.set('net.ipv4.conf.all.rp_filter', '0x2');
  t.equal(theirs('net.ipv4.conf.all.rp_filter'), '2');
  await t.resolves(sysctl.set('net.ipv4.route.flush', 1), 'one that can only be written');
});

t.test('names with dots', { skip }, async (t) => {
  const name = uniqueName();
  await using namespace = await Namespace.create(name);
  ip('-n', name, 'link', 'add', 'a.b', 'type', 'bridge');
  await namespace.sysctl.set('net.ipv4.conf.a/b.forwarding', 1);
  t.equal(await namespace.sysctl.get('net/ipv4/conf/a.b/forwarding'), '1');
  const names = await namespace.sysctl.list('net.ipv4.conf');
  t.ok(names.includes('net/ipv4/conf/a.b/forwarding'));
  for (const key of names.filter((key) => key.includes('a.b')).slice(0, 5)) {
    t.type(await namespace.sysctl.get(key), 'string', key);
  }
});

t.test('list', { skip }, async (t) => {
  const name = uniqueName();
  await using namespace = await Namespace.create(name);
  const files = ip('netns', 'exec', name, 'find', '/proc/sys/net', '-type', 'f').split('\n');
  const theirs = files.map((path) => path.slice('/proc/sys/'.length).replaceAll('/', '.')).sort();
  t.same(await namespace.sysctl.list(), theirs);
  const core = theirs.filter((key) => key.startsWith('net.core.'));
  t.same(await namespace.sysctl.list('net.core'), core);
  t.same(await namespace.sysctl.list('net/core'), core);
  await t.rejects(namespace.sysctl.list('net.nonexistent'), { code: 'ENOENT' });
  await t.rejects(namespace.sysctl.list('net.ipv4.ip_forward'), { code: 'ENOTDIR' });
});

t.test('refused', { skip }, async (t) => {
  const name = uniqueName();
  await using namespace = await Namespace.create(name);
  const { sysctl } = namespace;
  const hostname = readFileSync('/proc/sys/kernel/hostname', 'utf8');
  for (const key of [
    'kernel.hostname',
    'net/../kernel/hostname',
    '/etc/passwd',
    '',
    'net.ipv4/../../kernel.hostname',
  ]) {
    await t.rejects(sysctl.get(key), { code: 'ERR_SYSCTL_NAME', step: 'name' }, key);
    await t.rejects(sysctl.set(key, 'x'), { code: 'ERR_SYSCTL_NAME' }, key);
    await t.rejects(sysctl.list(key), { code: 'ERR_SYSCTL_NAME' }, key);
  }
  t.equal(readFileSync('/proc/sys/kernel/hostname', 'utf8'), hostname);
  await t.rejects(sysctl.get('net.ipv4.nonexistent'), { code: 'ENOENT', step: 'open', namespace: /./ });
  await t.rejects(sysctl.get('net.ipv4'), { name: 'NamespaceError', code: 'EISDIR' });
  await t.rejects(sysctl.set('net.ipv4.ip_forward', 'banana'), { code: 'EINVAL', step: 'write', syscall: 'write' });
  await t.rejects(sysctl.set('net.ipv4.ip_forward', Number.NaN), { code: 'ERR_SYSCTL_VALUE' });
  await t.rejects(sysctl.set('net.ipv4.ip_forward', 'a\0b'), { code: 'ERR_SYSCTL_VALUE' });
  await t.rejects(sysctl.set('net.ipv4.ip_forward', {} as never), { code: 'ERR_SYSCTL_VALUE' });
  t.equal(await sysctl.get('net.ipv4.ip_forward'), '0');
});
