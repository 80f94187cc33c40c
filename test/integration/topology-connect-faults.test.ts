import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { Rtnetlink } from '@nsnet/netlink';
import { Namespace } from '@nsnet/ns';
import { connect, type End, TopologyError } from '@nsnet/topology';
import t, { type Test } from 'tap';
import { ipIn, ipLinks, linkNames } from '../support/lab.ts';
import { inventory, lacking, output } from '../support/namespaces.ts';

const skip = lacking('ip', 'nsenter');

/** What happens at one step: it fails instead, it fails afterwards, or only something else happens before it. */
interface Fault {
  readonly before?: (step: number) => void;
  readonly after?: (step: number) => void;
}

/** Makes every client that is opened from now on count its calls, the opening included, and fail as `fault` says. */
function inject(t: Test, fault: Fault): { readonly steps: string[] } {
  const steps: string[] = [];
  const wrap = async <T>(name: string, action: () => Promise<T>): Promise<T> => {
    const step = steps.push(name) - 1;
    fault.before?.(step);
    const result = await action();
    fault.after?.(step);
    return result;
  };
  const watched = <T extends object>(object: T, prefix: string, deeper: readonly string[] = []): T =>
    new Proxy(object, {
      get: (target, key) => {
        const value = Reflect.get(target, key, target);
        if (typeof value === 'function') {
          const method = value.bind(target);
          if (typeof key !== 'string' || key === 'close') return method;
          return (...args: unknown[]) => wrap(`${prefix}${key}`, async () => method(...args));
        }
        return deeper.includes(String(key)) ? watched(value as object, `${String(key)}.`) : value;
      },
    });
  const { open } = Rtnetlink;
  t.intercept(Rtnetlink, 'open', {
    value: (options: Parameters<typeof open>[0]) =>
      wrap('open', async () => watched(await open.call(Rtnetlink, options), '', ['links', 'addresses', 'nsids'])),
  });
  return { steps };
}

class Lab implements AsyncDisposable {
  readonly red: Namespace;
  readonly blue: Namespace;
  readonly ends: readonly [End, End];

  constructor(red: Namespace, blue: Namespace) {
    this.red = red;
    this.blue = blue;
    this.ends = [
      { namespace: red, name: 'eth0', addresses: ['10.0.0.1/24', 'fd00::1/64'] },
      { namespace: blue, name: 'eth0', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
    ];
  }

  static async open(): Promise<Lab> {
    return new Lab(await Namespace.create(), await Namespace.create());
  }

  /** Everything that may not change, as `ip` and `/proc` tell. */
  state() {
    return { red: ipLinks(this.red), blue: ipLinks(this.blue), ...inventory() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.red.close();
    await this.blue.close();
  }
}

/** Steps of connecting the lab. */
async function countSteps(t: Test): Promise<string[]> {
  await using lab = await Lab.open();
  const { steps } = inject(t, {});
  const pair = await connect(...lab.ends);
  const count = steps.length;
  await pair.remove();
  return steps.slice(0, count);
}

t.test('a failure at any step leaves nothing', { skip }, async (t) => {
  let steps: string[] = [];
  await t.test('the steps', async (t) => {
    steps = await countSteps(t);
    t.same(steps.slice(0, 3), ['open', 'open', 'request']);
    t.same(steps.slice(3).sort(), [
      ...['addresses.add', 'addresses.add', 'addresses.add', 'addresses.add'],
      ...['links.get', 'links.get', 'links.set', 'links.set'],
    ]);
  });
  const fail = (at: number) => (step: number) => {
    if (step === at) throw Object.assign(new Error('injected'), { code: 'EINJECTED' });
  };
  for (const [at, name] of steps.entries()) {
    for (const when of ['before', 'after'] as const) {
      // What was opened and not handed over can't be closed; a creation without an answer has a test of its own.
      if (name === 'request' || (name === 'open' && when === 'after')) continue;
      await t.test(`${when} step ${at}, ${name}`, async (t) => {
        await using lab = await Lab.open();
        const before = lab.state();
        inject(t, { [when]: fail(at) });
        const error = await connect(...lab.ends).catch((error) => error);
        t.type(error, TopologyError);
        t.match(error, { code: 'EINJECTED', cause: { message: 'injected' }, leftovers: [] });
        t.equal(error.undone.length, at > 2 ? 1 : 0);
        t.same(lab.state(), before);
      });
    }
  }
});

t.test('an abort at any step leaves nothing', { skip }, async (t) => {
  let steps: string[] = [];
  await t.test('the steps', async (t) => {
    steps = await countSteps(t);
  });
  for (const [at, name] of steps.entries()) {
    await t.test(`at step ${at}, ${name}`, async (t) => {
      await using lab = await Lab.open();
      const before = lab.state();
      const controller = new AbortController();
      const reason = new Error('enough');
      inject(t, { before: (step) => step === at && controller.abort(reason) });
      const result = await connect(...lab.ends, { signal: controller.signal }).catch((error) => error);
      if (at <= 2) {
        t.equal(result, reason);
        t.same(lab.state(), before);
      } else {
        t.notOk(result instanceof Error, 'what is done already is not thrown away');
        t.ok(linkNames(lab.red).includes('eth0') && linkNames(lab.blue).includes('eth0'));
      }
    });
  }
});

t.test('a creation without an answer is called a leftover, and not guessed at', { skip }, async (t) => {
  await using lab = await Lab.open();
  inject(t, {
    after: (step) => {
      if (step === 2) throw new Error('the answer was lost');
    },
  });
  const error = await connect(...lab.ends).catch((error) => error);
  t.match(error, { name: 'TopologyError', undone: [] });
  t.match(error.leftovers, [/^veth #\d+:eth0 ↔ #\d+:eth0$/]);
  t.match(error.message, 'Left over: veth');
  t.ok(linkNames(lab.red).includes('eth0'), 'it is there');
});

t.test('undoing that fails says what is left', { skip }, async (t) => {
  await using lab = await Lab.open();
  const { steps } = inject(t, {
    before: (step) => {
      if (['addresses.add', 'links.delete'].includes(steps[step] ?? '')) throw new Error('injected');
    },
  });
  const error = await connect(...lab.ends).catch((error) => error);
  t.match(error, { undone: [], leftovers: [/^veth /], code: 'ERR_TOPOLOGY' });
});

t.test('what the kernel refuses half-way', { skip }, async (t) => {
  await using lab = await Lab.open();
  await lab.blue.sysctl.set('net.ipv6.conf.default.disable_ipv6', 1);
  const before = lab.state();
  const error = await connect(...lab.ends).catch((error) => error);
  t.match(error, { code: 'EACCES', element: `#${lab.blue.cookie}:eth0`, undone: [/^veth /], leftovers: [] });
  t.match(error.message, /Can't connect .* IPv6 is disabled.* Nothing is left of it\.$/);
  t.same(lab.state(), before);
});

t.test('a link that somebody takes away in the middle', { skip }, async (t) => {
  await using lab = await Lab.open();
  const before = lab.state();
  inject(t, {
    after: (step) => {
      if (step === 2) ipIn(lab.blue, 'link', 'delete', 'eth0');
    },
  });
  await t.rejects(connect(...lab.ends), { code: 'ENODEV', leftovers: [] });
  t.same(lab.state(), before);
});

t.test('no free descriptor at any moment', { skip: skip || lacking('prlimit') }, async (t) => {
  await using lab = await Lab.open();
  await (await connect(...lab.ends)).remove();
  const before = lab.state();
  const limit = (soft: string) => output('prlimit', '--pid', String(process.pid), `--nofile=${soft}:`);
  const original = output('prlimit', '--pid', String(process.pid), '--nofile', '--noheadings', '--output', 'SOFT');
  const room = 64 + Math.max(...readdirSync('/proc/self/fd').map(Number));
  limit(String(room));
  const results: string[] = [];
  for (let spare = 0; spare <= 10; spare++) {
    const fill: number[] = [];
    while (readdirSync('/proc/self/fd').length - 1 < room - Math.max(1, spare)) fill.push(openSync('/dev/null', 'r'));
    // Listing takes one itself.
    if (spare === 0) fill.push(openSync('/dev/null', 'r'));
    const result = await connect(...lab.ends).catch((error) => error);
    for (const fd of fill) closeSync(fd);
    results.push(result.code ?? 'made');
    if (result instanceof Error) t.match(result, { name: 'TopologyError', code: 'EMFILE', leftovers: [] });
    else await result.remove();
    t.same(lab.state(), before, `${spare} to spare`);
  }
  limit(original);
  t.comment(results.join(' '));
  t.equal(results[0], 'EMFILE');
  t.equal(results.at(-1), 'made');
});

/** The helpers of this process. */
function helpers(): number[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number)
    .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('helper'));
}

t.test('the helper is killed at any moment', { skip }, async (t) => {
  await using lab = await Lab.open();
  const clean = [linkNames(lab.red), linkNames(lab.blue)];
  const results = { made: 0, failed: 0 };
  for (let round = 0; round < 40; round++) {
    const under = connect(...lab.ends).then(
      (pair) => pair,
      (error: unknown) => error,
    );
    const turns = round % 8;
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    for (const pid of helpers()) process.kill(pid, 'SIGKILL');
    const result = await under;
    if (result instanceof Error) {
      results.failed++;
      t.match(result, { name: 'TopologyError', leftovers: [] });
    } else {
      results.made++;
      await (result as { remove(): Promise<void> }).remove();
    }
    t.same([linkNames(lab.red), linkNames(lab.blue)], clean);
  }
  t.comment(JSON.stringify(results));
  t.ok(results.failed > 0);
});
