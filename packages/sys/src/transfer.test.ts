import { readdirSync, readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { child } from './child.test.helper.ts';
import * as sys from './index.ts';

const { AF, ERRNO, MSG, O, SCM, SO, SOCK, SOL } = sys;

function pair(t: Test, type: number = SOCK.SEQPACKET): [number, number] {
  const fds = sys.socketpair(AF.UNIX, type | SOCK.NONBLOCK, 0);
  t.teardown(() => fds.forEach(sys.close));
  return fds;
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

t.test('trySend and tryRecv', (t) => {
  const [left, right] = pair(t);
  const out = Buffer.from('0123456789');
  const into = Buffer.alloc(10, '.');
  t.equal(sys.tryRecv(right, into, 0, 10, 0), -ERRNO.EAGAIN);
  t.equal(sys.trySend(left, out, 2, 5, 0), 5);
  t.equal(sys.tryRecv(right, into, 3, 4, MSG.PEEK | MSG.TRUNC), 5, 'the real length');
  t.equal(into.toString(), '...2345...', 'never beyond the given length');
  t.equal(sys.tryRecv(right, into, 0, 10, 0), 5);
  t.equal(sys.trySend(-1, out, 0, 1, 0), -ERRNO.EBADF);
  t.equal(sys.tryRecv(-1, into, 0, 1, 0), -ERRNO.EBADF);
  t.equal(sys.trySend(left, Buffer.alloc(1 << 20), 0, 1 << 20, 0), -ERRNO.EMSGSIZE);
  for (const [offset, length] of [
    [0, 11],
    [5, 6],
    [11, 0],
    [-1, 1],
    [0, -1],
    [Number.NaN, 1],
    [0, Number.NaN],
    [0, 2 ** 53],
  ] as const) {
    t.throws(() => sys.tryRecv(right, into, offset, length, 0), RangeError, `recv ${offset} ${length}`);
    t.throws(() => sys.trySend(left, out, offset, length, 0), RangeError, `send ${offset} ${length}`);
  }
  const large = new Uint8Array(64).subarray(60);
  sys.trySend(left, Uint8Array.of(1, 2, 3, 4), 0, 4, 0);
  t.equal(sys.tryRecv(right, large, 0, 4, 0), 4, 'any Uint8Array, at any offset of its memory');
  t.strictSame([...large], [1, 2, 3, 4]);
  t.end();
});

t.test('the sender of a netlink datagram', (t) => {
  const fd = sys.socket(AF.NETLINK, SOCK.RAW | SOCK.NONBLOCK, 0);
  t.teardown(() => sys.close(fd));
  sys.bind(fd, sys.netlinkAddress());
  const request = Buffer.from('2000000012000500010000000000000000000000010000000000000000000000', 'hex');
  const address = sys.netlinkAddress({ port: 77 });
  const buffer = Buffer.alloc(32768);
  t.equal(sys.tryRecvfrom(fd, buffer, 0, buffer.length, 0, address), -ERRNO.EAGAIN);
  t.equal(sys.sendto(fd, request, 0, sys.netlinkAddress()), 32);
  const length = sys.tryRecvfrom(fd, buffer, 0, 100, MSG.TRUNC | MSG.PEEK, address);
  t.ok(length > 100, 'RTM_NEWLINK is longer than that');
  t.strictSame(sys.parseAddress(address), { family: 'netlink', port: 0, groups: 0 }, 'the kernel');
  t.throws(() => sys.tryRecvfrom(fd, buffer, 0, 99999, 0, address), RangeError);
  const cut = sys.recvfrom(fd, buffer.subarray(0, 100), 0);
  t.match(cut, { length: 100, truncated: true });
  t.equal(cut.address.length, 12);
  t.match(sys.recvfrom(fd, buffer, 0), { truncated: false }, 'the ack');
  t.throws(() => sys.recvfrom(fd, buffer, 0), { code: 'EAGAIN', syscall: 'recvmsg' });
  t.throws(() => sys.sendto(fd, Buffer.alloc(1 << 22), 0, sys.netlinkAddress()), {
    code: 'EMSGSIZE',
    syscall: 'sendto',
  });
  t.end();
});

t.test('sendAsync', async (t) => {
  const [left, right] = pair(t);
  const buffer = Buffer.alloc(64);
  t.equal(await sys.sendAsync(left, Buffer.from('abc'), 1, 2, 0), 2);
  t.equal(sys.tryRecv(right, buffer, 0, 64, 0), 2);
  t.equal(buffer.toString('utf8', 0, 2), 'bc');
  await t.rejects(sys.sendAsync(left, buffer, 60, 5, 0), RangeError);
});

t.test('sendAsync tells the errno of its own call', async (t) => {
  const [left] = pair(t);
  const [closed, peer] = pair(t);
  const idle = sys.socket(AF.INET, SOCK.STREAM, 0);
  const full = sys.socketpair(AF.UNIX, SOCK.DGRAM | SOCK.NONBLOCK, 0);
  t.teardown(() => [idle, ...full].forEach(sys.close));
  while (sys.trySend(full[0], Buffer.alloc(100), 0, 100, 0) > 0);
  const huge = Buffer.alloc(1 << 20);
  const unbound = sys.socket(AF.UNIX, SOCK.DGRAM, 0);
  t.teardown(() => sys.close(unbound));
  const cases = [
    { fd: -1, bytes: Buffer.alloc(1), expected: -ERRNO.EBADF },
    { fd: left, bytes: huge, expected: -ERRNO.EMSGSIZE },
    { fd: unbound, bytes: Buffer.alloc(1), expected: -ERRNO.ENOTCONN },
    { fd: idle, bytes: Buffer.alloc(1), expected: -ERRNO.EPIPE },
    { fd: full[0], bytes: Buffer.alloc(1), expected: -ERRNO.EAGAIN },
  ];
  t.ok(closed && peer);
  // Many at once, in several threads, while the main thread fails with another errno all the time.
  const results = Array.from({ length: 2000 }, (_, index) => {
    const { fd, bytes, expected } = cases[index % cases.length] ?? cases[0] ?? { fd: 0, bytes: huge, expected: 0 };
    const result = sys.sendAsync(fd, bytes, 0, bytes.length, MSG.NOSIGNAL);
    sys.tryRecv(0x7fff, huge, 0, 1, 0);
    return result.then((actual) => {
      sys.tryRecv(left, huge, 0, 1, 0);
      return actual === expected;
    });
  });
  t.equal((await Promise.all(results)).filter((right) => !right).length, 0);
});

t.test('sendAsync on netlink', async (t) => {
  const fd = sys.socket(AF.NETLINK, SOCK.RAW, sys.NETLINK_PROTOCOL.ROUTE);
  t.teardown(() => sys.close(fd));
  sys.bind(fd, sys.netlinkAddress());
  t.equal(await sys.sendAsync(fd, Buffer.alloc(0), 0, 0, 0), -ERRNO.ENODATA);
  t.equal(await sys.sendAsync(fd, Buffer.alloc(1 << 22), 0, 1 << 22, 0), -ERRNO.EMSGSIZE);
});

t.test('sendAsync keeps its buffers alive', async (t) => {
  const outcome = await child(
    `
    const [left, right] = sys.socketpair(sys.AF.UNIX, sys.SOCK.STREAM, 0);
    sys.setsockopt(left, sys.SOL.SOCKET, sys.SO.SNDBUF, 4096);
    const size = 65536;
    let sum = 0;
    for (let value = 1; value <= 40; value += 1) {
      // The socket is blocking: the call waits in its thread, with nobody but sys knowing the buffer.
      const sent = sys.sendAsync(left, new Uint8Array(size).fill(value), 0, size, 0);
      gc();
      Array.from({ length: 20 }, () => new Uint8Array(size).fill(255));
      gc();
      await new Promise(setImmediate);
      const buffer = Buffer.alloc(size);
      for (let got = 0; got < size; ) got += sys.tryRecv(right, buffer, got, size - got, 0);
      if (await sent !== size || !buffer.every((byte) => byte === value)) throw new Error('damaged at ' + value);
      sum += value;
    }
    console.log(sum);`,
    { node: ['--expose-gc'] },
  );
  t.equal(outcome.stdout, '820\n', outcome.stderr);
});

t.test('more than koffi takes at once', async (t) => {
  const [left, right] = sys.socketpair(AF.UNIX, SOCK.DGRAM, 0);
  t.teardown(() => [left, right].forEach(sys.close));
  const byte = Buffer.alloc(1);
  const sends = Array.from({ length: 1000 }, () => sys.sendAsync(left, byte, 0, 1, 0));
  let received = 0;
  const watcher = sys.watchReadable(right, () => {
    while (sys.tryRecv(right, byte, 0, 1, 0) === 1) received += 1;
  });
  t.teardown(() => watcher.close());
  t.ok((await Promise.all(sends)).every((sent) => sent === 1));
  while (sys.tryRecv(right, byte, 0, 1, 0) === 1) received += 1;
  t.equal(received, 1000);
});

t.test('sendmsg gathers, recvmsg tells all', (t) => {
  const [left, right] = pair(t);
  const buffer = Buffer.alloc(100);
  t.equal(sys.sendmsg(left, { data: [Buffer.from('ab'), Buffer.alloc(0), Uint8Array.of(99)] }, 0), 3);
  t.strictSame(sys.recvmsg(right, buffer), {
    length: 3,
    address: undefined,
    fds: [],
    truncated: false,
    controlTruncated: false,
    control: [],
  });
  t.equal(buffer.toString('utf8', 0, 3), 'abc');
  const many = Array.from({ length: 50 }, (_, index) => Uint8Array.of(index));
  t.equal(sys.sendmsg(left, { data: many }, 0), 50, 'more pieces than the frame holds');
  t.equal(sys.recvmsg(right, buffer).length, 50);
  t.strictSame(
    [...buffer.subarray(0, 50)],
    many.flatMap((piece) => [...piece]),
  );
  sys.sendmsg(left, { data: Buffer.alloc(60) }, 0);
  t.match(sys.recvmsg(right, buffer.subarray(0, 50)), { length: 50, truncated: true });
  sys.sendmsg(left, { data: Buffer.alloc(60) }, 0);
  t.match(sys.recvmsg(right, buffer.subarray(0, 50), { flags: MSG.TRUNC }), { length: 60, truncated: true });
  t.throws(() => sys.recvmsg(right, buffer), { code: 'EAGAIN', syscall: 'recvmsg' });
  t.equal(sys.tryRecvmsg(right, buffer), -ERRNO.EAGAIN);
  t.throws(() => sys.sendmsg(-1, { data: buffer }, 0), { code: 'EBADF', syscall: 'sendmsg' });
  t.throws(() => sys.recvmsg(right, buffer, { controlLength: 1e6 }), RangeError);
  t.throws(() => sys.sendmsg(left, { data: buffer, fds: new Array<number>(254).fill(0) }, 0), RangeError);
  t.throws(() => sys.sendmsg(left, { data: buffer, address: Buffer.alloc(200) }, 0), RangeError);
  t.end();
});

t.test('sendmsg to an address', (t) => {
  const [left, right] = [sys.socket(AF.INET6, SOCK.DGRAM, 0), sys.socket(AF.INET6, SOCK.DGRAM, 0)];
  t.teardown(() => [left, right].forEach(sys.close));
  sys.bind(right, sys.inet6Address({ address: '::1' }));
  sys.sendmsg(left, { data: Buffer.from('x'), address: sys.getsockname(right) }, 0);
  const { address } = sys.recvmsg(right, Buffer.alloc(1));
  t.match(sys.parseAddress(address ?? Buffer.alloc(0)), { family: 'inet6', address: '::1' });
  t.end();
});

t.test('descriptors arrive, close-on-exec', (t) => {
  const [left, right] = pair(t);
  const before = openDescriptors();
  const file = sys.open('/proc/self/status', O.RDONLY);
  sys.sendmsg(left, { data: Buffer.from('x'), fds: [file, left, file] }, 0);
  sys.close(file);
  const { fds, controlTruncated } = sys.recvmsg(right, Buffer.alloc(1));
  t.equal(fds.length, 3);
  t.notOk(controlTruncated);
  for (const fd of fds) t.match(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'), /^flags:\s*0?2\d*$/m, 'O_CLOEXEC');
  t.equal(sys.read(fds[0] ?? -1, Buffer.alloc(5)), 5);
  fds.forEach(sys.close);
  t.equal(openDescriptors(), before);
  t.end();
});

t.test('surplus descriptors are closed and reported', (t) => {
  const [left, right] = pair(t);
  const before = openDescriptors();
  const send = (count: number) =>
    sys.sendmsg(left, { data: Buffer.from('x'), fds: new Array<number>(count).fill(left) }, 0);
  for (const [count, maxFds] of [
    [2, 1],
    [20, 16],
    [253, 8],
    [2, 0],
    [253, 250],
  ] as const) {
    send(count);
    const { fds, controlTruncated } = sys.recvmsg(right, Buffer.alloc(1), { maxFds });
    t.equal(fds.length, maxFds, `${maxFds} of ${count}`);
    t.ok(controlTruncated);
    fds.forEach(sys.close);
    t.equal(openDescriptors(), before);
  }
  send(253);
  const all = sys.recvmsg(right, Buffer.alloc(1), { maxFds: sys.SCM_MAX_FD });
  t.equal(all.fds.length, 253);
  t.notOk(all.controlTruncated);
  all.fds.forEach(sys.close);
  send(2);
  const odd = sys.recvmsg(right, Buffer.alloc(1), { maxFds: 1, controlLength: 20 });
  t.equal(odd.fds.length, 1, 'CMSG_SPACE(4) has room for two');
  t.ok(odd.controlTruncated);
  odd.fds.forEach(sys.close);
  send(1);
  t.match(sys.recvmsg(right, Buffer.alloc(1), { controlLength: 0 }), { fds: [], controlTruncated: true });
  send(1);
  t.match(sys.recvmsg(right, Buffer.alloc(0), { controlLength: 0 }), { truncated: true, controlTruncated: true });
  t.equal(openDescriptors(), before);
  t.end();
});

t.test('no free descriptor: what arrived is told, MSG_CTRUNC too', async (t) => {
  const outcome = await child(
    `
    const [left, right] = sys.socketpair(sys.AF.UNIX, sys.SOCK.SEQPACKET, 0);
    const buffer = Buffer.alloc(1);
    sys.sendmsg(left, { data: buffer, fds: [left, right] }, 0);
    sys.sendmsg(left, { data: buffer, fds: [left] }, 0);
    const filled = [];
    for (;;) {
      try { filled.push(sys.dup(left)); } catch (error) { console.log(error.code); break; }
    }
    sys.close(filled.pop());
    const first = sys.recvmsg(right, buffer);
    console.log(first.length, first.fds.length, first.controlTruncated, first.fds[0] === filled.at(-1) + 1);
    const second = sys.recvmsg(right, buffer);
    console.log(second.length, second.fds.length, second.controlTruncated);`,
    { through: ['sh', '-c', 'ulimit -n 48; exec "$@"', 'sh'] },
  );
  t.equal(outcome.stdout, 'EMFILE\n1 1 true true\n1 0 true\n', outcome.stderr);
});

t.test('other control messages', (t) => {
  const [left, right] = pair(t);
  sys.setsockopt(right, SOL.SOCKET, SO.PASSCRED, 1);
  sys.sendmsg(left, { data: Buffer.from('x'), fds: [left] }, 0);
  const { control, fds } = sys.recvmsg(right, Buffer.alloc(1));
  t.equal(fds.length, 1);
  t.equal(control.length, 1);
  const [credentials] = control;
  t.match(credentials, { level: SOL.SOCKET, type: SCM.CREDENTIALS });
  t.equal(credentials?.data.readInt32LE(), process.pid);
  fds.forEach(sys.close);
  const fd = sys.socket(AF.NETLINK, SOCK.RAW | SOCK.NONBLOCK, 0);
  t.teardown(() => sys.close(fd));
  sys.bind(fd, sys.netlinkAddress());
  sys.setsockopt(fd, SOL.NETLINK, sys.NETLINK.PKTINFO, 1);
  sys.sendto(
    fd,
    Buffer.from('2000000012000500010000000000000000000000010000000000000000000000', 'hex'),
    0,
    sys.netlinkAddress(),
  );
  const reply = sys.recvmsg(fd, Buffer.alloc(8192));
  t.match(reply.control, [{ level: SOL.NETLINK, type: sys.NETLINK.PKTINFO }]);
  t.strictSame(sys.parseAddress(reply.address ?? Buffer.alloc(0)), { family: 'netlink', port: 0, groups: 0 });
  t.end();
});

t.test('sendmsg and recvmsg under a busy collector', async (t) => {
  const outcome = await child(
    `
    const [left, right] = sys.socketpair(sys.AF.UNIX, sys.SOCK.SEQPACKET, 0);
    for (let round = 0; round < 3000; round += 1) {
      const data = Array.from({ length: 12 }, (_, index) => new Uint8Array(16).fill(round + index));
      sys.sendmsg(left, { data }, 0);
      if (round % 50 === 0) gc();
      const into = new Uint8Array(192);
      sys.recvmsg(right, into);
      if (!into.every((byte, at) => byte === ((round + Math.floor(at / 16)) & 255))) throw new Error('damaged');
    }
    console.log('whole');`,
    { node: ['--expose-gc', '--max-semi-space-size=1'] },
  );
  t.equal(outcome.stdout, 'whole\n', outcome.stderr);
});
