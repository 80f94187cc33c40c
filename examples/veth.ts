/**
 * A veth pair, one end of which moves into a namespace. (Mission M5, M7)
 *
 *     ip netns add netns1
 *     ip link add veth0 type veth peer name veth1
 *     ip link set veth1 netns netns1
 *     ip -n netns1 address add 10.1.1.1/24 dev veth1; ip -n netns1 link set veth1 up
 *     ip address add 10.1.1.2/24 dev veth0; ip link set veth0 up
 *     ping -c 2 10.1.1.1; ip netns exec netns1 ping -c 2 10.1.1.2
 *
 * Here a second namespace plays the root's part, so that the machine's own is left alone.
 */
import { Rtnetlink } from '@nsnet/netlink';
import { Namespace } from '@nsnet/ns';
import { ping, usable } from '@nsnet/topology';

await using host = await Namespace.create();
await using netns1 = await Namespace.create('netns1');
await using outside = await Rtnetlink.open({ namespace: host });
await using inside = await Rtnetlink.open({ namespace: netns1 });

await outside.links.add({ kind: 'veth', name: 'veth0', peer: { name: 'veth1' } });
await outside.links.set('veth1', { namespace: netns1 });
console.log('outside:', (await outside.links.list()).map(({ name }) => name).join(' ')); // → outside: lo veth0
console.log('inside:', (await inside.links.list()).map(({ name }) => name).join(' ')); // → inside: lo veth1

// Each step alone; requests made together go to the kernel together, in order.
await Promise.all([inside.addresses.add('veth1', '10.1.1.1/24'), inside.links.set('veth1', { up: true })]);
console.log('one end up, running:', (await inside.links.get('veth1')).running); // → one end up, running: false
await Promise.all([outside.addresses.add('veth0', '10.1.1.2/24'), outside.links.set('veth0', { up: true })]);
await usable(netns1, ['veth1']);
console.log('both ends up, running:', (await inside.links.get('veth1')).running); // → both ends up, running: true

console.log('in:', (await ping(host, '10.1.1.1', { count: 2, interval: 20 })).received); // → in: 2
console.log('out:', (await ping(netns1, '10.1.1.2', { count: 2, interval: 20 })).received); // → out: 2
