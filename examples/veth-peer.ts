/**
 * Which link outside belongs to a container's eth0? (Mission M16)
 *
 *     ip netns exec container cat /sys/class/net/eth0/iflink     # 155226
 *     grep -l '^155226$' /sys/class/net/<link>/ifindex                 # … on the host
 *     ip -n container link show eth0                             # eth0@if155226
 *     ip link | grep '^155226:'                                  # … on the host
 *
 * An index alone is no identity: it may stand for another link in each namespace. `peerOf` finds the namespace too.
 */
import { Rtnetlink } from '@nsnet/netlink';
import { Namespace } from '@nsnet/ns';
import { connect, peerOf } from '@nsnet/topology';

await using host = await Namespace.create('host');
await using container = await Namespace.create('container');
await connect({ namespace: host, name: 'veth9d13745' }, { namespace: container, name: 'eth0' });

const { namespace, namespaceName, name, index } = await peerOf(container, 'eth0');
console.log(`container:eth0 ↔ ${namespaceName}:${name}`); // → container:eth0 ↔ host:veth9d13745

// Both methods by hand, to compare.
const script = 'mount -t sysfs sysfs /sys && cat /sys/class/net/eth0/iflink';
const { stdout } = await container.run('sh', ['-c', script], { mountNamespace: true });
console.log('by /sys:', Number(stdout) === index); // → by /sys: true
await using rt = await Rtnetlink.open({ namespace: container });
console.log('by link:', (await rt.links.get('eth0')).link === index); // → by link: true
await namespace.close();
