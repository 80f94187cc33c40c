import { AsyncLocalStorage } from 'node:async_hooks';
import { readdirSync } from 'node:fs';
import t, { type Test } from 'tap';
import { child, needsRoot } from './child.test.helper.ts';
import * as sys from './index.ts';

const { AF, ERRNO, F, O, SOCK, SOL, SO } = sys;
const byte = Buffer.from('x');

function pair(t: Test, type: number = SOCK.SEQPACKET): [number, number] {
  const fds = sys.socketpair(AF.UNIX, type, 0);
  t.teardown(() => fds.forEach(sys.close));
  return fds;
}

/** A promise and the function that fulfils it. */
function signal(): [promise: Promise<void>, fulfil: () => void] {
  let fulfil = () => {};
  const promise = new Promise<void>((resolve) => {
    fulfil = resolve;
  });
  return [promise, () => fulfil()];
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

t.test('calls back while there is something to read', async (t) => {
  const [left, right] = pair(t);
  const into = Buffer.alloc(4);
  let reads = 0;
  const [done, finish] = signal();
  const watcher = sys.watchReadable(right, (...args: unknown[]) => {
    t.strictSame(args, []);
    t.equal(sys.tryRecv(right, into, 0, 4, 0), 1);
    reads += 1;
    if (reads === 3) finish();
  });
  t.notOk(watcher.closed);
  t.ok(sys.fcntl(right, F.GETFL) & O.NONBLOCK, 'O_NONBLOCK is set');
  for (let count = 0; count < 3; count += 1) sys.trySend(left, byte, 0, 1, 0);
  await done;
  sys.trySend(left, byte, 0, 1, 0);
  watcher.close();
  watcher.close();
  t.ok(watcher.closed);
  t.equal(watcher.unref().ref(), watcher, 'nothing happens after close');
  await nextTurn();
  await nextTurn();
  t.equal(reads, 3, 'no callback after close');
});

t.test('close inside the callback, and watch again', async (t) => {
  const [left, right] = pair(t);
  sys.trySend(left, byte, 0, 1, 0);
  for (let round = 0; round < 3; round += 1) {
    const [done, finish] = signal();
    const watcher = sys.watchReadable(right, () => {
      watcher.close();
      finish();
    });
    await done;
  }
  t.pass('three watches of one descriptor, one after the other');
});

t.test('one watcher may close another that is due', async (t) => {
  const pairs = [pair(t), pair(t)] as const;
  let calls = 0;
  const watchers = pairs.map(([, fd]) =>
    sys.watchReadable(fd, () => {
      calls += 1;
      for (const watcher of watchers) watcher.close();
    }),
  );
  for (const [fd] of pairs) sys.trySend(fd, byte, 0, 1, 0);
  await nextTurn();
  await nextTurn();
  await nextTurn();
  t.equal(calls, 1);
});

/** A TCP socket that is connecting without blocking. */
function connecting(t: Test, address: Buffer): number {
  const fd = sys.socket(AF.INET, SOCK.STREAM | SOCK.NONBLOCK, 0);
  t.teardown(() => sys.close(fd));
  t.throws(() => sys.connect(fd, address), { code: 'EINPROGRESS' });
  return fd;
}

t.test('tells when a connection is decided', async (t) => {
  const server = sys.socket(AF.INET, SOCK.STREAM, 0);
  sys.bind(server, sys.inetAddress({ address: '127.0.0.1' }));
  const address = sys.getsockname(server);
  for (const open of [true, false]) {
    if (open) sys.listen(server, 1);
    else sys.close(server);
    const fd = connecting(t, address);
    const [done, finish] = signal();
    const watcher = sys.watchWritable(fd, finish);
    t.throws(() => sys.watchReadable(fd, () => {}), { code: 'EEXIST' });
    await done;
    watcher.close();
    t.equal(sys.getsockoptInt(fd, SOL.SOCKET, SO.ERROR), open ? 0 : ERRNO.ECONNREFUSED);
  }
});

t.test('tells when there is room again', async (t) => {
  const [left, right] = sys.socketpair(AF.UNIX, SOCK.STREAM | SOCK.NONBLOCK, 0);
  t.teardown(() => [left, right].forEach(sys.close));
  const chunk = Buffer.alloc(65536);
  let calls = 0;
  let [done, finish] = signal();
  const watcher = sys.watchWritable(left, () => {
    calls += 1;
    finish();
  });
  t.teardown(() => watcher.close());
  await done;
  t.equal(calls, 1, 'at once');
  while (sys.trySend(left, chunk, 0, chunk.length, 0) > 0);
  calls = 0;
  await nextTurn();
  await nextTurn();
  t.equal(calls, 0, 'full');
  [done, finish] = signal();
  while (sys.tryRecv(right, chunk, 0, chunk.length, 0) > 0);
  await done;
  t.equal(calls, 1);
});

t.test('descriptors that cannot be watched are refused, not fatal', (t) => {
  const [, right] = pair(t);
  const before = readdirSync('/proc/self/fd').length;
  t.throws(() => sys.watchReadable(-1, () => {}), { name: 'SystemError', code: 'EBADF' });
  t.throws(() => sys.watchReadable(9999, () => {}), { name: 'SystemError', code: 'EBADF' });
  for (const path of [process.execPath, '/', '/dev/null', '/proc/self/ns/net']) {
    const fd = sys.open(path, O.RDONLY);
    t.throws(() => sys.watchReadable(fd, () => {}), { name: 'SystemError', code: 'EPERM', syscall: 'epoll_ctl' }, path);
    sys.close(fd);
  }
  const watcher = sys.watchReadable(right, () => {});
  t.throws(() => sys.watchReadable(right, () => {}), { name: 'SystemError', code: 'EEXIST' });
  watcher.close();
  sys.watchReadable(right, () => {}).close();
  t.equal(readdirSync('/proc/self/fd').length, before, 'nothing is left open');
  t.end();
});

t.test('a descriptor that libuv watches itself', async (t) => {
  // koffi alone aborts here: libuv has this number already.
  const outcome = await child(`
    import { createServer } from 'node:net';
    const server = createServer().listen(0, '127.0.0.1', () => {
      sys.watchReadable(server._handle.fd, () => {}).close();
      server.close(() => console.log('alive'));
    });`);
  t.match(outcome, { code: 0, stdout: 'alive\n' });
});

t.test('a descriptor closed before its watch', async (t) => {
  const outcome = await child(`
    const [left, right] = sys.socketpair(sys.AF.UNIX, sys.SOCK.SEQPACKET, 0);
    const watcher = sys.watchReadable(right, () => {});
    sys.close(right);
    sys.trySend(left, Buffer.from('x'), 0, 1, 0);
    setImmediate(() => setImmediate(() => {
      watcher.close();
      const again = sys.socketpair(sys.AF.UNIX, sys.SOCK.SEQPACKET, 0);
      const second = sys.watchReadable(again[0], () => { second.close(); console.log('fine'); });
      sys.trySend(again[1], Buffer.from('x'), 0, 1, 0);
    }));`);
  t.match(outcome, { code: 0, signal: null, stdout: 'fine\n' });
});

t.test('what the callback throws is an uncaught exception, and the watch goes on', async (t) => {
  const outcome = await child(`
    const [left, right] = sys.socketpair(sys.AF.UNIX, sys.SOCK.SEQPACKET, 0);
    const send = () => sys.trySend(left, Buffer.from('x'), 0, 1, 0);
    process.on('uncaughtException', (error) => { console.log(error.message); send(); });
    let calls = 0;
    const watcher = sys.watchReadable(right, () => {
      sys.tryRecv(right, Buffer.alloc(1), 0, 1, 0);
      calls += 1;
      if (calls === 3) watcher.close();
      throw new Error('call ' + calls);
    });
    send();`);
  t.match(outcome, { code: 0, stdout: 'call 1\ncall 2\ncall 3\n' });
});

t.test('without a handler such an exception ends the process', async (t) => {
  const outcome = await child(`
    const [left, right] = sys.socketpair(sys.AF.UNIX, sys.SOCK.SEQPACKET, 0);
    sys.watchReadable(right, () => { throw new Error('boom'); });
    sys.trySend(left, Buffer.from('x'), 0, 1, 0);`);
  t.equal(outcome.code, 1);
  t.match(outcome.stderr, 'boom');
});

t.test('an open watch is not collected', async (t) => {
  const outcome = await child(
    `
    const [left, right] = sys.socketpair(sys.AF.UNIX, sys.SOCK.SEQPACKET, 0);
    (() => { sys.watchReadable(right, () => { console.log('called'); process.exit(); }); })();
    for (let round = 0; round < 5; round += 1) { gc(); await new Promise(setImmediate); }
    sys.trySend(left, Buffer.from('x'), 0, 1, 0);`,
    { node: ['--expose-gc'] },
  );
  t.equal(outcome.stdout, 'called\n', outcome.stderr);
});

t.test('a closed watch is collected', async (t) => {
  const outcome = await child(
    `
    const [, right] = sys.socketpair(sys.AF.UNIX, sys.SOCK.SEQPACKET, 0);
    const references = [];
    for (let count = 0; count < 50; count += 1) {
      const owner = { big: new Array(1000) };
      references.push(new WeakRef(owner));
      sys.watchReadable(right, () => owner.big).close();
    }
    for (let round = 0; round < 5; round += 1) { await new Promise(setImmediate); gc(); }
    console.log(references.filter((reference) => reference.deref()).length <= 1);`,
    { node: ['--expose-gc'] },
  );
  t.equal(outcome.stdout, 'true\n', outcome.stderr);
});

t.test('promises continue in the same turn, without other events', async (t) => {
  // Node 26 on its own would sleep here until the next timer.
  const outcome = await child(`
    const [left, right] = sys.socketpair(sys.AF.UNIX, sys.SOCK.SEQPACKET, 0);
    let wake;
    const watcher = sys.watchReadable(right, () => { sys.tryRecv(right, Buffer.alloc(1), 0, 1, 0); wake(); });
    const timer = setTimeout(() => { console.log('asleep'); process.exit(); }, 5000);
    let ticks = 0;
    for (let round = 0; round < 1000; round += 1) {
      const woken = new Promise((resolve) => { wake = () => { process.nextTick(() => { ticks += 1; }); resolve(); }; });
      sys.trySend(left, Buffer.from('x'), 0, 1, 0);
      await woken;
    }
    await null;
    clearTimeout(timer);
    watcher.close();
    console.log(ticks);`);
  t.equal(outcome.stdout, '1000\n', outcome.stderr);
});

t.test('the asynchronous context is that of the watch', async (t) => {
  const storage = new AsyncLocalStorage<string>();
  const [left, right] = pair(t);
  const seen: (string | undefined)[] = [];
  const [done, finish] = signal();
  const watcher = storage.run('mine', () =>
    sys.watchReadable(right, () => {
      seen.push(storage.getStore());
      watcher.close();
      void Promise.resolve().then(() => {
        seen.push(storage.getStore());
        finish();
      });
    }),
  );
  storage.run('sender', () => sys.trySend(left, byte, 0, 1, 0));
  await done;
  t.strictSame(seen, ['mine', 'mine']);
  t.equal(storage.getStore(), undefined);
});

t.test('unref lets the process end, ref holds it', async (t) => {
  const body = (then: string) => `
    const [left, right] = sys.socketpair(sys.AF.UNIX, sys.SOCK.SEQPACKET, 0);
    const watcher = sys.watchReadable(right, () => { console.log('called'); watcher.close(); });
    watcher.unref();
    ${then}
    process.on('exit', () => console.log('exit'));`;
  t.equal((await child(body(''))).stdout, 'exit\n');
  const held = await child(
    body(`watcher.ref(); setTimeout(() => sys.trySend(left, Buffer.from('x'), 0, 1, 0), 50).unref();`),
  );
  t.equal(held.stdout, 'called\nexit\n', held.stderr);
});

t.test('a socket error is told and the watch goes on', async (t) => {
  const [socket, peer] = [sys.socket(AF.INET, SOCK.DGRAM, 0), sys.socket(AF.INET, SOCK.DGRAM, 0)];
  t.teardown(() => [socket, peer].forEach(sys.close));
  sys.bind(peer, sys.inetAddress({ address: '127.0.0.1' }));
  sys.bind(socket, sys.inetAddress({ address: '127.0.0.1' }));
  const dead = sys.socket(AF.INET, SOCK.DGRAM, 0);
  sys.bind(dead, sys.inetAddress({ address: '127.0.0.1' }));
  const nobody = sys.getsockname(dead);
  sys.close(dead);
  const results: number[] = [];
  let onResult = () => {};
  const watcher = sys.watchReadable(socket, () => {
    for (;;) {
      const result = sys.tryRecv(socket, Buffer.alloc(4), 0, 4, 0);
      if (result === -ERRNO.EAGAIN) break;
      results.push(result);
    }
    onResult();
  });
  t.teardown(() => watcher.close());
  for (let round = 0; round < 3; round += 1) {
    const [refused, onRefused] = signal();
    onResult = onRefused;
    sys.connect(socket, nobody);
    sys.trySend(socket, byte, 0, 1, 0);
    await refused;
    const [received, onReceived] = signal();
    onResult = onReceived;
    sys.connect(socket, sys.getsockname(peer));
    sys.sendto(peer, byte, 0, sys.getsockname(socket));
    await received;
  }
  t.strictSame(results, [-ERRNO.ECONNREFUSED, 1, -ERRNO.ECONNREFUSED, 1, -ERRNO.ECONNREFUSED, 1]);
  t.notOk(watcher.closed);
});

/** Counts callbacks of an owner that never takes what the socket has to tell, then lets it be taken. */
async function countIdleCalls(t: Test, fd: number): Promise<{ calls: number; slow: number }> {
  let calls = 0;
  let [next, onCall] = signal();
  const watcher = sys.watchReadable(fd, () => {
    calls += 1;
    onCall();
  });
  t.teardown(() => watcher.close());
  const start = performance.now();
  while (performance.now() - start < 600) {
    [next, onCall] = signal();
    await next;
  }
  const [slow, began] = [calls, performance.now()];
  [next, onCall] = signal();
  await next;
  [next, onCall] = signal();
  await next;
  watcher.close();
  return { calls: slow, slow: (performance.now() - began) / 2 };
}

t.test('an error that nobody takes does not spin', async (t) => {
  const [socket, dead] = [sys.socket(AF.INET, SOCK.DGRAM, 0), sys.socket(AF.INET, SOCK.DGRAM, 0)];
  t.teardown(() => sys.close(socket));
  sys.bind(dead, sys.inetAddress({ address: '127.0.0.1' }));
  const address = sys.getsockname(dead);
  sys.close(dead);
  sys.connect(socket, address);
  sys.trySend(socket, byte, 0, 1, 0);
  const { calls, slow } = await countIdleCalls(t, socket);
  t.ok(calls < 30, `${calls} calls in 0.6 s`);
  t.ok(slow > 80, `at last one in ${slow.toFixed(0)} ms`);
  t.equal(sys.getsockoptInt(socket, SOL.SOCKET, SO.ERROR), ERRNO.ECONNREFUSED, 'the error is still there');
});

for (const type of ['STREAM', 'SEQPACKET'] as const) {
  t.test(`an end of file that nobody heeds does not spin (${type})`, async (t) => {
    const [left, right] = sys.socketpair(AF.UNIX, SOCK[type], 0);
    t.teardown(() => sys.close(right));
    sys.close(left);
    const { calls, slow } = await countIdleCalls(t, right);
    t.ok(calls < 30, `${calls} calls in 0.6 s`);
    t.ok(slow > 80, `at last one in ${slow.toFixed(0)} ms`);
  });
}

t.test('what was sent before the end is read at full speed', async (t) => {
  const [left, right] = sys.socketpair(AF.UNIX, SOCK.STREAM, 0);
  t.teardown(() => sys.close(right));
  const total = 2000;
  sys.trySend(left, Buffer.alloc(total), 0, total, 0);
  sys.close(left);
  let read = 0;
  const [done, finish] = signal();
  const start = performance.now();
  const watcher = sys.watchReadable(right, () => {
    const count = sys.tryRecv(right, byte, 0, 1, 0);
    read += count;
    if (count > 0) return;
    watcher.close();
    finish();
  });
  await done;
  t.equal(read, total);
  t.ok(performance.now() - start < 1000, 'one byte per callback, and not one pause');
});

t.test('unref holds while the pace is down', async (t) => {
  const outcome = await child(`
    const [left, right] = sys.socketpair(sys.AF.UNIX, sys.SOCK.STREAM, 0);
    sys.close(left);
    let calls = 0;
    const watcher = sys.watchReadable(right, () => { calls += 1; if (calls === 10) watcher.unref(); });
    process.on('exit', () => console.log(calls < 14));`);
  t.match(outcome, { code: 0, stdout: 'true\n' });
});

t.test('a descriptor pulled from under the watch', async (t) => {
  const outcome = await child(`
    const [socket, dead] = [sys.socket(sys.AF.INET, sys.SOCK.DGRAM, 0), sys.socket(sys.AF.INET, sys.SOCK.DGRAM, 0)];
    sys.bind(dead, sys.inetAddress({ address: '127.0.0.1' }));
    const address = sys.getsockname(dead);
    sys.close(dead);
    const next = sys.dup(socket);
    sys.close(next);
    const watcher = sys.watchReadable(socket, () => {}, {
      onError: (error) => { console.log(error.code, watcher.closed); sys.close(socket); },
    });
    // Between two immediates libuv has polled: it knows the descriptor now.
    for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    sys.closeRange(next, next, 0);
    sys.connect(socket, address);
    sys.trySend(socket, Buffer.from('x'), 0, 1, 0);`);
  t.match(outcome, { code: 0, stdout: 'EBADF true\n' }, outcome.stderr);
});

t.test('a worker that ends with a watch open', async (t) => {
  const outcome = await child(`
    import { Worker } from 'node:worker_threads';
    import { once } from 'node:events';
    const code = ${'`'}
      import { parentPort } from 'node:worker_threads';
      const sys = await import(${JSON.stringify(new URL('./index.js', import.meta.url).href)});
      const [left, right] = sys.socketpair(1, 1, 0);
      sys.watchReadable(right, () => {});
      parentPort.postMessage('ready');${'`'};
    for (let round = 0; round < 5; round += 1) {
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(code)));
      await once(worker, 'message');
      await worker.terminate();
    }
    console.log('alive');`);
  t.match(outcome, { code: 0, stdout: 'alive\n' });
});

t.test('netlink overrun: ENOBUFS is told and the watch goes on', { skip: needsRoot }, async (t) => {
  const outcome = await child(
    `
    const { AF, SOCK, SOL, SO, NETLINK, ERRNO } = sys;
    const open = () => sys.socket(AF.NETLINK, SOCK.RAW | SOCK.NONBLOCK, 0);
    const monitor = open();
    sys.bind(monitor, sys.netlinkAddress({ groups: 1 }));
    sys.setsockopt(monitor, SOL.SOCKET, SO.RCVBUF, 8192);
    const control = open();
    sys.bind(control, sys.netlinkAddress());
    const buffer = Buffer.alloc(65536);
    /** RTM_NEWLINK, a bridge. */
    const create = (name) => {
      const message = Buffer.alloc(32 + 20 + 16);
      message.writeUInt32LE(message.length, 0);
      message.writeUInt16LE(16, 4);
      message.writeUInt16LE(0x605, 6);
      message.writeUInt16LE(20, 32); message.writeUInt16LE(3, 34); message.write(name, 36);
      message.writeUInt16LE(16, 52); message.writeUInt16LE(18, 54);
      message.writeUInt16LE(11, 56); message.writeUInt16LE(1, 58); message.write('bridge', 60);
      if (sys.trySend(control, message, 0, message.length, 0) !== message.length) throw new Error('send');
      sys.tryRecv(control, buffer, 0, buffer.length, 0);
      if (buffer.readInt32LE(16) !== 0) throw new Error('refused ' + buffer.readInt32LE(16));
    };
    let overruns = 0;
    let events = 0;
    let wake;
    const watcher = sys.watchReadable(monitor, () => {
      for (;;) {
        const result = sys.tryRecv(monitor, buffer, 0, buffer.length, 0);
        if (result === -ERRNO.EAGAIN) break;
        if (result === -ERRNO.ENOBUFS) overruns += 1;
        else events += 1;
      }
      wake();
    });
    for (let round = 0; round < 3; round += 1) {
      const full = new Promise((resolve) => { wake = resolve; });
      for (let index = 0; index < 20; index += 1) create('br' + round + '.' + String(index).padStart(2, '0'));
      await full;
      const before = events;
      const one = new Promise((resolve) => { wake = resolve; });
      create('one' + round);
      await one;
      console.log(overruns, before > 0, events > before);
    }
    watcher.close();`,
    { through: ['unshare', '-n'] },
  );
  t.equal(outcome.stdout, '1 true true\n2 true true\n3 true true\n', outcome.stderr);
});
