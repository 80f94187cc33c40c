/**
 * A fresh namespace has one link, lo, and it is down. (Mission M3, M4)
 *
 *     ip netns add netns1
 *     ip -n netns1 link
 *     ip netns exec netns1 ping 127.0.0.1        # connect: Network is unreachable
 *     ip -n netns1 link set dev lo up
 *     ip netns exec netns1 ping -c 3 127.0.0.1
 */
import { Rtnetlink } from '@nsnet/netlink';
import { text } from '@nsnet/netlink/iproute2';
import { Namespace } from '@nsnet/ns';
import { ping } from '@nsnet/topology';

await using netns1 = await Namespace.create('netns1');
await using rt = await Rtnetlink.open({ namespace: netns1 });

process.stdout.write(await text(rt, 'link')); // → 1: lo: <LOOPBACK> mtu 65536 qdisc noop state DOWN mode DEFAULT group default qlen 1000

const refused = await ping(netns1, '127.0.0.1').catch((error: { code: string }) => error);
console.log('before:', 'code' in refused ? refused.code : 'answered'); // → before: ENETUNREACH

await rt.links.set('lo', { up: true });
const { sent, received } = await ping(netns1, '127.0.0.1', { count: 3, interval: 20 });
console.log(`after: ${received} of ${sent}`); // → after: 3 of 3
