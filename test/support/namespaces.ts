import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { needsRoot } from './private.ts';

/** What a test of namespaces needs and this machine lacks, in words, or false: for `{ skip }`. */
export function lacking(...tools: string[]): string | false {
  const missing = tools.filter((tool) => spawnSync('which', [tool]).status !== 0);
  return needsRoot || (missing.length > 0 && `needs ${missing.join(', ')}`);
}

let last = 0;

/** A name nobody else uses. */
export function uniqueName(): string {
  last++;
  return `nsnet-t-${process.pid}-${last}`;
}

/** Output of a program; fails if it fails. */
export function output(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** `ip …` */
export function ip(...args: string[]): string {
  return output('ip', ...args);
}

/** Names that `ip netns list` shows. */
export function ipNames(): string[] {
  const lines = ip('netns', 'list').split('\n');
  return lines.map((line) => line.split(' ')[0] ?? '').filter((name) => name !== '');
}

/** What belongs to this process and its tests, to be the same before and after. */
export function inventory(): { descriptors: number; mounts: string[]; names: string[] } {
  const ours = `nsnet-t-${process.pid}-`;
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    mounts: readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(ours)),
    names: existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => name.startsWith(ours)) : [],
  };
}
