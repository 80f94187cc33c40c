import { fstatSync } from 'node:fs';
import { AF, getsockoptInt, NETLINK, SO, SOCK, SOL, socket, socketpair } from '@nsnet/sys';
import t from 'tap';
import { NetlinkSocket, openNetlinkSocket } from './netlink-socket.ts';

const skip = process.platform === 'linux' ? false : 'needs Linux';
const [EAGAIN, EBADF, EMSGSIZE] = [11, 9, 90];

/** `RTM_GETLINK` of link `index`, answered by `RTM_NEWLINK` or an error. */
function getLink(sequence: number, index: number): Uint8Array {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt32LE(32, 0);
  bytes.writeUInt16LE(18, 4);
  bytes.writeUInt16LE(1, 6);
  bytes.writeUInt32LE(sequence, 8);
  bytes.writeInt32LE(index, 20);
  return bytes;
}

const isOpen = (fd: number) => {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
};

/** A socket, and the descriptor that it owns. */
async function opened(receiveBuffer = 65_536): Promise<{ netlink: NetlinkSocket; fd: number }> {
  let fd = -1;
  const open = (domain: number, type: number, protocol: number) => {
    fd = socket(domain, type, protocol);
    return fd;
  };
  return { netlink: await openNetlinkSocket({ protocol: 0, receiveBuffer, open }), fd };
}

t.test('what the kernel is asked for', { skip }, async (t) => {
  const { netlink, fd } = await opened();
  for (const option of [NETLINK.EXT_ACK, NETLINK.CAP_ACK, NETLINK.GET_STRICT_CHK])
    t.equal(getsockoptInt(fd, SOL.NETLINK, option), 1);
  t.equal(getsockoptInt(fd, SOL.SOCKET, SO.RCVBUF), netlink.receiveBuffer);
  t.ok(netlink.receiveBuffer >= 65_536, 'as much as was asked for');
  t.ok(netlink.port > 0);
  t.equal(netlink.sendLimit, getsockoptInt(fd, SOL.SOCKET, SO.SNDBUF) - 32);
  const { netlink: other } = await opened();
  t.not(other.port, netlink.port);
  other.close();
  netlink.close();
});

t.test('sent, answered inside the send, received', { skip }, async (t) => {
  const { netlink } = await opened();
  const into = new Uint8Array(65_536);
  t.equal(netlink.receive(into), -EAGAIN, 'nothing yet');
  t.equal(netlink.send(getLink(7, 1), 32), 32);
  const length = netlink.receive(into);
  const view = new DataView(into.buffer);
  t.equal(view.getUint32(0, true), length);
  t.equal(view.getUint16(4, true), 16);
  t.equal(view.getUint32(8, true), 7);
  t.equal(view.getUint32(12, true), netlink.port);
  t.equal(netlink.receive(into), -EAGAIN);
  t.equal(await netlink.sendBlocking(getLink(8, 1), 32), 32);
  t.equal(netlink.receive(into), length, 'the same off the main thread');
  netlink.close();
});

t.test('a datagram longer than the buffer tells its length; the rest of it is gone', { skip }, async (t) => {
  const { netlink } = await opened();
  netlink.send(getLink(7, 1), 32);
  netlink.send(getLink(8, 1), 32);
  const small = new Uint8Array(100);
  const length = netlink.receive(small);
  t.ok(length > 100);
  t.equal(netlink.receive(new Uint8Array(65_536)), length, 'the next is whole');
  netlink.close();
});

t.test('only what is said to be sent is sent', { skip }, async (t) => {
  const { netlink } = await opened();
  const bytes = Buffer.concat([getLink(7, 1), getLink(8, 1)]);
  t.equal(netlink.send(bytes, 32), 32);
  const into = new Uint8Array(65_536);
  t.ok(netlink.receive(into) > 0);
  t.equal(netlink.receive(into), -EAGAIN);
  netlink.close();
});

t.test('what is too long to be sent', { skip }, async (t) => {
  const { netlink } = await opened();
  const { sendLimit } = netlink;
  const bytes = new Uint8Array(sendLimit + 1);
  bytes.set(getLink(7, 1));
  t.equal(netlink.send(bytes, sendLimit + 1), -EMSGSIZE);
  t.equal(await netlink.sendBlocking(bytes, sendLimit + 1), -EMSGSIZE);
  t.equal(netlink.send(bytes, sendLimit), sendLimit);
  netlink.close();
});

t.test('watching', { skip }, async (t) => {
  const { netlink } = await opened();
  const into = new Uint8Array(65_536);
  for (let round = 0; round < 3; round++) {
    await new Promise<void>((readable) => {
      netlink.watch(readable);
      netlink.send(getLink(7, 1), 32);
    });
    t.ok(netlink.receive(into) > 0);
    netlink.watch(undefined);
  }
  netlink.watch(() => t.fail('called after close'));
  netlink.send(getLink(7, 1), 32);
  netlink.close();
  netlink.watch(() => t.fail('called after close'));
  await new Promise((next) => setTimeout(next, 10));
});

t.test('closed', { skip }, async (t) => {
  const { netlink, fd } = await opened();
  netlink.close();
  t.notOk(isOpen(fd));
  // Its number may be somebody else's now.
  const other = socket(AF.NETLINK, SOCK.RAW, 0);
  netlink.close();
  t.ok(isOpen(other), 'it is closed once');
  t.equal(netlink.send(getLink(7, 1), 32), -EBADF);
  t.equal(await netlink.sendBlocking(getLink(7, 1), 32), -EBADF);
  t.equal(netlink.receive(new Uint8Array(100)), -EBADF);
  const { netlink: last } = await opened();
  last.close();
  new NetlinkSocket(other, 65_536).close();
  t.notOk(isOpen(other));
});

t.test('closed while a thread is sending: the descriptor lives until that is over', { skip }, async (t) => {
  const { netlink, fd } = await opened();
  const sends = [netlink.sendBlocking(getLink(7, 1), 32), netlink.sendBlocking(getLink(8, 1), 32)];
  netlink.close();
  t.ok(isOpen(fd));
  t.equal(netlink.send(getLink(9, 1), 32), -EBADF);
  t.same(await Promise.all(sends), [32, 32]);
  t.notOk(isOpen(fd));
});

t.test('a descriptor that is no netlink socket is closed, and the error says why', { skip }, async (t) => {
  const [left, right] = socketpair(AF.UNIX, SOCK.SEQPACKET, 0);
  const failed = openNetlinkSocket({ protocol: 0, receiveBuffer: 65_536, open: () => left });
  t.match(await failed.catch((error) => error), { name: 'SystemError', syscall: 'setsockopt' });
  t.notOk(isOpen(left));
  t.ok(isOpen(right));
  const refused = openNetlinkSocket({ protocol: 255, receiveBuffer: 65_536 });
  t.match(await refused.catch((error) => error), { name: 'SystemError', code: 'EPROTONOSUPPORT' });
});
