/**
 * A link goes back to the namespace of a process. (Mission M13)
 *
 *     ip link add veth0 type veth peer name veth1 netns netns1
 *     ip netns exec netns1 ip link set veth1 netns 1     # the namespace of process 1
 *
 * Here the process is one of our own in a second namespace, so that the machine's own is left alone. Its namespace is
 * held by a pidfd while it is looked up: a process id that is used again meanwhile can't be mistaken for it.
 */
import { Rtnetlink } from '@nsnet/netlink';
import { Namespace } from '@nsnet/ns';
import { connect, move } from '@nsnet/topology';

await using host = await Namespace.create();
await using netns1 = await Namespace.create('netns1');
await connect({ namespace: host, name: 'veth0' }, { namespace: netns1, name: 'veth1', addresses: ['10.1.1.1/24'] });

const init = await host.spawn('sleep', ['60']);
const { index } = await move('veth1', { from: netns1, to: { pid: init.pid ?? 0 } });

await using rt = await Rtnetlink.open({ namespace: host });
const { name, up } = await rt.links.get(index);
console.log('back:', name, up ? 'up' : 'down'); // → back: veth1 down
console.log('addresses lost on the way:', (await rt.addresses.list({ link: index })).length === 0); // → addresses lost on the way: true
init.kill();
