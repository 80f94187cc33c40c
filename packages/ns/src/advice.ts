import { readFileSync } from 'node:fs';

/** Bits of the capability sets (`linux/capability.h`). */
const CAP_NET_ADMIN = 12n;
const CAP_NET_RAW = 13n;
const CAP_SYS_ADMIN = 21n;

const SYS_ADMIN = (why: string) => needs('CAP_SYS_ADMIN', CAP_SYS_ADMIN, why);

/** By code and step of an error, or by its code alone. */
const ADVICE: Readonly<Record<string, string | (() => string) | undefined>> = {
  'EPERM create': SYS_ADMIN('Creating a network namespace'),
  'EPERM enter': SYS_ADMIN('Entering a namespace'),
  'EPERM mount': SYS_ADMIN('Giving a namespace a name means mounting it, which'),
  'EPERM unmount': SYS_ADMIN('Removing a name means unmounting it, which'),
  'EPERM socket': needs('CAP_NET_RAW', CAP_NET_RAW, 'This kind of socket'),
  'EPERM loopback': needs('CAP_NET_ADMIN', CAP_NET_ADMIN, 'Bringing a link up'),
  'EPERM write': needs('CAP_NET_ADMIN', CAP_NET_ADMIN, 'Writing it'),
  'EACCES open': 'Looking at the namespaces of another process needs its rights, or CAP_SYS_PTRACE.',
  'EACCES directory': 'The directory of names belongs to root. Run as root.',
  'EROFS directory': 'The directory of names is on a read-only file system.',
  'ENOSPC create': 'The limit of network namespaces is reached: see sysctl user.max_net_namespaces.',
  'ENOSPC mount': 'The limit of mounts is reached: see sysctl fs.mount-max.',
  'EINVAL enter': 'This is not a network namespace.',
  EMFILE: 'There is no free descriptor: raise the limit (ulimit -n), or close some.',
  ENFILE: 'The system has no free descriptor: see sysctl fs.file-max.',
};

/**
 * What to do about an error, in sentences.
 *
 * @param step where it happened, as in `NamespaceError`
 * @returns undefined where the kernel's sentence says it all
 */
export function adviceFor(code: string, step: string): string | undefined {
  const advice = ADVICE[`${code} ${step}`] ?? ADVICE[code];
  return typeof advice === 'function' ? advice() : advice;
}

/** What lacks depends on who we are, which is looked at when it matters. */
function needs(name: string, capability: bigint, why: string): () => string {
  return () => `${why} needs ${name}${whatLacks(capability, name)}`;
}

function whatLacks(capability: bigint, name: string): string {
  if ((effectiveCapabilities() >> capability) % 2n === 1n) {
    return ', which this process has: a user namespace, a seccomp filter or a security module forbids it all the same.';
  }
  if (process.geteuid?.() === 0) {
    return `, which this process lacks though it is root: in a container, allow it (--cap-add ${name.slice(4)}).`;
  }
  return ', which this process lacks. Run as root.';
}

function effectiveCapabilities(): bigint {
  try {
    const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return BigInt(`0x${hex ?? '0'}`);
  } catch {
    return 0n;
  }
}
