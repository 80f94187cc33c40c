import type { LinkRef } from '../link-ref.ts';
import type { KindWords, Settings } from './words.ts';

/** `ip link add NAME type vxlan`. */
export interface VxlanSettings {
  /** VXLAN network identifier (VNI), 0 to 16777215. */
  readonly id: number;
  /** UDP destination port; without it the kernel takes 8472. The registered one is 4789. */
  readonly port?: number | undefined;
  /** Outer source address, of either family. */
  readonly local?: string | undefined;
  /** The other end, or a multicast group. */
  readonly remote?: string | undefined;
  readonly ttl?: number | undefined;
  /** Link that the outer packets leave by. */
  readonly link?: LinkRef | undefined;
  readonly learning?: boolean | undefined;
}

/** Words of the kind `vxlan`. IPv4 and IPv6 ends are different attributes, but one word. */
export const vxlan: KindWords = {
  switches: [
    'learning',
    'proxy',
    'rsc',
    'l2miss',
    'l3miss',
    'udpCsum',
    'udpZeroCsum6Tx',
    'udpZeroCsum6Rx',
    'collectMetadata',
    'vnifilter',
    'localbypass',
  ],
  encode({ remote, local, ...data }, problems): Settings {
    const { id } = data;
    problems.check(
      typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < 2 ** 24,
      'id',
      'is not a VNI (0 to 16777215)',
      id,
    );
    if (remote !== undefined) data[isIpv6(remote) ? 'group6' : 'group'] = remote;
    if (local !== undefined) data[isIpv6(local) ? 'local6' : 'local'] = local;
    return data;
  },
  decode({ group, group6, local, local6, ...settings }): Settings {
    const remote = group ?? group6;
    const source = local ?? local6;
    return {
      ...settings,
      ...(remote === undefined ? {} : { remote }),
      ...(source === undefined ? {} : { local: source }),
    };
  },
};

function isIpv6(address: unknown): boolean {
  return typeof address === 'string' && address.includes(':');
}
