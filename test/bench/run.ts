/**
 * Measures the hot paths against a floor in C, and against `ip`, in one run and in namespaces of its own:
 * `npx pnpm bench`. Ratios are what counts: times differ between machines and minutes. With `--check`, a ratio above
 * its bar makes the exit code 1.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Rtnetlink } from '@nsnet/netlink';
import { Namespace } from '@nsnet/ns';
import { close } from '@nsnet/sys';
import { connect } from '@nsnet/topology';
import { type Comparison, compare, median } from './measure.ts';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const gets = 20_000;
const routes = 100_000;

const folder = mkdtempSync(join(tmpdir(), 'nsnet-bench-'));
const floor = join(folder, 'floor');
const source = resolve(import.meta.dirname, '../../bench/floor.c');
let failed = false;

/** Prints a comparison; `bar` is the highest ratio that is good enough. */
function report(question: string, { ours, theirs, ratio }: Comparison, unit: number, bar: number): void {
  const scale = (time: number) => `${(time / unit).toFixed(2)} µs`.padStart(12);
  const verdict = ratio <= bar ? 'ok' : 'above the bar';
  if (ratio > bar) failed = true;
  console.log(`${question.padEnd(52)}${scale(ours)}${scale(theirs)}  ${ratio.toFixed(2)} (bar ${bar}) ${verdict}`);
}

/** A program's number, run inside the namespace so that it counts its own time, or is timed as a whole. */
function inside(namespace: Namespace, command: string, args: string[]): string {
  const enter = [`--net=/proc/${process.pid}/fd/${namespace.fd}`, '--', command, ...args];
  return execFileSync('nsenter', enter, { encoding: 'utf8', maxBuffer: 2 ** 30 });
}

async function links(namespace: Namespace): Promise<void> {
  await using rt = await Rtnetlink.open({ namespace });
  await rt.links.add({ kind: 'veth', name: 'v0', peer: { name: 'v1' }, up: true });
  const { index } = await rt.links.get('v0');
  const c = () => Number(inside(namespace, floor, ['get', String(gets), String(index)]));
  const oneByOne = async () => {
    const start = performance.now();
    for (let i = 0; i < gets; i++) await rt.links.get(index);
    return ((performance.now() - start) * 1000) / gets;
  };
  const atOnce = async () => {
    const start = performance.now();
    await Promise.all(Array.from({ length: gets }, () => rt.links.get(index)));
    return ((performance.now() - start) * 1000) / gets;
  };
  report('link get, one by one / C send + recv', await compare(oneByOne, c, 9), 1, 1.6);
  report('link get, all at once / C send + recv', await compare(atOnce, c, 9), 1, 2.5);
}

async function tables(namespace: Namespace): Promise<void> {
  await using rt = await Rtnetlink.open({ namespace });
  await rt.links.add({ kind: 'veth', name: 'r0', peer: { name: 'r1' }, up: true });
  await rt.addresses.add('r0', '10.255.0.1/24');
  const batch = join(folder, 'routes');
  const destination = (i: number) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
  writeFileSync(batch, Array.from({ length: routes }, (_, i) => `route add ${destination(i)}/32 dev r0\n`).join(''));
  inside(namespace, 'ip', ['-batch', batch]);
  const ours = async () => {
    const start = performance.now();
    const { length } = await rt.routes.list({ family: 'inet' });
    if (length < routes) throw new Error(`${length} routes`);
    return (performance.now() - start) * 1000;
  };
  const c = () => Number(inside(namespace, floor, ['dump']));
  const ip = () => {
    inside(namespace, 'ip', ['-4', 'route', 'show']);
    return undefined;
  };
  report('list 100,000 routes as objects / C recv only', await compare(ours, c, 7), 1, 2.5);
  report('list 100,000 routes as objects / ip route show', await compare(ours, ip, 5), 1, 1);
}

async function sockets(namespace: Namespace): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < 1000; i++) {
    const start = performance.now();
    const fd = await namespace.socket(AF_INET, SOCK_DGRAM, 0);
    times.push((performance.now() - start) * 1000);
    close(fd);
  }
  const limit = 500;
  report(
    'a socket in a namespace / 0.5 ms',
    { ours: median(times), theirs: limit, ratio: median(times) / limit },
    1,
    1,
  );
}

async function pairs(red: Namespace, blue: Namespace): Promise<void> {
  let number = 0;
  const ours = async () => {
    const name = `c${number++}`;
    const start = performance.now();
    const pair = await connect(
      { namespace: red, name, addresses: ['10.0.0.1/24'] },
      { namespace: blue, name, addresses: ['10.0.0.2/24'] },
    );
    const time = (performance.now() - start) * 1000;
    await pair.remove();
    return time;
  };
  const byIp = () => {
    const name = `i${number++}`;
    const start = performance.now();
    inside(red, 'ip', ['link', 'add', name, 'type', 'veth', 'peer', 'name', name, 'netns', blue.name ?? '']);
    for (const [namespace, address] of [
      [red, '10.1.0.1/24'],
      [blue, '10.1.0.2/24'],
    ] as const) {
      inside(namespace, 'ip', ['address', 'add', address, 'dev', name]);
      inside(namespace, 'ip', ['link', 'set', name, 'up']);
    }
    const time = (performance.now() - start) * 1000;
    inside(red, 'ip', ['link', 'delete', name]);
    return time;
  };
  report('connect two namespaces / spawning ip', await compare(ours, byIp, 11), 1, 1);
}

try {
  execFileSync('cc', ['-O2', '-o', floor, source]);
  await using red = await Namespace.create(`nsnet-bench-${process.pid}-a`);
  await using blue = await Namespace.create(`nsnet-bench-${process.pid}-b`);
  console.log(`${'question'.padEnd(52)}${'ours'.padStart(12)}${'theirs'.padStart(12)}  ratio`);
  await links(red);
  await tables(red);
  await sockets(red);
  await pairs(red, blue);
} finally {
  rmSync(folder, { recursive: true });
}
if (failed && process.argv.includes('--check')) process.exitCode = 1;
