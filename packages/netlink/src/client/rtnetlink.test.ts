import { execFile } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { promisify } from 'node:util';
import { AF, SOCK, socket, socketpair } from '@nsnet/sys';
import t from 'tap';
import { Rtnetlink } from './rtnetlink.ts';

const skip = process.platform === 'linux' ? false : 'needs Linux';

/** A namespace that opens its sockets when told; `opened` are their descriptors. */
function slowNamespace() {
  const opened: number[] = [];
  const waiting: (() => void)[] = [];
  return {
    opened,
    name: 'slow',
    socket: (domain: number, type: number, protocol: number) =>
      new Promise<number>((resolve) => {
        waiting.push(() => {
          const fd = socket(domain, type, protocol);
          opened.push(fd);
          resolve(fd);
        });
      }),
    /** Opens what has been asked for; resolves when everything that depends on it has happened. */
    open: async () => {
      for (const resolve of waiting.splice(0)) resolve();
      await new Promise((next) => setImmediate(next));
    },
  };
}

const isOpen = (fd: number) => {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
};

t.test('a client of the own namespace', { skip }, async (t) => {
  const rt = await Rtnetlink.open({ timeout: 10_000, signal: new AbortController().signal, receiveBuffer: 65_536 });
  t.match(await rt.links.get(1), { name: 'lo' });
  t.ok((rt.stats().receiveBuffer ?? 0) >= 65_536);
  await rt.close();
  await rt.close();
  for (const call of [
    rt.links.list(),
    rt.links.delete(1),
    rt.request({ type: 'RTM_GETLINK' }),
    rt.routes.iterate().next(),
  ])
    t.match(await call.catch((error) => error), { name: 'ClosedError' });
  {
    await using other = await Rtnetlink.open();
    t.match(await other.links.get('lo'), { index: 1 });
  }
});

t.test('the namespace is asked for a socket', { skip }, async (t) => {
  const namespace = slowNamespace();
  const opening = Rtnetlink.open({ namespace });
  await namespace.open();
  const rt = await opening;
  t.match(await rt.links.get('lo'), { index: 1 });
  t.match(await rt.links.get('nope').catch((error) => error), { namespace: 'slow' });
  const next = rt.routes.iterate().next();
  await namespace.open();
  await next;
  t.equal(namespace.opened.length, 2, 'and for another to iterate over');
  await rt.close();
  t.same(namespace.opened.map(isOpen), [false, false]);
});

t.test('opening that takes too long', { skip }, async (t) => {
  for (const limit of [() => ({ timeout: 10 }), () => ({ signal: AbortSignal.timeout(10) })]) {
    const namespace = slowNamespace();
    const keepAlive = setInterval(() => {}, 1000);
    const error = await Rtnetlink.open({ namespace, ...limit() }).catch((reason) => reason);
    clearInterval(keepAlive);
    t.equal(error.name, 'TimeoutError');
    await namespace.open();
    t.same(namespace.opened.map(isOpen), [false], 'the socket that comes too late is closed');
  }
});

t.test('opening given up', { skip }, async (t) => {
  const namespace = slowNamespace();
  t.match(await Rtnetlink.open({ namespace, signal: AbortSignal.abort() }).catch((error) => error), {
    name: 'AbortError',
  });
  await namespace.open();
  t.equal(namespace.opened.length, 0, 'before: it is not even asked');
  const stop = new AbortController();
  const opening = Rtnetlink.open({ namespace, signal: stop.signal });
  stop.abort(new Error('mine'));
  t.match(await opening.catch((error) => error), { message: 'mine' });
  await namespace.open();
  t.same(namespace.opened.map(isOpen), [false]);
});

t.test('iterating given up while its socket is being opened', { skip }, async (t) => {
  const namespace = slowNamespace();
  const opening = Rtnetlink.open({ namespace });
  await namespace.open();
  await using rt = await opening;
  const next = rt.routes.iterate({ timeout: 10 }).next();
  t.match(await next.catch((error) => error), { name: 'TimeoutError' });
  await namespace.open();
  t.same(namespace.opened.map(isOpen), [true, false]);
});

t.test('a namespace that fails', { skip }, async (t) => {
  const failing = { socket: () => Promise.reject(new Error('mine')) };
  t.match(await Rtnetlink.open({ namespace: failing }).catch((error) => error), { message: 'mine' });
  const throwing = {
    socket: () => {
      throw new Error('mine');
    },
  };
  t.match(await Rtnetlink.open({ namespace: throwing }).catch((error) => error), { message: 'mine' });
  // Something else than what was asked for.
  const [left, right] = socketpair(AF.UNIX, SOCK.SEQPACKET, 0);
  const other = await Rtnetlink.open({ namespace: { socket: () => Promise.resolve(left) } }).catch((error) => error);
  t.equal(other.name, 'SystemError');
  t.notOk(isOpen(left), 'it is closed');
  t.ok(isOpen(right));
  const closed = await Rtnetlink.open({ namespace: { socket: () => Promise.resolve(1_000_000) } }).catch(
    (error) => error,
  );
  t.match(closed, { code: 'EBADF' });
});

t.test('options that can’t be', { skip }, async (t) => {
  const options = { namespace: 'red', receiveBuffer: 0.5, timeout: -1, recieveBuffer: 5 } as unknown as object;
  const error = await Rtnetlink.open(options).catch((reason) => reason);
  t.same(
    error.problems.map(({ path }: { path: string }) => path),
    ['recieveBuffer', 'namespace', 'receiveBuffer', 'timeout'],
  );
});

t.test('DEBUG=nsnet:netlink traces every message, by names', { skip }, async (t) => {
  const script = `
    import { Rtnetlink } from ${JSON.stringify(new URL('../index.js', import.meta.url))};
    const rt = await Rtnetlink.open();
    await Promise.all([rt.links.get('lo'), rt.links.find('nope'), rt.rules.list()]);
    await rt.close();
  `;
  const run = (DEBUG: string) =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env: { ...process.env, DEBUG } });
  const { stderr } = await run('nsnet:*');
  for (const line of [
    /→ RTM_GETLINK #\d+ \[request\] .*ifname: 'lo'/,
    /← RTM_NEWLINK #\d+ \[\] .*ifname: 'lo'/,
    /← NLMSG_ERROR #\d+ \[capped\] .*errno: 19/,
    /→ RTM_GETRULE #\d+ \[request dump\]/,
    /← RTM_NEWRULE #\d+ \[multi\]/,
    /← NLMSG_DONE #\d+ \[multi\]/,
  ])
    t.match(stderr, line);
  t.equal((await run('')).stderr, '');
});
