// Started by ns-helper.test.ts: a program that uses namespaces, in one of several ways. Talks in lines of JSON.
import { readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { Namespace } from '@nsnet/ns';
import { AF, close, SOCK } from '@nsnet/sys';

const say = (value: unknown) =>
  console.log(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}` : item)));
const told = (error: { code: string; message: string }) => ({ code: error.code, message: error.message });
const descriptors = () => readdirSync('/proc/self/fd').length;

const ways: Record<string, () => Promise<void>> = {
  /** Uses a namespace, then has nothing more to do. */
  async end() {
    const namespace = await Namespace.create();
    close(await namespace.socket(AF.INET, SOCK.DGRAM, 0));
    await namespace.close();
    say('done');
  },

  /** Holds a namespace for ever. */
  async hold() {
    const namespace = await Namespace.create();
    say({ cookie: namespace.cookie });
    setInterval(() => {}, 1000);
  },

  /** Uses a namespace after a signal that was meant for everybody. */
  async interrupted() {
    const namespace = await Namespace.create();
    process.once('SIGINT', async () => {
      close(await namespace.socket(AF.INET, SOCK.DGRAM, 0));
      await namespace.close();
      say('cleaned up');
      process.exit(0);
    });
    say('ready');
    setInterval(() => {}, 1000);
  },

  /** Few descriptors: takes all there are, then gives them back. */
  async descriptors() {
    const namespace = await Namespace.create();
    const before = descriptors();
    const sockets: number[] = [];
    const refusals = new Set<string>();
    for (let count = 0; count < 200; count++) {
      await namespace.socket(AF.INET, SOCK.DGRAM, 0).then(
        (fd) => sockets.push(fd),
        (error) => refusals.add(error.code),
      );
    }
    const more = await Promise.allSettled([
      Namespace.create(),
      Namespace.current(),
      namespace.pids(),
      namespace.run('true'),
      Namespace.open({ pid: process.pid }),
    ]);
    const codes = more.map((result) => (result.status === 'rejected' ? result.reason.code : 'done'));
    for (const fd of sockets) close(fd);
    const other = await Namespace.create();
    await other.run('true');
    await other.close();
    say({ made: sockets.length, refusals: [...refusals], codes, leaked: descriptors() - before });
  },

  /** In a user namespace with few network namespaces allowed. */
  async limit() {
    let failures = 0;
    for (let count = 0; count < 200; count++) {
      const namespace = await Namespace.create();
      close(await namespace.socket(AF.INET, SOCK.DGRAM, 0).catch(() => failures++));
      await namespace.close();
    }
    const all: Namespace[] = [];
    const refusal = await (async () => {
      for (let count = 0; count < 100; count++) all.push(await Namespace.create());
      return undefined;
    })().catch(told);
    for (const namespace of all) await namespace.close();
    const after = await Namespace.create();
    say({ failures, held: all.length, refusal, after: after.cookie > 0n });
  },

  /** Threads that end, each with a helper of its own. */
  async threads() {
    for (let count = 0; count < 3; count++) {
      const worker = new Worker(new URL(import.meta.url), { argv: ['end'], stdout: true });
      await new Promise((resolve) => worker.once('exit', resolve));
    }
    say('done');
    setInterval(() => {}, 1000);
  },
};

await ways[process.argv[2] ?? 'end']?.();
