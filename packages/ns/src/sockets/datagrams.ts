import type { Socket } from 'node:dgram';
import { connect, ERRNO, SOL, sendto, setsockopt, tryRecvfrom, trySend, type Watcher, watchReadable } from '@nsnet/sys';
import { interfaceIndex, isLinkLocal, parseLiteral } from './address.ts';
import { datagramHandleOf, type UdpHandle } from './handle.ts';
import { describe, encode, result, showLinksOf } from './link-local.ts';

/** Options at `SOL_IPV6`: `IPV6_MULTICAST_IF`, `IPV6_ADD_MEMBERSHIP`, `IPV6_DROP_MEMBERSHIP`. */
const MULTICAST_IF = 17;
const ADD_MEMBERSHIP = 20;
const DROP_MEMBERSHIP = 21;
/** `struct ipv6_mreq { struct in6_addr ipv6mr_multiaddr; unsigned int ipv6mr_interface; }` */
const IPV6_MREQ = 20;
/** `struct sockaddr_in6`, and where the address is in it. */
const SOCKADDR_IN6 = 28;
const ADDRESS_AT = 8;

/** More than the longest datagram. */
const LONGEST = 65_536;

/**
 * Lets a `udp6` socket, which is not bound yet, work with the links of its namespace. Node fails with ENXIO at every
 * datagram from a link-local address whose link has an index that the process doesn't have in its own, and shows the
 * wrong name of others. So the datagrams are read here, and zones (`fe80::1%eth0`, `::%eth0`) are understood here.
 */
export function useLinksOfDatagrams(socket: Socket): void {
  const handle = datagramHandleOf(socket);
  if (!handle) return;
  showLinksOf(handle);
  readHere(handle);
  sendHere(handle);
  joinHere(handle);
}

function readHere(handle: UdpHandle): void {
  let watcher: Watcher | undefined;
  let referenced = true;
  const bytes = Buffer.alloc(LONGEST);
  const sender = Buffer.alloc(SOCKADDR_IN6);
  // One in every turn of the event loop: a listener that waits for promises sees each of them, as with Node.
  const read = () => {
    const size = tryRecvfrom(handle.fd, bytes, 0, bytes.length, 0, sender);
    if (size === -ERRNO.EAGAIN) return;
    if (size < 0) handle.onmessage(size, handle, undefined, {});
    else handle.onmessage(size, handle, Buffer.from(bytes.subarray(0, size)), describe(handle.fd, sender) ?? {});
  };
  handle.recvStart = () => {
    watcher ??= watchReadable(handle.fd, read);
    if (!referenced) watcher.unref();
    return 0;
  };
  handle.recvStop = () => {
    watcher?.close();
    watcher = undefined;
    return 0;
  };
  const { ref, unref } = handle;
  handle.ref = () => {
    referenced = true;
    watcher?.ref();
    ref.call(handle);
  };
  handle.unref = () => {
    referenced = false;
    watcher?.unref();
    unref.call(handle);
  };
}

function sendHere(handle: UdpHandle): void {
  const native = { send: handle.send, connect: handle.connect, disconnect: handle.disconnect };
  // libuv sends without an address only what it has connected itself.
  let connected = false;
  handle.send = (request, list, length, ...to) => {
    const [port, address] = to;
    let sent = 0;
    const bytes = () => Buffer.concat(list);
    if (typeof port === 'number' && typeof address === 'string' && isScoped(address)) {
      const failed = result(() => {
        sent = sendto(handle.fd, bytes(), 0, encode(handle.fd, address, port));
      });
      return failed || sent + 1;
    }
    if (typeof port === 'number' || !connected) return native.send.call(handle, request, list, length, ...to);
    const datagram = bytes();
    sent = trySend(handle.fd, datagram, 0, datagram.length, 0);
    return sent < 0 ? sent : sent + 1;
  };
  handle.connect = (address, port) => {
    if (!isScoped(address)) return native.connect.call(handle, address, port);
    const status = result(() => connect(handle.fd, encode(handle.fd, address, port)));
    connected = status === 0;
    return status;
  };
  handle.disconnect = () => {
    if (!connected) return native.disconnect.call(handle);
    connected = false;
    // An address of the family AF_UNSPEC, 0.
    return result(() => connect(handle.fd, Buffer.alloc(16)));
  };
}

function joinHere(handle: UdpHandle): void {
  const { addMembership, dropMembership, setMulticastInterface } = handle;
  const change = (option: number, native: UdpHandle['addMembership']): UdpHandle['addMembership'] => {
    return (group, link) => {
      const zone = zoneOf(link);
      if (zone === undefined) return native.call(handle, group, link);
      return result(() => {
        const request = Buffer.alloc(IPV6_MREQ);
        encode(handle.fd, group, 0).copy(request, 0, ADDRESS_AT);
        request.writeUInt32LE(interfaceIndex(handle.fd, zone), 16);
        setsockopt(handle.fd, SOL.IPV6, option, request);
      });
    };
  };
  handle.addMembership = change(ADD_MEMBERSHIP, addMembership);
  handle.dropMembership = change(DROP_MEMBERSHIP, dropMembership);
  handle.setMulticastInterface = (link) => {
    const zone = zoneOf(link);
    if (zone === undefined) return setMulticastInterface.call(handle, link);
    return result(() => setsockopt(handle.fd, SOL.IPV6, MULTICAST_IF, interfaceIndex(handle.fd, zone)));
  };
}

function zoneOf(text = ''): string | undefined {
  return parseLiteral(text)?.zone;
}

/** True for an address that means a link: link-local, or with a zone, as a multicast group has it (`ff02::1%eth0`). */
function isScoped(text: string): boolean {
  const address = parseLiteral(text);
  return address?.zone !== undefined || (address !== undefined && isLinkLocal(address));
}
