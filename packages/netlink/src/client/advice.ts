import { constants } from 'node:os';
import type { NetlinkFailure } from '../errors.ts';

const { EPERM, EACCES, EOPNOTSUPP, ENOBUFS, EMFILE } = constants.errno;

/** What a person can do about an error of the kernel, as a sentence; undefined where the error says it all. */
export function adviceFor({ errno, request, kernelMessage, outcome }: NetlinkFailure): string | undefined {
  switch (errno) {
    case EPERM:
      return 'It takes CAP_NET_ADMIN in the user namespace that owns this network namespace: run as root.';
    case EACCES:
      return kernelMessage?.includes('IPv6 is disabled')
        ? 'Enable it: net.ipv6.conf.LINK.disable_ipv6 = 0.'
        : 'It takes CAP_NET_ADMIN: run as root.';
    case EOPNOTSUPP:
      return kernelMessage === 'Unknown device type'
        ? 'This kernel has no such link kind, or its module is not there to load.'
        : undefined;
    case ENOBUFS:
      return outcome === 'unknown' && !request.startsWith('RTM_GET')
        ? 'Read the present state before trying again.'
        : undefined;
    case EMFILE:
      return 'The process has no file descriptor left (ulimit -n).';
    default:
      return undefined;
  }
}
