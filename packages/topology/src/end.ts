import type { Namespace } from '@nsnet/ns';
import { canonical, checkAddress, checkInteger, checkLinkName, checkMac, Problems } from './checks.ts';

/** One end of a veth pair: where it is, what it is called, and what it gets. */
export interface End {
  /** Where the end is born. Its handle stays the caller's. */
  readonly namespace: Namespace;
  /** Name of the link, 1 to 15 bytes. */
  readonly name: string;
  /** With prefix length: `10.0.0.1/24`, `fd00::1/64`. Default: none. */
  readonly addresses?: readonly string[] | undefined;
  /** Bytes, 68 to 65535; IPv6 needs 1280. Default: 1500. A larger packet than the other end takes is lost there. */
  readonly mtu?: number | undefined;
  /** MAC address. Default: random. */
  readonly address?: string | undefined;
  /** Default: true. A link has a carrier only while both its ends are up. */
  readonly up?: boolean | undefined;
  /** Transmit queues; see {@link connect}. Default: 1. */
  readonly numTxQueues?: number | undefined;
  /** Receive queues; see {@link connect}. Default: 1. */
  readonly numRxQueues?: number | undefined;
}

/**
 * Refuses two ends that can't be a pair.
 *
 * @throws EncodeError with every problem: `a.name 'eth0%' contains …; b.addresses[1] …`
 */
export function checkEnds(a: End, b: End): void {
  const problems = new Problems();
  checkEnd(a, 'a', problems);
  checkEnd(b, 'b', problems);
  problems.throwIfAny();
  const together = a.namespace.equals(b.namespace);
  problems.check(!together || a.name !== b.name, 'b.name', 'is that of the first end, in the same namespace', b.name);
  const sameMac = a.address !== undefined && a.address.toLowerCase() === b.address?.toLowerCase();
  problems.check(!sameMac, 'b.address', 'is that of the first end', b.address);
  problems.throwIfAny();
}

function checkEnd(end: End, path: string, problems: Problems): void {
  if (typeof end !== 'object' || end === null) {
    problems.check(false, path, 'is not { namespace, name, … }', end);
    return;
  }
  const { namespace, name, addresses = [], mtu, address, numTxQueues, numRxQueues } = end;
  problems.check(isNamespace(namespace), `${path}.namespace`, 'is not a Namespace: open it first', namespace);
  checkLinkName(name, `${path}.name`, problems);
  if (mtu !== undefined) checkInteger(mtu, [68, 65535], `${path}.mtu`, problems);
  if (address !== undefined) checkMac(address, `${path}.address`, problems);
  if (numTxQueues !== undefined) checkInteger(numTxQueues, [1, 4096], `${path}.numTxQueues`, problems);
  if (numRxQueues !== undefined) checkInteger(numRxQueues, [1, 4096], `${path}.numRxQueues`, problems);
  if (!Array.isArray(addresses)) {
    problems.check(false, `${path}.addresses`, 'is not an array', addresses);
    return;
  }
  const seen = new Set<string>();
  for (const [position, text] of addresses.entries()) {
    const here = `${path}.addresses[${position}]`;
    checkAddress(text, here, problems);
    // An IPv4 address can be there once for each prefix length, an IPv6 address only once.
    const isV6 = String(text).includes(':');
    const own = isV6 ? canonical(String(text).split('/')[0] ?? '') : String(text);
    problems.check(!seen.has(own), here, 'is there twice', text);
    seen.add(own);
    const fits = mtu === undefined || mtu >= 1280 || !isV6;
    problems.check(fits, here, `can't be given: IPv6 needs an mtu of 1280, this end has ${mtu}`, text);
  }
}

function isNamespace(value: unknown): value is Namespace {
  return typeof value === 'object' && value !== null && 'socket' in value && 'cookie' in value;
}
