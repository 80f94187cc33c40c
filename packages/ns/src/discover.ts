import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { O } from '@nsnet/sys';
import { breather } from './breathe.ts';
import type { Host } from './host.ts';
import { cookieOf } from './identity.ts';
import { allProcesses, linkText, namespaceOf } from './processes.ts';

/** A network namespace of this host. */
export interface DiscoveredNamespace {
  /** Its identity. */
  readonly cookie: bigint;
  /** Its names, as `ip netns list` shows them. */
  readonly names: string[];
  /** The processes in it. */
  readonly pids: number[];
  /** Where else it can be opened: mount points, and open descriptors as `/proc/PID/fd/N`. */
  readonly paths: string[];
}

interface Found extends Omit<DiscoveredNamespace, 'cookie'> {
  readonly fd: number;
}

/**
 * Everything found so far, by the kernel's text in `/proc`. Each is held open: its text can mean no other meanwhile.
 */
class Findings {
  readonly found = new Map<string, Found>();

  /** The namespace of this text, opened at `path` when it is new; undefined if it has gone or may not be opened. */
  at(text: string, path: string): Found | undefined {
    const known = this.found.get(text);
    if (known) return known;
    try {
      return this.hold(openSync(path, O.RDONLY | O.NONBLOCK), text);
    } catch {
      return undefined;
    }
  }

  /** Takes a descriptor over, if it is the namespace that is expected. */
  hold(fd: number, expected: string): Found | undefined {
    const text = linkText(fd);
    const known = this.found.get(text);
    if (known || text !== expected) {
      closeSync(fd);
      return known;
    }
    const entry = { fd, names: [], pids: [], paths: [] };
    this.found.set(text, entry);
    return entry;
  }

  isOwn(fd: number): boolean {
    return [...this.found.values()].some((entry) => entry.fd === fd);
  }

  close(): void {
    for (const { fd } of this.found.values()) closeSync(fd);
  }
}

/**
 * Every network namespace of this host that can be found: by a name, a process, a mount, an open descriptor. One that is
 * held by a socket alone can't, nor one that only belongs to processes this process may not look at.
 */
export async function discover({ names, helper }: Host): Promise<DiscoveredNamespace[]> {
  const findings = new Findings();
  try {
    await processes(findings);
    mounts(findings);
    await names.visit(({ name, fd }) => {
      if (fd === undefined) return;
      const text = linkText(fd);
      findings.at(text, `/proc/self/fd/${fd}`)?.names.push(name);
    });
    const list: DiscoveredNamespace[] = [];
    for (const { fd, ...rest } of findings.found.values()) list.push({ cookie: await cookieOf(fd, helper), ...rest });
    return list.sort((a, b) => (a.cookie < b.cookie ? -1 : 1));
  } finally {
    findings.close();
  }
}

async function processes(findings: Findings): Promise<void> {
  const breathe = breather();
  for (const pid of allProcesses().sort((a, b) => a - b)) {
    await breathe();
    const text = namespaceOf(pid);
    if (text !== undefined) findings.at(text, `/proc/${pid}/ns/net`)?.pids.push(pid);
    for (const fd of descriptorsOf(pid)) {
      await breathe();
      descriptor(findings, pid, fd);
    }
  }
}

function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch {
    return [];
  }
}

function descriptor(findings: Findings, pid: number, fd: string): void {
  if (pid === process.pid && findings.isOwn(Number(fd))) return;
  const path = `/proc/${pid}/fd/${fd}`;
  try {
    const text = readlinkSync(path);
    if (text.startsWith('net:[')) findings.at(text, path)?.paths.push(path);
  } catch {
    // Closed meanwhile.
  }
}

/** Lines of `mountinfo` look like `42 27 0:4 net:[4026532177] /run/netns/red rw - nsfs nsfs rw`. */
function mounts(findings: Findings): void {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [, , , root, point] = line.split(' ');
    if (root === undefined || point === undefined || !root.startsWith('net:[')) continue;
    const path = point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const found = findings.at(root, path);
    if (found && !found.paths.includes(path)) found.paths.push(path);
  }
}
