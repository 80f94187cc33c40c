// timeout: 240 s
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Namespace } from '@nsnet/ns';
import { AF, SOCK } from '@nsnet/sys';
import t from 'tap';
import { inventory, lacking, uniqueName } from '../support/namespaces.ts';

const skip = lacking('ip', 'nsenter');
const program = fileURLToPath(new URL('./programs/helper-user.js', import.meta.url));

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The helpers of a process. */
function helpersOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => read(`/proc/${pid}/cmdline`).includes('/ns/dist/helper/main.js'))
    .filter((pid) => Number(/^PPid:\s*(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1]) === parent);
}

/** True until a process has ended, even if nobody has waited for it. */
function isAlive(pid: number): boolean {
  return /^State:\s*[^ZX\s]/m.test(read(`/proc/${pid}/status`));
}

async function until(condition: () => boolean, milliseconds = 2000): Promise<boolean> {
  for (const deadline = Date.now() + milliseconds; Date.now() < deadline; await delay(5)) if (condition()) return true;
  return condition();
}

/** A program of ours in a process group of its own, and the lines it prints. */
function start(way: string, command: readonly string[] = []): { child: ChildProcess; line(): Promise<unknown> } {
  const [first = process.execPath, ...rest] = [...command, process.execPath, program, way];
  const child = spawn(first, rest, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    return done ? undefined : JSON.parse(value);
  };
  return { child, line };
}

/** Numbers that come again with the same seed. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

t.test('killed at any moment: every call ends, the next one works, nothing is left', { skip }, async (t) => {
  const seed = Number(process.env.NSNET_SEED ?? Date.now() % 2 ** 32);
  t.comment(`NSNET_SEED=${seed}`);
  const random = randomNumbers(seed);
  const rounds = Number(process.env.NSNET_ROUNDS ?? 100);
  await using target = await Namespace.create();
  const before = inventory();
  const outcomes = new Map<string, number>();
  let slowest = 0;
  for (let round = 0; round < rounds; round++) {
    const names = Array.from({ length: 3 }, uniqueName);
    const began = performance.now();
    const calls: Promise<unknown>[] = [];
    for (let count = 1 + random(12); count > 0; count--) {
      calls.push(
        [
          () => Namespace.create(names[random(3)], { loopback: random(2) === 0 }),
          () => Namespace.create(),
          () => target.socket(AF.INET, SOCK.STREAM, 0),
          () => target.sysctl.get('net.ipv4.ip_forward'),
          () => target.sysctl.set('net.ipv4.ip_forward', random(2)),
          () => target.sysctl.list('net.core'),
        ][random(6)]?.() ?? Promise.resolve(),
      );
    }
    const settled = Promise.allSettled(calls);
    await (random(3) === 0 ? undefined : delay(random(5)));
    for (const pid of helpersOf(process.pid)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    for (const result of await settled) {
      const outcome = result.status === 'fulfilled' ? 'done' : result.reason.code;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (result.status === 'rejected') continue;
      if (typeof result.value === 'number') closeSync(result.value);
      if (result.value instanceof Namespace) await result.value[Symbol.asyncDispose]();
    }
    slowest = Math.max(slowest, performance.now() - began);
    const next = await target.socket(AF.INET, SOCK.DGRAM, 0);
    closeSync(next);
  }
  t.comment(
    `${rounds} rounds, slowest ${Math.round(slowest)} ms, outcomes ${JSON.stringify(Object.fromEntries(outcomes))}`,
  );
  t.ok(slowest < 2000);
  t.same(
    [...outcomes.keys()].filter((outcome) => !/^(done|ERR_HELPER_DIED|EEXIST)$/.test(outcome)),
    [],
  );
  t.ok((outcomes.get('ERR_HELPER_DIED') ?? 0) > rounds / 10);
  await until(() => inventory().descriptors === before.descriptors);
  t.same(inventory(), before);
  t.ok(await until(() => helpersOf(process.pid).length === 1));
});

t.test('stopped: the call is told, and the next one works', { skip }, async (t) => {
  await using namespace = await Namespace.create();
  const [pid = 0] = helpersOf(process.pid);
  process.kill(pid, 'SIGSTOP');
  await t.rejects(namespace.socket(AF.INET, SOCK.DGRAM, 0), { code: 'ERR_HELPER_TIMEOUT', step: 'helper' });
  closeSync(await namespace.socket(AF.INET, SOCK.DGRAM, 0));
  t.notOk(isAlive(pid), 'it was killed');
});

t.test('one helper for all', { skip }, async (t) => {
  const namespaces = await Promise.all(Array.from({ length: 10 }, () => Namespace.create()));
  t.equal(helpersOf(process.pid).length, 1);
  for (const namespace of namespaces) await namespace.close();
});

t.test('it is small, and holds nothing of ours', { skip }, async (t) => {
  await using _namespace = await Namespace.create();
  const [pid = 0] = helpersOf(process.pid);
  const rollup = read(`/proc/${pid}/smaps_rollup`);
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(rollup)?.[1]);
  t.comment(`helper: ${kilobytes('Rss')} kB resident, ${kilobytes('Private_Dirty')} kB its own`);
  t.ok(kilobytes('Rss') < 80_000);
  t.ok(kilobytes('Private_Dirty') < 25_000);
  t.equal(readlinkSync(`/proc/${pid}/cwd`), '/');
  t.equal(statSync(`/proc/${pid}/ns/net`).ino, statSync('/proc/self/ns/net').ino);
  const files = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  t.equal(files.filter((file) => file.startsWith('net:')).length, 1, 'its own namespace only');
  t.equal(files.filter((file) => file.startsWith('socket:')).length, 2, 'the control socket and its error output');
});

t.test('it does not keep the process alive', { skip }, async (t) => {
  const { child, line } = start('end');
  const exit = once(child, 'exit');
  t.equal(await line(), 'done');
  const began = Date.now();
  t.same(await exit, [0, null]);
  t.ok(Date.now() - began < 1000);
});

t.test('the process is killed: helper and anonymous namespace are gone', { skip }, async (t) => {
  for (let round = 0; round < 5; round++) {
    const { child, line } = start('hold');
    const { cookie } = (await line()) as { cookie: string };
    const [helper = 0] = helpersOf(child.pid ?? 0);
    t.ok(isAlive(helper));
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    t.ok(await until(() => !isAlive(helper), 1000));
    t.notOk((await Namespace.discover()).some((found) => `${found.cookie}` === cookie));
  }
});

t.test('Ctrl-C: the helper stays for the cleaning up', { skip }, async (t) => {
  const { child, line } = start('interrupted');
  t.equal(await line(), 'ready');
  const exit = once(child, 'exit');
  process.kill(-(child.pid ?? 0), 'SIGINT');
  t.equal(await line(), 'cleaned up');
  t.same(await exit, [0, null]);
});

t.test('without free descriptors', { skip: skip || lacking('sh') }, async (t) => {
  const { child, line } = start('descriptors', ['sh', '-c', 'ulimit -n 64 && exec "$@"', 'sh']);
  const exit = once(child, 'exit');
  const result = await line();
  t.match(result, { refusals: ['EMFILE'], codes: ['EMFILE', 'EMFILE', 'EMFILE', 'EMFILE', 'EMFILE'], leaked: 0 });
  t.same(await exit, [0, null]);
});

t.test('without free namespaces', { skip: skip || lacking('unshare', 'sh') }, async (t) => {
  const few = 'echo 12 > /proc/sys/user/max_net_namespaces && exec "$@"';
  const { child, line } = start('limit', ['unshare', '--user', '--map-root-user', '--net', 'sh', '-c', few, 'sh']);
  const exit = once(child, 'exit');
  t.match(await line(), {
    failures: 0,
    held: 11, // and the one it lives in
    refusal: { code: 'ENOSPC', message: /user\.max_net_namespaces/ },
    after: true,
  });
  t.same(await exit, [0, null]);
});

t.test('threads end with their helpers', { skip }, async (t) => {
  const { child, line } = start('threads');
  t.equal(await line(), 'done');
  t.ok(await until(() => helpersOf(child.pid ?? 0).length === 0));
  child.kill('SIGKILL');
});

t.test('many rounds leave everything as it was', { skip }, async (t) => {
  const rounds = Number(process.env.NSNET_ROUNDS ?? 1000);
  const round = async () => {
    const namespace = await Namespace.create(uniqueName(), { loopback: true });
    const again = await Namespace.open(namespace.name ?? '');
    closeSync(await again.socket(AF.INET, SOCK.DGRAM, 0));
    await again.close();
    await namespace.delete();
    await namespace.close();
  };
  for (let count = 0; count < 50; count++) await round();
  const [helper = 0] = helpersOf(process.pid);
  const state = () => ({
    ...inventory(),
    helper: readdirSync(`/proc/${helper}/fd`).length,
    processes: helpersOf(process.pid),
  });
  const before = state();
  const heap = () => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const [heapBefore, memoryBefore] = [heap(), Number(/^VmRSS:\s*(\d+)/m.exec(read(`/proc/${helper}/status`))?.[1])];
  for (let count = 0; count < rounds; count++) await round();
  const grown = heap() - heapBefore;
  const helperGrown = Number(/^VmRSS:\s*(\d+)/m.exec(read(`/proc/${helper}/status`))?.[1]) - memoryBefore;
  t.same(state(), before);
  t.comment(`${rounds} rounds: heap ${Math.round(grown / 1024)} kB, helper ${helperGrown} kB`);
  if (globalThis.gc) t.ok(grown < 1_000_000);
  t.ok(helperGrown < 8000);
  t.notOk(existsSync(`/run/netns/${uniqueName()}`));
});
