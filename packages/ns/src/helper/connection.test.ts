import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { AF, close, MSG, open, recvmsg, SOCK, sendmsg, socketpair, tryRecvmsg } from '@nsnet/sys';
import t from 'tap';
import { HelperClient } from './client.ts';
import type { Launched } from './launch.ts';
import { decodeRequest, encodeReply, MAX_FRAME, type Request } from './protocol.ts';

/** Open descriptors, once those of ended processes are closed. */
async function descriptors(): Promise<number> {
  let count = -1;
  for (let same = 0; same < 5; same++) {
    const now = readdirSync('/proc/self/fd').length;
    if (now !== count) same = 0;
    count = now;
    await delay(5);
  }
  return count;
}

/** A helper whose answers the test gives: its process only sleeps. */
class FakeHelper {
  readonly theirs: number;
  readonly launched: Launched;

  constructor() {
    const [control, theirs] = socketpair(AF.UNIX, SOCK.SEQPACKET | SOCK.NONBLOCK, 0);
    const child = spawn('sleep', ['1000'], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.theirs = theirs;
    this.launched = { control, child };
  }

  /** The next request; its descriptors are closed. */
  take(): Request {
    const buffer = Buffer.alloc(MAX_FRAME);
    const { length, fds } = recvmsg(this.theirs, buffer);
    for (const fd of fds) close(fd);
    const request = decodeRequest(buffer.subarray(0, length));
    if (typeof request !== 'object') throw new Error('not a request');
    return request;
  }

  send(data: Buffer, fds: readonly number[] = []): void {
    sendmsg(this.theirs, { data, fds }, MSG.NOSIGNAL);
  }

  /** Takes the first request and answers it. */
  greet(): void {
    this.send(encodeReply({ id: this.take().id }));
  }

  #ended = false;

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    close(this.theirs);
    this.launched.child.kill('SIGKILL');
  }
}

/** A client and the helpers it starts, in order. */
function setUp(patience = { start: 2000, answer: 2000 }) {
  const helpers: FakeHelper[] = [];
  const launch = () => {
    const helper = new FakeHelper();
    helpers.push(helper);
    return helper.launched;
  };
  const helper = (index = helpers.length - 1): FakeHelper => {
    const found = helpers[index];
    if (found === undefined) throw new Error(`no helper ${index}`);
    return found;
  };
  return { client: new HelperClient({ launch, patience }), helpers, helper };
}

const order = { operation: 'socket', asked: 'open a socket', step: 'socket' } as const;
const question = { operation: 'read', asked: 'read', step: 'read' } as const;

// What libuv and V8 open once is open before anything is counted.
await new HelperClient({ launch: () => new FakeHelper().launched, patience: { start: 10, answer: 10 } })
  .ask({ operation: 'hello', asked: 'warm up', step: 'read' })
  .catch(() => {});

t.test('answers come to those who asked', async (t) => {
  const { client, helper } = setUp();
  const answers = Promise.all([1, 2, 3].map((number) => client.ask({ ...question, text: `${number}` })));
  helper().greet();
  for (let count = 0; count < 3; count++) {
    const { id, text } = helper().take();
    helper().send(encodeReply({ id, data: Buffer.from(text) }));
  }
  t.same(
    (await answers).map(({ data }) => data.toString()),
    ['1', '2', '3'],
  );
  helper().end();
});

t.test('a descriptor comes with its answer, and belongs to the caller', async (t) => {
  const before = await descriptors();
  const { client, helper } = setUp();
  const made = client.make(order);
  helper().greet();
  const file = open('/proc/self/stat', 0);
  helper().send(encodeReply({ id: helper().take().id }), [file]);
  close(file);
  const fd = await made;
  t.ok(fd > 2);
  close(fd);
  helper().end();
  client.close();
  t.equal(await descriptors(), before);
});

t.test('the kernel says no', async (t) => {
  const { client, helper } = setUp();
  const made = client.make({ ...order, namespace: 'red' });
  helper().greet();
  helper().send(encodeReply({ id: helper().take().id, errno: 97, step: 'socket' }));
  await t.rejects(made, { code: 'EAFNOSUPPORT', errno: 97, step: 'socket', namespace: 'red', syscall: 'socket' });
  helper().end();
});

t.test('answers that make no sense end the helper', async (t) => {
  const file = open('/proc/self/stat', 0);
  const bad: [name: string, data: (id: number) => Buffer, fds: number[]][] = [
    ['no frame', () => Buffer.from('hello'), []],
    ['another id', (id) => encodeReply({ id: id + 1 }), [file]],
    ['no descriptor', (id) => encodeReply({ id }), []],
    ['a descriptor with a refusal', (id) => encodeReply({ id, errno: 1, step: 'enter' }), [file]],
    ['two descriptors', (id) => encodeReply({ id }), [file, file]],
    ['too long', () => Buffer.alloc(MAX_FRAME + 1000), [file]],
  ];
  for (const [name, data, fds] of bad) {
    const { client, helper } = setUp();
    const before = await descriptors();
    const made = client.make(order);
    helper().greet();
    helper().send(data(helper().take().id), fds);
    if (name === 'two descriptors') {
      // The surplus one is closed; the first would do, but nobody of ours sends two.
      await made.then(close, () => {});
    } else {
      await t.rejects(made, { code: 'ERR_HELPER_PROTOCOL', step: 'helper' }, name);
    }
    const next = client.ask(question);
    const ended = name !== 'two descriptors';
    if (ended) helper().greet();
    helper().send(encodeReply({ id: helper().take().id }));
    await t.resolves(next, `${name}: the next call works`);
    helper(0).end();
    if (ended) helper(1).end();
    client.close();
    t.equal(await descriptors(), before, `${name}: nothing leaks`);
  }
  close(file);
});

t.test('a helper that gives no answer is killed, and what waited is told', async (t) => {
  const { client, helper } = setUp({ start: 2000, answer: 50 });
  const first = client.ask(question);
  const second = client.make(order);
  helper().greet();
  await t.rejects(first, { code: 'ERR_HELPER_TIMEOUT', message: /50 ms/ });
  await t.rejects(second, { code: 'ERR_HELPER_TIMEOUT' });
  t.equal(helper().launched.child.signalCode, 'SIGKILL');
  const third = client.ask(question);
  helper().greet();
  helper().send(encodeReply({ id: helper().take().id }));
  await t.resolves(third);
  helper(0).end();
  helper(1).end();
});

t.test('time that this process was held up does not count', async (t) => {
  const { client, helper } = setUp({ start: 2000, answer: 30 });
  const answer = client.ask(question);
  helper().greet();
  helper().send(encodeReply({ id: helper().take().id }));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  await t.resolves(answer);
  helper().end();
});

t.test('death rejects what was on its way, after the answers given before', async (t) => {
  const { client, helper } = setUp();
  const [first, second] = [client.ask(question), client.ask(question)];
  helper().greet();
  helper().send(encodeReply({ id: helper().take().id }));
  helper().end(); // The second request is unread: our side sees ECONNRESET.
  await t.resolves(first);
  await t.rejects(second, { code: 'ERR_HELPER_DIED', step: 'helper', message: /SIGKILL/ });
});

t.test('helpers that die at once are started again ever more slowly', async (t) => {
  const { client, helpers, helper } = setUp();
  const times: number[] = [];
  for (let count = 0; count < 5; count++) {
    const answer = client.ask(question);
    while (helpers.length <= count) await delay(1);
    times.push(performance.now());
    helper(count).end();
    await t.rejects(answer, { code: 'ERR_HELPER_DIED' });
  }
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  t.ok((gaps[3] ?? 0) >= 75, `pauses ${gaps.map(Math.round)}`);
});

t.test('more requests than the window wait, each with its namespace held', async (t) => {
  const { client, helper } = setUp();
  const file = open('/proc/self/stat', 0);
  const calls = Array.from({ length: 200 }, () => client.ask({ ...question, fd: file }));
  close(file); // The number may mean anything from here on.
  helper().greet();
  for (let count = 0; count < 200; ) {
    const buffer = Buffer.alloc(MAX_FRAME);
    const message = tryRecvmsg(helper().theirs, buffer);
    if (typeof message === 'number') {
      await delay(1);
      continue;
    }
    t.equal(message.fds.length, 1);
    for (const fd of message.fds) close(fd);
    helper().send(encodeReply({ id: buffer.readUInt32LE(8) }));
    count++;
  }
  await Promise.all(calls);
  helper().end();
});

t.test('waiting requests are let go by a death', async (t) => {
  const before = await descriptors();
  const { client, helper } = setUp();
  const file = open('/proc/self/stat', 0);
  const calls = Array.from({ length: 200 }, () => client.ask({ ...question, fd: file }));
  close(file);
  helper().end();
  const results = await Promise.allSettled(calls);
  t.ok(results.every(({ status }) => status === 'rejected'));
  t.equal(await descriptors(), before);
});

t.test('a helper that can not be started', async (t) => {
  const before = await descriptors();
  const client = new HelperClient({
    launch: () => {
      const [control, theirs] = socketpair(AF.UNIX, SOCK.SEQPACKET | SOCK.NONBLOCK, 0);
      close(theirs);
      return { control, child: spawn('/nonexistent/node', { stdio: ['ignore', 'ignore', 'pipe'] }) };
    },
  });
  await t.rejects(client.ask(question), { code: 'ERR_HELPER_START', message: /ENOENT/ });
  const failing = new HelperClient({
    launch: () => {
      throw new Error('no descriptor');
    },
  });
  await t.rejects(failing.ask(question), { code: 'ERR_HELPER_START', message: /no descriptor/ });
  await t.rejects(failing.ask(question), { code: 'ERR_HELPER_START' });
  t.equal(await descriptors(), before);
});

t.test('a helper that ends with a message', async (t) => {
  const client = new HelperClient({
    launch: () => {
      const [control, theirs] = socketpair(AF.UNIX, SOCK.SEQPACKET | SOCK.NONBLOCK, 0);
      const child = spawn('sh', ['-c', 'echo no such module >&2; exit 4'], {
        stdio: ['ignore', 'ignore', 'pipe', theirs],
      });
      close(theirs);
      return { control, child };
    },
  });
  await t.rejects(client.ask(question), { code: 'ERR_HELPER_START', message: /status 4.*no such module/ });
});
