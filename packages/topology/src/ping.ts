import { randomBytes } from 'node:crypto';
import type { Namespace } from '@nsnet/ns';
import { close, SystemError } from '@nsnet/sys';
import { checkInteger, familyOf, isMapped, isMulticast, Problems } from './checks.ts';
import { EchoRound } from './echo-round.ts';
import { type EchoTarget, openEchoSocket } from './echo-socket.ts';
import { TopologyError } from './errors.ts';
import { EchoMessages } from './icmp.ts';
import { placeOf } from './label.ts';
import { trace } from './trace.ts';

/** How often, how fast, how long. */
export interface PingOptions {
  /** Requests to send. Default 3. */
  readonly count?: number | undefined;
  /**
   * Milliseconds from one request to the next. Default 200: the shortest that `ping` grants everybody (its own default,
   * a second, is for people who watch).
   */
  readonly interval?: number | undefined;
  /** Milliseconds to wait for each reply. Default 1000. */
  readonly timeout?: number | undefined;
  /**
   * Only to hosts on a link of the namespace's own, never through a router: `ping -r`. IPv4 only. Rejects with
   * ENETUNREACH when the address is not on such a link.
   */
  readonly direct?: boolean | undefined;
  /** Ends it: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What came of it. */
export interface PingResult {
  /** Requests sent; those that were lost on this machine already (a link went down, a firewall) count. */
  readonly sent: number;
  /** Requests that were replied to in time. */
  readonly received: number;
  /** Milliseconds from request to reply, of those replied to, in the order of sending. */
  readonly roundTripTimes: number[];
}

/** Largest delay of Node's timers, milliseconds. */
const longest = 0x7fffffff;

/**
 * Asks an address for echo replies, from inside a namespace: `ip netns exec NAMESPACE ping -c COUNT ADDRESS`. It takes
 * no privileges beyond those for opening sockets in the namespace, and no `ping`.
 *
 * It ends as soon as every request has its reply or has waited long enough. Silence is a result, not an error: nobody
 * there, a reply that is late, a router's "unreachable", a link that goes down meanwhile. Only when there is no way at
 * all to send the first request (no route, no source address) it is rejected, as `ping` says "connect: Network is
 * unreachable".
 *
 * Times are taken by a monotonic clock in this process: an event loop that is busy adds to them, but loses nothing.
 *
 * @param address IPv4 or IPv6; a link-local one needs its link: `fe80::1%eth0`. Names are not looked up; multicast and
 *   broadcast, which many answer, are refused
 * @throws EncodeError for what is no such address, or no number
 * @throws TopologyError ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL …; ENODEV: no such link in a zone
 * @throws NamespaceError if no socket can be opened there
 */
export async function ping(namespace: Namespace, address: string, options: PingOptions = {}): Promise<PingResult> {
  const { count = 3, interval = 200, timeout = 1000, direct = false, signal } = options;
  const target = check(address, { count, interval, timeout }, direct);
  signal?.throwIfAborted();
  const fd = await open(namespace, target);
  try {
    const round = new EchoRound(fd, new EchoMessages(target.version, randomBytes(16)), { count, interval, timeout });
    await round.run(signal);
    const { sent, roundTripTimes } = round;
    const received = roundTripTimes.length;
    trace('ping from %s to %s: %d of %d replied', placeOf(namespace), address, received, sent);
    return { sent, received, roundTripTimes };
  } finally {
    close(fd);
  }
}

function check(
  text: string,
  numbers: Readonly<Record<'count' | 'interval' | 'timeout', number>>,
  direct: boolean,
): EchoTarget {
  const problems = new Problems();
  checkInteger(numbers.count, [1, longest], 'count', problems);
  for (const key of ['interval', 'timeout'] as const) {
    const valid = typeof numbers[key] === 'number' && numbers[key] >= 0 && numbers[key] <= longest;
    problems.check(valid, key, `is not a number of milliseconds from 0 to ${longest}`, numbers[key]);
  }
  const [, address = '', zone] = /^([^%]*)(?:%(.+))?$/s.exec(String(text)) ?? [];
  const version = familyOf(address);
  const path = 'address';
  if (version === 0) {
    problems.check(false, path, 'is not an IP address (10.0.0.1, fd00::1, fe80::1%eth0)', text);
  } else {
    const linkLocal = /^fe[89ab]/i.test(address);
    problems.check(!isMulticast(address), path, 'is a multicast address: many could answer', text);
    problems.check(address !== '255.255.255.255', path, 'is the broadcast address: many could answer', text);
    problems.check(!/^[0:.]+$/.test(address), path, 'is the unspecified address', text);
    problems.check(!isMapped(address), path, 'is an IPv4 address in disguise: say it without ::ffff:', text);
    problems.check(zone === undefined || linkLocal, path, 'has a link (%), which is for link-local addresses', text);
    problems.check(zone !== undefined || !linkLocal, path, `needs its link, as every link has one: ${text}%eth0`, text);
  }
  problems.check(!direct || version !== 6, 'direct', 'is for IPv4: IPv6 link-local addresses never leave their link');
  problems.throwIfAny();
  return { version: version === 4 ? 4 : 6, address, zone, direct };
}

async function open(namespace: Namespace, target: EchoTarget): Promise<number> {
  try {
    return await openEchoSocket(namespace, target);
  } catch (cause) {
    if (!(cause instanceof SystemError)) throw cause;
    const { address, zone } = target;
    const to = zone === undefined ? address : `${address}%${zone}`;
    const place = placeOf(namespace);
    const message = `Can't ping ${to} from ${place}: ${cause.message}.${advice(cause.code, zone)}`;
    throw new TopologyError(message, { element: `${place} → ${to}`, cause });
  }
}

/** What to do about it, with a space in front; empty where the kernel's sentence says it all. */
function advice(code: string, zone: string | undefined): string {
  const texts: Readonly<Record<string, string | undefined>> = {
    ENETUNREACH: ' No route leads there: is the link up (lo too), has it an address of that network?',
    EHOSTUNREACH: ' A route says that it is unreachable.',
    EADDRNOTAVAIL: ' No address to send from is ready: a new IPv6 address takes a moment, see usable().',
    EACCES: ' A route prohibits it, or it is a broadcast address.',
    ENODEV: zone === undefined ? undefined : ` There is no link '${zone}' in this namespace.`,
  };
  return texts[code] ?? '';
}
