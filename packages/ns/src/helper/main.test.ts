import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { AF, close, F, fcntl, getsockopt, MSG, O, open, poll, recvmsg, SO, SOCK, SOL, sendmsg } from '@nsnet/sys';
import t from 'tap';
import { type Launched, launch } from './launch.ts';
import { decodeReply, encodeRequest, MAX_FRAME, type Reply, type Request } from './protocol.ts';

/** A real helper, spoken to frame by frame. */
class RealHelper {
  readonly launched: Launched;
  stderr = '';

  constructor() {
    this.launched = launch();
    this.launched.child.ref();
    fcntl(this.launched.control, F.SETFL, 0);
    this.launched.child.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
  }

  send(data: Buffer, fds: readonly number[] = []): void {
    sendmsg(this.launched.control, { data, fds }, MSG.NOSIGNAL);
  }

  /** The next answer; undefined at the end. */
  receive(): (Reply & { fds: number[] }) | undefined {
    // Blocking: the helper answers in microseconds, once it runs.
    if (poll(this.launched.control, 1, 10_000) === 0) throw new Error('no answer');
    const buffer = Buffer.alloc(MAX_FRAME);
    try {
      const { length, fds } = recvmsg(this.launched.control, buffer);
      const reply = decodeReply(buffer.subarray(0, length));
      return reply && { ...reply, fds };
    } catch {
      return undefined; // ECONNRESET
    }
  }

  ask(request: Partial<Request> & Pick<Request, 'operation'>, fds: readonly number[] = []): Reply & { fds: number[] } {
    this.send(encodeRequest({ id: 1, ...request }), fds);
    const reply = this.receive();
    if (reply === undefined) throw new Error('no reply');
    return reply;
  }

  get pid(): number {
    return this.launched.child.pid ?? 0;
  }

  descriptors(): string[] {
    this.ask({ operation: 'hello' });
    return readdirSync(`/proc/${this.pid}/fd`);
  }

  async end(): Promise<[code: number | null, signal: string | null]> {
    const { child, control } = this.launched;
    const exit = child.exitCode !== null || child.signalCode !== null ? undefined : once(child, 'exit');
    close(control);
    await exit;
    return [child.exitCode, child.signalCode];
  }
}

const root = process.getuid?.() === 0 ? false : 'needs root';
const own = () => open('/proc/self/ns/net', O.RDONLY);

t.test('greeting', async (t) => {
  const helper = new RealHelper();
  const hello = helper.ask({ operation: 'hello', id: 42 });
  t.match(hello, { id: 42, errno: 0, step: 'done', value: helper.pid, fds: [] });
  const capabilities = /^CapEff:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  t.equal(hello.data.readBigUInt64LE().toString(16).padStart(16, '0'), capabilities);
  t.same(await helper.end(), [0, null], 'it ends when we close');
  t.equal(helper.stderr, '');
});

t.test('the process: session of its own, no environment, no signal ends it', async (t) => {
  const helper = new RealHelper();
  helper.ask({ operation: 'hello' });
  const stat = readFileSync(`/proc/${helper.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  t.equal(Number(stat[2]), helper.pid, 'process group');
  t.equal(Number(stat[3]), helper.pid, 'session');
  t.equal(readFileSync(`/proc/${helper.pid}/environ`, 'utf8'), '');
  t.match(readFileSync(`/proc/${helper.pid}/status`, 'utf8'), /^NoNewPrivs:\s*1$/m);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const) {
    process.kill(helper.pid, signal);
    t.equal(helper.ask({ operation: 'hello' }).errno, 0, signal);
  }
  await helper.end();
});

t.test('bytes that are no frame end it', async (t) => {
  const frames: [name: string, frame: Buffer][] = [
    ['one byte', Buffer.alloc(1)],
    ['text', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['zeros', Buffer.alloc(64)],
    ['another version', Buffer.from(encodeRequest({ operation: 'hello', id: 1 })).fill(9, 4, 5)],
    ['a length that lies', Buffer.from(encodeRequest({ operation: 'hello', id: 1 })).fill(0xff, 24, 28)],
    ['longer than a frame', Buffer.alloc(MAX_FRAME + 4096)],
  ];
  for (const [name, frame] of frames) {
    const helper = new RealHelper();
    helper.send(frame, [0]);
    t.equal(helper.receive(), undefined, name);
    t.same(await helper.end(), [2, null], name);
  }
});

t.test('requests that are refused', async (t) => {
  const helper = new RealHelper();
  helper.ask({ operation: 'hello' });
  const before = helper.descriptors();
  const namespace = own();
  const uts = open('/proc/self/ns/uts', O.RDONLY);
  const file = open('/etc/passwd', O.RDONLY);
  const table: [name: string, request: Partial<Request> & Pick<Request, 'operation'>, fds: number[], errno: number][] =
    [
      ['no descriptor', { operation: 'socket', a: 1, b: 2 }, [], 9],
      ['two descriptors', { operation: 'socket', a: 1, b: 2 }, [namespace, namespace], 22],
      ['eight descriptors', { operation: 'socket', a: 1, b: 2 }, new Array<number>(8).fill(namespace), 22],
      ['a file', { operation: 'socket', a: 1, b: 2 }, [file], root ? 1 : 22],
      ['a path out of net', { operation: 'read', text: '../kernel/hostname' }, [namespace], 22],
      ['an absolute path', { operation: 'read', text: '/etc/passwd' }, [namespace], 22],
      ['a path out of net, to write', { operation: 'write', text: 'x/../../kernel/hostname' }, [namespace], 22],
      ['a path out of net, to list', { operation: 'list', text: '..' }, [namespace], 22],
      ['a path out of net, to open', { operation: 'open', text: '../vm' }, [namespace], 22],
      ['negative numbers', { operation: 'socket', a: -1, b: -1, c: -1 }, [namespace], 22],
      ...(root
        ? []
        : [['a UTS namespace', { operation: 'socket', a: 1, b: 2 }, [uts], 22] as const].map((x) => [...x] as never)),
    ];
  for (const [name, request, fds, errno] of table) {
    t.match(helper.ask(request, fds), { errno, fds: [] }, name);
  }
  t.same(helper.descriptors(), before, 'it keeps no descriptor');
  for (const fd of [namespace, uts, file]) close(fd);
  t.same(await helper.end(), [0, null]);
});

t.test('random frames: answered or ended, never acted upon', async (t) => {
  const seed = Date.now() >>> 0;
  t.comment(`seed ${seed}`);
  let state = seed || 1;
  const random = (below: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  let helper = new RealHelper();
  // A changed frame may ask to write: not here.
  const [namespace = -1] = root ? [own()] : helper.ask({ operation: 'create' }).fds;
  let ended = 0;
  for (let round = 0; round < 2000; round++) {
    const operation = (['hello', 'socket', 'open', 'read', 'list'] as const)[random(5)] ?? 'hello';
    const text = ['', 'ipv4/ip_forward', '../x', 'core', 'a\nb'][random(5)] ?? '';
    const frame = encodeRequest({
      operation,
      id: round,
      a: random(20) - 1,
      b: random(12) - 1,
      c: random(300) - 1,
      text,
    });
    // Mostly where it is still a frame afterwards.
    for (let changes = random(4); changes > 0; changes--) {
      const place = random(80) === 0 ? random(frame.length) : 6 + random(frame.length - 6);
      const isLength = place >= 24 && place < 32;
      if (!isLength || random(40) === 0) frame[place] = random(256);
    }
    const sent = random(200) === 0 ? frame.subarray(0, 1 + random(frame.length - 1)) : frame;
    helper.send(sent, random(3) === 0 ? [] : [namespace]);
    const reply = helper.receive();
    if (reply === undefined) {
      t.same(await helper.end(), [2, null]);
      helper = new RealHelper();
      ended++;
    }
    for (const fd of reply?.fds ?? []) close(fd);
  }
  t.comment(`${ended} helpers ended`);
  t.equal(helper.ask({ operation: 'hello' }).errno, 0);
  await helper.end();
  close(namespace);
});

t.test('what it makes', { skip: root }, async (t) => {
  const helper = new RealHelper();
  helper.ask({ operation: 'hello' });
  const before = helper.descriptors();
  const home = fstatSync(own()).ino;

  const [namespace = -1] = helper.ask({ operation: 'create' }).fds;
  t.not(fstatSync(namespace).ino, home, 'a new namespace');
  const [socket = -1] = helper.ask({ operation: 'socket', a: AF.INET, b: SOCK.DGRAM }, [namespace]).fds;
  const cookie = (fd: number) => getsockopt(fd, SOL.SOCKET, SO.NETNS_COOKIE, 8).readBigUInt64LE();
  const [mine = -1] = helper.ask({ operation: 'socket', a: AF.INET, b: SOCK.DGRAM }, [own()]).fds;
  t.not(cookie(socket), cookie(mine), 'a socket in it');
  t.match(helper.ask({ operation: 'socket', a: AF.INET, b: 77 }, [namespace]), { errno: 22, step: 'socket', fds: [] });
  t.equal(fcntl(socket, F.GETFD), 1, 'close-on-exec');
  t.equal(helper.ask({ operation: 'read', text: 'ipv4/ip_forward' }, [namespace]).data.toString(), '0\n');
  const written = { operation: 'write', text: 'ipv4/ip_forward', data: Buffer.from('1\n') } as const;
  t.match(helper.ask(written, [namespace]), { errno: 0, value: 0 });
  t.equal(helper.ask({ operation: 'read', text: 'ipv4/ip_forward' }, [namespace]).data.toString(), '1\n');
  const flush = { operation: 'write', text: 'ipv4/route/flush', data: Buffer.from('1\n') } as const;
  t.match(helper.ask(flush, [namespace]), { errno: 0, value: 1 }, 'a sysctl that can only be written');
  t.match(helper.ask({ operation: 'list', text: 'ipv4/conf' }, [namespace]).data.toString().split('\0'), [
    'all/',
    'default/',
    'lo/',
  ]);
  const [sign = -1] = helper.ask({ operation: 'open', text: 'core/somaxconn' }, [namespace]).fds;
  t.ok(sign > 2);

  t.same(helper.descriptors(), before, 'it keeps nothing');
  const link = openSync(`/proc/${helper.pid}/ns/net`, 'r');
  t.equal(fstatSync(link).ino, home, 'it came back');
  closeSync(link);
  for (const fd of [namespace, socket, mine, sign]) close(fd);
  await helper.end();
});

t.test('no descriptor left for what it makes', { skip: root }, async (t) => {
  const helper = new RealHelper();
  helper.ask({ operation: 'hello' });
  const { status } = await import('node:child_process').then(({ spawnSync }) =>
    spawnSync('prlimit', [`--pid=${helper.pid}`, `--nofile=${helper.descriptors().length + 1}`]),
  );
  if (status !== 0) {
    t.comment('prlimit is not installed');
  } else {
    const namespace = own();
    t.match(helper.ask({ operation: 'socket', a: 1, b: 2 }, [namespace]), { errno: 24, fds: [] });
    t.match(helper.ask({ operation: 'hello' }), { errno: 0 });
    close(namespace);
  }
  await helper.end();
});

t.test('it loads nothing that it does not use', async (t) => {
  const seen = new Set<string>();
  const visit = (url: URL) => {
    const text = readFileSync(url, 'utf8');
    for (const [, specifier = ''] of text.matchAll(/^(?:import|export)\b[^;]*?from ['"]([^'"]+)['"]/gm)) {
      const isOurs = specifier.startsWith('.');
      const target = isOurs ? new URL(specifier, url) : undefined;
      const name = target?.pathname.split('/').at(-1) ?? specifier;
      if (target && !seen.has(name)) visit(target);
      seen.add(name);
    }
  };
  visit(new URL('./main.js', import.meta.url));
  t.same([...seen].sort(), ['@nsnet/sys', 'node:fs', 'operations.js', 'protocol.js', 'sysctl-path.js']);
});
