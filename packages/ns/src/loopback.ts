import { AF, close, ioctl, SOCK } from '@nsnet/sys';

/** Requests of `ioctl(2)` (`linux/sockios.h`). */
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
/** `struct ifreq { char ifr_name[16]; short ifr_flags; … }` */
const IFREQ = 40;
const FLAGS_AT = 16;
const IFF_UP = 1;

/**
 * `ip link set lo up`, in the old way, so that this package needs no netlink.
 *
 * @param openSocket opens a socket in the namespace
 * @throws SystemError EPERM
 */
export async function bringLoopbackUp(openSocket: (domain: number, type: number) => Promise<number>): Promise<void> {
  const fd = await openSocket(AF.INET, SOCK.DGRAM);
  try {
    const request = Buffer.alloc(IFREQ);
    request.write('lo');
    ioctl(fd, SIOCGIFFLAGS, request);
    request.writeUInt16LE(request.readUInt16LE(FLAGS_AT) | IFF_UP, FLAGS_AT);
    ioctl(fd, SIOCSIFFLAGS, request);
  } finally {
    close(fd);
  }
}
