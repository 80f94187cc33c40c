import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { child, needsRoot } from './child.test.helper.ts';
import * as sys from './index.ts';

const { AF, AT, CLONE, ERRNO, F, FD_CLOEXEC, LOCK, MSG, NS, O, POLL, SO, SOCK, SOL } = sys;

/** Asserts close-on-exec where the kernel tells it: the flags of the descriptor in /proc. */
function isCloseOnExec(fd: number): boolean {
  const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0';
  return (Number.parseInt(flags, 8) & O.CLOEXEC) !== 0;
}

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'nsnet-sys-'));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}

t.test('SystemError speaks like Node', (t) => {
  const error = new sys.SystemError(1, 'setns', '/run/netns/x');
  t.equal(error.message, "EPERM: operation not permitted, setns '/run/netns/x'");
  t.match(error, { code: 'EPERM', errno: 1, syscall: 'setns', path: '/run/netns/x', name: 'SystemError' });
  t.ok(error instanceof Error);
  t.notOk('path' in new sys.SystemError(1, 'setns'), 'no path, no key');
  t.equal(sys.errnoCode(ERRNO.EOPNOTSUPP), 'EOPNOTSUPP', "the kernel's word, not ENOTSUP");
  t.equal(sys.errnoCode(ERRNO.EAGAIN), 'EAGAIN');
  t.equal(sys.errnoCode(ERRNO.EINPROGRESS), 'EINPROGRESS', 'unknown to libuv');
  t.equal(sys.errnoCode(ERRNO.EXFULL), 'EXFULL');
  t.equal(sys.errnoMessage(ERRNO.EXFULL), 'exchange full');
  t.equal(new sys.SystemError(4000, 'send').message, 'E4000: unknown error, send');
  for (const [name, errno] of Object.entries(ERRNO)) t.equal(sys.errnoCode(errno), name);
  t.end();
});

t.test('another operating system: the import works, the first call says what is wrong', async (t) => {
  const outcome = await child(`
    Object.defineProperty(process, 'platform', { value: 'darwin' });
    try { sys.socket(1, 1, 0); } catch (error) {
      console.log(JSON.stringify([error.name, error.code, error.message, error instanceof sys.UnsupportedPlatformError]));
    }
    console.log(Object.keys(process.report.getReport().sharedObjects.filter((path) => /koffi/.test(path))).length);`);
  const [first = '', second] = outcome.stdout.trim().split('\n');
  t.strictSame(JSON.parse(first), [
    'UnsupportedPlatformError',
    'ERR_UNSUPPORTED_PLATFORM',
    'Linux system calls are not available on darwin.',
    true,
  ]);
  t.equal(second, '0', 'koffi is not loaded');
});

t.test('an FFI library that does not load is named', async (t) => {
  const outcome = await child(`
    Object.defineProperty(process, 'arch', { value: 'mips' });
    try { sys.socket(1, 1, 0); } catch (error) { console.log(error.code, error.message, error.cause !== undefined); }`);
  t.match(outcome.stdout, /^ERR_UNSUPPORTED_PLATFORM The FFI library koffi does not load on linux mips: .+ true/);
});

t.test('sockets', (t) => {
  const fd = sys.socket(AF.NETLINK, SOCK.RAW | SOCK.NONBLOCK, sys.NETLINK_PROTOCOL.ROUTE);
  t.teardown(() => sys.close(fd));
  t.ok(isCloseOnExec(fd));
  t.ok(sys.fcntl(fd, F.GETFL) & O.NONBLOCK, 'SOCK_NONBLOCK goes through');
  sys.bind(fd, sys.netlinkAddress());
  const own = sys.parseAddress(sys.getsockname(fd));
  t.match(own, { family: 'netlink', groups: 0 });
  t.ok(own.family === 'netlink' && own.port > 0);
  sys.connect(fd, sys.netlinkAddress());
  t.equal(sys.getsockoptInt(fd, SOL.SOCKET, SO.DOMAIN), AF.NETLINK);
  t.equal(sys.getsockoptInt(fd, SOL.SOCKET, SO.TYPE), SOCK.RAW);
  t.equal(sys.getsockopt(fd, SOL.SOCKET, SO.MEMINFO, 64).length, 36, 'as long as the kernel says');
  sys.setsockopt(fd, SOL.SOCKET, SO.RCVBUF, 65536);
  t.equal(sys.getsockoptInt(fd, SOL.SOCKET, SO.RCVBUF), 131072);
  sys.setsockopt(fd, SOL.NETLINK, sys.NETLINK.EXT_ACK, Uint8Array.of(1, 0, 0, 0));
  t.equal(sys.getsockoptInt(fd, SOL.NETLINK, sys.NETLINK.EXT_ACK), 1);
  t.equal(sys.getsockopt(fd, SOL.SOCKET, SO.NETNS_COOKIE, 8).length, 8);
  t.throws(() => sys.setsockopt(fd, SOL.NETLINK, 999, 1), { code: 'ENOPROTOOPT', syscall: 'setsockopt' });
  t.throws(() => sys.bind(fd, sys.inetAddress()), { code: 'EINVAL', syscall: 'bind' });
  t.throws(() => sys.socket(99, 1, 0), { code: 'EAFNOSUPPORT', errno: 97, syscall: 'socket' });
  t.throws(() => sys.getsockname(-1), { code: 'EBADF' });
  t.end();
});

t.test('listening and connecting', (t) => {
  const server = sys.socket(AF.INET, SOCK.STREAM, 0);
  const client = sys.socket(AF.INET, SOCK.STREAM, 0);
  t.teardown(() => [server, client].forEach(sys.close));
  sys.bind(server, sys.inetAddress({ address: '127.0.0.1' }));
  const address = sys.getsockname(server);
  t.throws(() => sys.connect(client, address), { code: 'ECONNREFUSED', syscall: 'connect' });
  sys.listen(server, 5);
  t.equal(sys.getsockoptInt(server, SOL.SOCKET, SO.ACCEPTCONN), 1);
  sys.connect(client, address);
  t.strictSame(sys.getpeername(client), address);
  t.throws(() => sys.getpeername(server), { code: 'ENOTCONN', syscall: 'getpeername' });
  t.equal(sys.poll(server, POLL.IN, 1000), POLL.IN);
  t.throws(() => sys.listen(client, 1), { code: 'EINVAL' });
  t.end();
});

t.test('socketpair, read, write, poll', (t) => {
  const [left, right] = sys.socketpair(AF.UNIX, SOCK.SEQPACKET, 0);
  t.ok(isCloseOnExec(left) && isCloseOnExec(right));
  t.equal(sys.poll(right, POLL.IN, 0), 0);
  t.equal(sys.write(left, Buffer.from('hello')), 5);
  t.equal(sys.poll(right, POLL.IN | POLL.OUT, -1), POLL.IN | POLL.OUT);
  const buffer = Buffer.alloc(16);
  t.equal(sys.read(right, buffer), 5);
  t.equal(buffer.toString('utf8', 0, 5), 'hello');
  sys.close(left);
  t.equal(sys.read(right, buffer), 0);
  t.ok(sys.poll(right, POLL.IN, 0) & POLL.HUP);
  sys.close(right);
  t.equal(sys.poll(right, POLL.IN, 0), POLL.NVAL);
  t.throws(() => sys.close(right), { code: 'EBADF', syscall: 'close' });
  t.throws(() => sys.write(right, buffer), { code: 'EBADF', syscall: 'write' });
  t.throws(() => sys.socketpair(AF.INET, SOCK.STREAM, 0), { code: 'EOPNOTSUPP' });
  t.end();
});

t.test('poll waits the whole time in spite of signals', async (t) => {
  const outcome = await child(`
    import { spawn } from 'node:child_process';
    process.on('SIGUSR1', () => {});
    const [fd] = sys.socketpair(1, 1, 0);
    const sender = spawn('sh', ['-c', 'for i in 1 2 3; do kill -USR1 $0; sleep 0.05; done', process.pid]);
    sender.on('spawn', () => {
      const start = performance.now();
      console.log(sys.poll(fd, 1, 300), performance.now() - start >= 299);
    });`);
  t.equal(outcome.stdout, '0 true\n', outcome.stderr);
});

t.test('files', (t) => {
  const path = folder(t);
  const file = join(path, 'file');
  writeFileSync(file, 'text');
  symlinkSync(file, join(path, 'link'));
  const dir = sys.open(path, O.PATH | O.DIRECTORY);
  const fd = sys.openat(dir, 'file', O.RDWR);
  t.teardown(() => [dir, fd].forEach(sys.close));
  t.ok(isCloseOnExec(dir) && isCloseOnExec(fd));
  t.throws(() => sys.open(join(path, 'none'), O.RDONLY), {
    message: `ENOENT: no such file or directory, open '${join(path, 'none')}'`,
  });
  t.throws(() => sys.openat(dir, 'link', O.RDONLY | O.NOFOLLOW), { code: 'ELOOP', path: 'link' });
  t.throws(() => sys.open(`${file}\0.txt`, O.RDONLY), { code: 'EINVAL' }, 'a NUL does not cut the path');
  t.throws(() => sys.openat(dir, 'a\0', O.RDONLY), { code: 'EINVAL' });

  const made = sys.openat(dir, 'made', O.WRONLY | O.CREAT | O.EXCL, 0o600);
  t.equal(sys.ioctl(made, sys.SIOC.INQ, Buffer.alloc(4)), 0);
  t.throws(() => sys.openat(dir, 'made', O.WRONLY | O.CREAT | O.EXCL), { code: 'EEXIST' });
  sys.close(made);
  sys.unlinkat(dir, 'made', 0);
  t.throws(() => sys.unlinkat(dir, 'made', 0), { code: 'ENOENT', syscall: 'unlinkat', path: 'made' });
  t.throws(() => sys.unlinkat(AT.FDCWD, path, AT.REMOVEDIR), { code: 'ENOTEMPTY' });

  const copy = sys.dup(fd);
  t.ok(isCloseOnExec(copy));
  sys.fcntl(copy, F.SETFD, 0);
  t.equal(sys.fcntl(copy, F.GETFD), 0);
  sys.closeRange(copy, copy, sys.CLOSE_RANGE.CLOEXEC);
  t.equal(sys.fcntl(copy, F.GETFD), FD_CLOEXEC);
  sys.closeRange(copy, copy, 0);
  t.throws(() => sys.fcntl(copy, F.GETFD), { code: 'EBADF' });
  t.throws(() => sys.dup(copy), { code: 'EBADF' });
  t.end();
});

t.test('flock', (t) => {
  const path = join(folder(t), 'lock');
  const [one, two] = [sys.open(path, O.RDWR | O.CREAT), sys.open(path, O.RDWR)];
  t.teardown(() => [one, two].forEach(sys.close));
  sys.flock(one, LOCK.EX);
  t.throws(() => sys.flock(two, LOCK.EX | LOCK.NB), { code: 'EAGAIN', syscall: 'flock' });
  sys.flock(one, LOCK.UN);
  sys.flock(two, LOCK.EX | LOCK.NB);
  t.end();
});

t.test('ioctl on namespaces', (t) => {
  const fd = sys.open('/proc/self/ns/net', O.RDONLY);
  const file = sys.open('/proc/self/status', O.RDONLY);
  const socket = sys.socket(AF.INET, SOCK.DGRAM, 0);
  t.teardown(() => [fd, file, socket].forEach(sys.close));
  t.equal(sys.ioctl(fd, NS.GET_NSTYPE), CLONE.NEWNET);
  t.throws(() => sys.ioctl(file, NS.GET_NSTYPE), { code: 'ENOTTY', syscall: 'ioctl' });
  const id = Buffer.alloc(8);
  try {
    sys.ioctl(fd, NS.GET_ID, id);
    t.strictSame(id, sys.getsockopt(socket, SOL.SOCKET, SO.NETNS_COOKIE, 8), 'the id of the namespace is its cookie');
  } catch (error) {
    t.match(error, { code: 'ENOTTY' }, 'a kernel before 6.17');
  }
  t.end();
});

t.test('pidfds', async (t) => {
  const program = spawn('sleep', ['60']);
  await once(program, 'spawn');
  const pid = program.pid ?? 0;
  const fd = sys.pidfdOpen(pid);
  t.teardown(() => sys.close(fd));
  t.ok(isCloseOnExec(fd));
  t.equal(sys.poll(fd, POLL.IN, 0), 0);
  sys.pidfdSendSignal(fd, 0);
  try {
    const namespace = sys.ioctl(fd, sys.PIDFD.GET_NET_NAMESPACE);
    t.ok(isCloseOnExec(namespace));
    t.equal(sys.ioctl(namespace, NS.GET_NSTYPE), CLONE.NEWNET);
    sys.close(namespace);
  } catch (error) {
    t.match(error, { code: /ENOTTY|EINVAL|EPERM|EACCES/ }, 'a kernel before 6.11, or not allowed');
  }
  sys.pidfdSendSignal(fd, 9);
  t.strictSame(await once(program, 'exit'), [null, 'SIGKILL']);
  t.equal(sys.poll(fd, POLL.IN, 1000) & POLL.IN, POLL.IN);
  t.throws(() => sys.pidfdSendSignal(fd, 9), { code: 'ESRCH', syscall: 'pidfd_send_signal' });
  t.throws(() => sys.pidfdOpen(pid), { code: 'ESRCH', syscall: 'pidfd_open' });
});

t.test('prctl', async (t) => {
  const outcome = await child(`
    const { PR } = sys;
    console.log(sys.prctl(PR.GET_NO_NEW_PRIVS), sys.prctl(PR.SET_NO_NEW_PRIVS, 1), sys.prctl(PR.GET_NO_NEW_PRIVS));
    try { sys.prctl(PR.SET_NO_NEW_PRIVS, 7); } catch (error) { console.log(error.message); }`);
  t.equal(outcome.stdout, '0 0 1\nEINVAL: invalid argument, prctl\n');
});

t.test('setns and unshare', { skip: needsRoot }, async (t) => {
  const outcome = await child(`
    import { readlinkSync } from 'node:fs';
    const cookie = () => {
      const fd = sys.socket(sys.AF.INET, sys.SOCK.DGRAM, 0);
      const value = sys.getsockopt(fd, sys.SOL.SOCKET, sys.SO.NETNS_COOKIE, 8).readBigUInt64LE();
      sys.close(fd);
      return value;
    };
    const before = cookie();
    const home = sys.open('/proc/self/ns/net', sys.O.RDONLY);
    sys.unshare(sys.CLONE.NEWNET);
    const inside = cookie();
    const socket = sys.socket(sys.AF.INET, sys.SOCK.DGRAM, 0);
    sys.setns(home, sys.CLONE.NEWNET);
    console.log(inside !== before, cookie() === before);
    const target = sys.ioctl(socket, sys.SIOC.GSKNS);
    sys.setns(target, 0);
    console.log(cookie() === inside);
    try { sys.setns(target, sys.CLONE.NEWUTS); } catch (error) { console.log(error.message); }
    try { sys.setns(-1, 0); } catch (error) { console.log(error.code); }
    try { sys.unshare(1); } catch (error) { console.log(error.code); }`);
  t.equal(outcome.stdout, 'true true\ntrue\nEINVAL: invalid argument, setns\nEBADF\nEINVAL\n', outcome.stderr);
});

t.test('mounts', { skip: needsRoot }, async (t) => {
  const path = folder(t);
  const outcome = await child(`
    import { mkdirSync, symlinkSync, writeFileSync, existsSync } from 'node:fs';
    const { AT, CLONE, MNT, MOVE_MOUNT, MS, NS, O, OPEN_TREE, UMOUNT } = sys;
    const path = ${JSON.stringify(path)};
    sys.unshare(CLONE.NEWNS);
    sys.mount(null, '/', null, MS.REC | MS.PRIVATE, null);
    sys.mount('none', path, 'tmpfs', MS.NOSUID, 'size=64k');
    mkdirSync(path + '/run');
    writeFileSync(path + '/run/name', '');
    symlinkSync('name', path + '/run/link');
    // A namespace pinned to a name through descriptors only.
    const namespace = sys.open('/proc/self/ns/net', O.RDONLY);
    const tree = sys.openTree(namespace, '', OPEN_TREE.CLONE | AT.EMPTY_PATH);
    const dir = sys.open(path + '/run', O.PATH | O.DIRECTORY);
    console.log(sys.fcntl(tree, 1, 0) === sys.FD_CLOEXEC);
    sys.moveMount(tree, '', dir, 'name', MOVE_MOUNT.F_EMPTY_PATH);
    const pinned = sys.openat(dir, 'name', O.RDONLY);
    console.log(sys.ioctl(pinned, NS.GET_NSTYPE) === CLONE.NEWNET);
    sys.close(pinned);
    const attempt = (action) => { try { action(); console.log('done'); } catch (error) { console.log(error.message.replaceAll(path, '')); } };
    attempt(() => sys.umount2(path + '/run/link', MNT.DETACH | UMOUNT.NOFOLLOW));
    attempt(() => sys.unlinkat(dir, 'name', 0));
    attempt(() => sys.umount2(path + '/run/name', MNT.DETACH | UMOUNT.NOFOLLOW));
    attempt(() => sys.unlinkat(dir, 'name', 0));
    attempt(() => sys.moveMount(tree, '', dir, 'none', MOVE_MOUNT.F_EMPTY_PATH));
    attempt(() => sys.openTree(AT.FDCWD, path + '/none', 0));
    attempt(() => sys.mount('none', path + '/none', 'tmpfs', 0, null));
    attempt(() => sys.mount('none', path, 'no\\0ne', 0, null));`);
  t.equal(
    outcome.stdout,
    [
      'true',
      'true',
      "EINVAL: invalid argument, umount2 '/run/link'",
      "EBUSY: resource busy or locked, unlinkat 'name'",
      'done',
      'done',
      "ENOENT: no such file or directory, move_mount 'none'",
      "ENOENT: no such file or directory, open_tree '/none'",
      "ENOENT: no such file or directory, mount '/none'",
      "ENODEV: no such device, mount ''",
      '',
    ].join('\n'),
    outcome.stderr,
  );
});

t.test('descriptors do not reach programs started later', (t) => {
  const fd = sys.socket(AF.UNIX, SOCK.STREAM, 0);
  t.teardown(() => sys.close(fd));
  t.not(spawnSync('test', ['-e', `/proc/self/fd/${fd}`]).status, 0);
  t.end();
});

t.test('addresses', (t) => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  t.equal(hex(sys.netlinkAddress({ port: 0xfffffffe, groups: 5 })), '10000000feffffff05000000');
  t.equal(hex(sys.inetAddress({ address: '10.0.0.255', port: 80 })), '020000500a0000ff0000000000000000');
  t.equal(
    hex(sys.inet6Address({ address: 'fe80::1', port: 443, scopeId: 7 })),
    '0a0001bb00000000fe80000000000000000000000000000107000000',
  );
  t.equal(hex(sys.unixAddress('/a')), '01002f6100');
  t.equal(hex(sys.unixAddress('\0a')), '01000061');
  t.equal(hex(sys.unixAddress('')), '0100');
  for (const port of [0, 1, 0xffffffff]) {
    t.strictSame(sys.parseAddress(sys.netlinkAddress({ port, groups: port })), {
      family: 'netlink',
      port,
      groups: port,
    });
  }
  for (const address of ['0.0.0.0', '255.255.255.255', '192.168.1.20']) {
    t.strictSame(sys.parseAddress(sys.inetAddress({ address, port: 65535 })), { family: 'inet', address, port: 65535 });
  }
  for (const address of [
    '::',
    '::1',
    'fe80::1',
    '2001:db8::1:0:0:1',
    '1:2:3:4:5:6:7:8',
    '::ffff:10.0.0.1',
    'ff02::',
    '1::',
  ]) {
    const parsed = sys.parseAddress(sys.inet6Address({ address, port: 1, scopeId: 2 }));
    t.strictSame(parsed, { family: 'inet6', address, port: 1, scopeId: 2 });
  }
  t.match(sys.parseAddress(sys.inet6Address({ address: '2001:DB8:0:0::1' })), { address: '2001:db8::1' });
  for (const path of ['', '/run/x', '\0abstract', 'é'.repeat(53)]) {
    t.strictSame(sys.parseAddress(sys.unixAddress(path)), { family: 'unix', path });
  }
  for (const address of [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '0x1.2.3.4',
    '::1',
    ' 1.2.3.4',
    '1.2.3.4\n',
  ]) {
    t.throws(() => sys.inetAddress({ address }), TypeError, JSON.stringify(address));
  }
  for (const address of [
    '',
    '1.2.3.4',
    ':',
    ':::',
    '1::2::3',
    '1:2:3',
    '12345::',
    'fe80::1%eth0',
    '::1]',
    '[::1]',
    '::g',
  ]) {
    t.throws(() => sys.inet6Address({ address }), TypeError, JSON.stringify(address));
  }
  for (const port of [-1, 65536, 1.5, Number.NaN]) t.throws(() => sys.inetAddress({ port }), RangeError);
  t.throws(() => sys.unixAddress('x'.repeat(108)), RangeError);
  t.throws(() => sys.unixAddress('a\0b'), TypeError);
  t.strictSame(sys.parseAddress(Uint8Array.of(99, 0, 1)), {
    family: 'unknown',
    number: 99,
    bytes: Uint8Array.of(99, 0, 1),
  });
  for (let length = 0; length < 12; length += 1) {
    t.equal(sys.parseAddress(sys.netlinkAddress().subarray(0, length)).family, 'unknown');
  }
  t.end();
});

t.test('unix addresses on the real kernel', (t) => {
  const fd = sys.socket(AF.UNIX, SOCK.DGRAM, 0);
  t.teardown(() => sys.close(fd));
  t.strictSame(sys.parseAddress(sys.getsockname(fd)), { family: 'unix', path: '' });
  const path = join(folder(t), 'socket');
  sys.bind(fd, sys.unixAddress(path));
  t.strictSame(sys.parseAddress(sys.getsockname(fd)), { family: 'unix', path });
  const other = sys.socket(AF.UNIX, SOCK.DGRAM, 0);
  t.teardown(() => sys.close(other));
  sys.bind(other, sys.unixAddress(''));
  const { path: name } = sys.parseAddress(sys.getsockname(other)) as { path: string };
  t.match(name, /^\0[0-9a-f]{5}$/, 'autobind chooses an abstract name');
  t.equal(sys.sendto(fd, Buffer.from('x'), MSG.NOSIGNAL, sys.unixAddress(name)), 1);
  const { length, address } = sys.recvfrom(other, Buffer.alloc(8), 0);
  t.equal(length, 1);
  t.strictSame(sys.parseAddress(address), { family: 'unix', path });
  t.end();
});
