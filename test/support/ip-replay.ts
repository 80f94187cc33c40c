import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { netlinkMessage } from './raw-messages.ts';

const source = resolve(import.meta.dirname, '../../conformance/replay.c');
const done = 3;

/** `ip`, shown messages of ours in place of the kernel's. */
export class IpReplay {
  readonly #folder = mkdtempSync(join(tmpdir(), 'nsnet-replay-'));
  readonly #library = join(this.#folder, 'replay.so');
  readonly #answers = join(this.#folder, 'answers');
  /** What is missing for it, in words, or false. */
  readonly lacking: string | false;

  constructor() {
    mkdirSync(this.#answers);
    const { status, error, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-o', this.#library, source, '-ldl'], {
      encoding: 'utf8',
    });
    this.lacking = status === 0 ? false : `needs a C compiler: ${error?.message ?? stderr}`;
  }

  /** From now on, the answer to a request of this type. */
  answer(request: number, messages: readonly Buffer[]): void {
    writeFileSync(
      join(this.#answers, String(request)),
      Buffer.concat([...messages, netlinkMessage(done, Buffer.alloc(4))]),
    );
  }

  /** From now on, no answers: all is asked of the kernel. */
  forget(): void {
    for (const name of readdirSync(this.#answers)) rmSync(join(this.#answers, name));
  }

  /** Runs `ip` in a namespace. Throws when it fails. */
  run(namespace: string, ...args: string[]): string {
    const env = { ...process.env, LD_PRELOAD: this.#library, NSNET_REPLAY: this.#answers };
    const options = { encoding: 'utf8', env, maxBuffer: 1 << 28 } as const;
    const { status, stdout, stderr } = spawnSync('ip', ['-n', namespace, ...args], options);
    if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${status} ${stderr}`);
    return stdout;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
