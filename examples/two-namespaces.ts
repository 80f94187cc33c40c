/**
 * Two network namespaces that reach each other: what this does by `ip` and `ping`.
 *
 *     ip netns add net1
 *     ip netns add net2
 *     ip link add veth1 netns net1 type veth peer name veth2 netns net2
 *     ip -n net1 address add 192.168.20.1/24 dev veth1; ip -n net2 address add 192.168.20.2/24 dev veth2
 *     for end in 1 2; do ip -n net$end link set lo up; ip -n net$end link set veth$end up; done
 *     for end in 1 2; do ip -n net$end link; ip -n net$end address; ip -n net$end route; done
 *     ip netns exec net1 ping -c 1 192.168.20.2; ip netns exec net2 ping -c 1 192.168.20.1
 *     ping -r -c 1 192.168.20.1                  # from the root namespace: Network is unreachable
 *     ip netns exec net1 cat /sys/class/net/veth1/iflink    # … and search net2 for that index
 *     ip netns delete net1; ip netns delete net2
 *
 * It needs root, but neither `ip` nor `ping`.
 */
import { Rtnetlink } from '@nsnet/netlink';
import { text } from '@nsnet/netlink/iproute2';
import { Namespace } from '@nsnet/ns';
import { connect, peerOf, ping, usable } from '@nsnet/topology';
import { cleanup } from './support/cleanup.ts';

await cleanup(async (later) => {
  const net1 = await Namespace.create('net1', { loopback: true });
  later(() => net1.delete());
  const net2 = await Namespace.create('net2', { loopback: true });
  later(() => net2.delete());

  const pair = await connect(
    { namespace: net1, name: 'veth1', addresses: ['192.168.20.1/24'] },
    { namespace: net2, name: 'veth2', addresses: ['192.168.20.2/24'] },
  );
  later(() => pair.remove());
  await Promise.all([usable(net1), usable(net2)]);

  for (const namespace of [net1, net2]) {
    await using rt = await Rtnetlink.open({ namespace });
    console.log(`\n# in ${namespace.name}: ip link; ip address; ip route`);
    process.stdout.write(await text(rt, 'link')); // → 2: veth1@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP …
    process.stdout.write(await text(rt, 'address')); // →     inet 192.168.20.1/24 scope global veth1
    process.stdout.write(await text(rt, 'route')); // → 192.168.20.0/24 dev veth1 proto kernel scope link src 192.168.20.1
  }

  console.log('# ping');
  for (const [from, to] of [
    [net1, '192.168.20.2'],
    [net2, '192.168.20.1'],
  ] as const) {
    const { sent, received, roundTripTimes } = await ping(from, to, { count: 3, interval: 50 });
    const times = roundTripTimes.map((time) => time.toFixed(3)).join(' ');
    console.log(`${from.name} → ${to}: ${received} of ${sent}, ${times} ms`); // → net1 → 192.168.20.2: 3 of 3, … ms
  }

  await using root = await Namespace.current();
  // `direct`: only to hosts on a link of its own, so that nothing leaves by a default route.
  const refusal = await ping(root, '192.168.20.1', { count: 1, direct: true }).catch((error: Error) => error.message);
  console.log(
    `root → 192.168.20.1: ${typeof refusal === 'string' ? refusal : `${refusal.received} of ${refusal.sent}`}`,
  );

  console.log('\n# who is at the other end?');
  for (const [namespace, link] of [
    [net1, 'veth1'],
    [net2, 'veth2'],
  ] as const) {
    const peer = await peerOf(namespace, link);
    console.log(`${namespace.name}:${link} ↔ ${peer.namespaceName}:${peer.name}`); // → net1:veth1 ↔ net2:veth2
    await peer.namespace.close();
  }
});

const left = (await Namespace.list()).filter(({ name }) => name === 'net1' || name === 'net2');
console.log(`\nnamespaces left: ${left.length}`); // → namespaces left: 0
