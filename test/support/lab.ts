import { spawnSync } from 'node:child_process';
import type { Namespace } from '@nsnet/ns';

/** What `ip -j link` and `ip -j address` say of a link, as far as the tests look. */
export interface IpLink {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly operstate: string;
  readonly address: string;
  readonly master?: string;
  /** Peer in the same namespace, by name. */
  readonly link?: string;
  /** Peer in another namespace, by index. */
  readonly link_index?: number;
  readonly link_netnsid?: number;
  /** Only with `-d`. */
  readonly num_tx_queues?: number;
  /** Only with `-d`. */
  readonly num_rx_queues?: number;
  readonly addr_info?: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[];
}

/** A namespace with or without a name: entered by the descriptor of its handle. */
type Place = Pick<Namespace, 'fd'>;

/** How a program in a namespace ended; the namespace is entered by `nsenter`, and the library is not asked. */
export function inside({ fd }: Place, command: string, ...args: readonly string[]) {
  const enter = [`--net=/proc/${process.pid}/fd/${fd}`, command, ...args];
  const { status, stdout, stderr } = spawnSync('nsenter', enter, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** Output of `ip …` in a namespace; fails if it fails. */
export function ipIn(place: Place, ...args: readonly string[]): string {
  const { status, stdout, stderr } = inside(place, 'ip', ...args);
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** `ip -d -j address` in a namespace. */
export function ipLinks(place: Place): IpLink[] {
  return JSON.parse(ipIn(place, '-d', '-j', 'address'));
}

/** One of them; fails if it is not there. */
export function ipLink(place: Place, name: string): IpLink {
  const found = ipLinks(place).find(({ ifname }) => ifname === name);
  if (found === undefined) throw new Error(`no link ${name}`);
  return found;
}

/** Names of the links in a namespace, as `ip` lists them. */
export function linkNames(place: Place): string[] {
  return ipLinks(place).map(({ ifname }) => ifname);
}

/** Its addresses of global scope: `10.0.0.1/24`. */
export function addressesOf({ addr_info = [] }: IpLink): string[] {
  return addr_info.filter(({ scope }) => scope === 'global').map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}
