import type { Namespace } from '@nsnet/ns';
import { AF, close, connect, inet6Address, inetAddress, ioctl, SOCK, SOL, SystemError, setsockopt } from '@nsnet/sys';
import type { IcmpVersion } from './icmp.ts';

/** Where to, in the form that a socket takes. */
export interface EchoTarget {
  readonly version: IcmpVersion;
  /** Without the zone. */
  readonly address: string;
  /** The link of a link-local address: a name, or an index in digits. */
  readonly zone: string | undefined;
  /** Without routers. */
  readonly direct: boolean;
}

const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
/** Level and option of `ICMP_FILTER` (`linux/icmp.h`): a bit for each type that is not wanted. */
const SOL_RAW = 255;
const ICMP_FILTER = 1;
/** Option at level `IPPROTO_ICMPV6` (`linux/icmpv6.h`): 256 such bits. */
const ICMPV6_FILTER = 1;
/** `socket(7)`: only routes to links count. */
const SO_DONTROUTE = 5;
const echoReply = 0;
const echoReplyV6 = 129;
/** `ioctl(2)`: index of a link by its name (`linux/sockios.h`). */
const SIOCGIFINDEX = 0x8933;
/** `struct ifreq { char ifr_name[16]; int ifr_ifindex; … }` */
const ifreqLength = 40;
const nameLength = 16;

/**
 * Opens a raw socket in a namespace that sends echo requests to one address, and takes only echo replies from there.
 *
 * @returns a descriptor, which the caller owns
 * @throws NamespaceError if the socket can't be opened there
 * @throws SystemError ENETUNREACH, EHOSTUNREACH, EACCES …: the routes lead nowhere; ENODEV: no such zone
 */
export async function openEchoSocket(namespace: Namespace, target: EchoTarget): Promise<number> {
  const { version, address } = target;
  const [domain, protocol] = version === 4 ? [AF.INET, IPPROTO_ICMP] : [AF.INET6, IPPROTO_ICMPV6];
  const fd = await namespace.socket(domain, SOCK.RAW | SOCK.NONBLOCK, protocol);
  try {
    if (version === 4) {
      setsockopt(fd, SOL_RAW, ICMP_FILTER, ~(1 << echoReply));
      if (target.direct) setsockopt(fd, SOL.SOCKET, SO_DONTROUTE, 1);
      connect(fd, inetAddress({ address }));
    } else {
      const blocked = Buffer.alloc(32, 0xff);
      blocked.writeUInt32LE(~(1 << (echoReplyV6 & 31)) >>> 0, (echoReplyV6 >> 5) * 4);
      setsockopt(fd, IPPROTO_ICMPV6, ICMPV6_FILTER, blocked);
      connect(fd, inet6Address({ address, scopeId: indexOf(fd, target.zone) }));
    }
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** Index of the link that a zone names, in the namespace of the socket; 0 for none. */
function indexOf(fd: number, zone: string | undefined): number {
  if (zone === undefined) return 0;
  const request = Buffer.alloc(ifreqLength);
  try {
    // A longer one can't be a name; cut off, it could be another's.
    if (request.write(zone) >= nameLength) throw new SystemError(19, 'ioctl');
    ioctl(fd, SIOCGIFINDEX, request);
    return request.readInt32LE(nameLength);
  } catch (error) {
    if (/^\d{1,9}$/.test(zone)) return Number(zone);
    throw error;
  }
}
