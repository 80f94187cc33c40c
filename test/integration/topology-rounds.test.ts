// timeout: 300 s
import { readdirSync, readFileSync } from 'node:fs';
import { Rtnetlink } from '@nsnet/netlink';
import { Namespace } from '@nsnet/ns';
import { connect, peerOf, ping } from '@nsnet/topology';
import t from 'tap';
import { linkNames } from '../support/lab.ts';
import { inventory, lacking, uniqueName } from '../support/namespaces.ts';

const skip = lacking('ip', 'nsenter');

/** Processes whose parent this one is. */
function children(): string[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
}

/** Sockets, pipes and namespaces by kind: what is open, and not only how much. */
function descriptors(): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const fd of readdirSync('/proc/self/fd')) {
    let kind = 'gone';
    try {
      kind = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').includes('eventfd') ? 'eventfd' : 'file';
    } catch {
      // The one that listed them.
    }
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

t.test('200 rounds of creating, connecting and deleting leave everything as it was', { skip }, async (t) => {
  await using host = await Namespace.create();
  await using rt = await Rtnetlink.open({ namespace: host });
  const round = async (number: number) => {
    const red = await Namespace.create(number % 2 ? uniqueName() : undefined, { loopback: true });
    const blue = await Namespace.create(number % 3 ? uniqueName() : undefined);
    const pair = await connect(
      { namespace: red, name: 'eth0', addresses: ['10.0.0.1/24'] },
      { namespace: blue, name: 'eth0', addresses: ['10.0.0.2/24'] },
    );
    const uplink = await connect({ namespace: host, name: `up${number}` }, { namespace: red, name: 'up' });
    if (number % 10 === 0) {
      // The end that came up first is activated by a worker of the kernel: until then ARP is lost, and repeated after 1 s.
      t.match(await ping(red, '10.0.0.2', { count: 1, timeout: 5000 }), { received: 1 });
      await using peer = (await peerOf(blue, 'eth0')).namespace;
      t.ok(peer.equals(red));
    }
    // Some are removed, others go with their namespace.
    if (number % 4 < 2) await pair.remove();
    if (number % 2) await uplink.remove();
    await Promise.all([red.delete(), blue.delete()]);
    await Promise.all([red.close(), blue.close()]);
  };
  await round(0);
  const before = { ...inventory(), children: children(), descriptors: descriptors() };
  for (let number = 1; number <= 200; number++) await round(number);
  t.same({ ...inventory(), children: children(), descriptors: descriptors() }, before);
  // The kernel takes namespaces down in its own time, and their links with them.
  for await (const _ of rt.monitor({ groups: ['link'], snapshot: true })) {
    if ((await rt.links.list()).length === 1) break;
  }
  t.same(linkNames(host), ['lo']);
});
