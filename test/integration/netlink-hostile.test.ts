import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { NetlinkError, Rtnetlink } from '@nsnet/netlink';
import { close, netlinkAddress, SystemError, sendto } from '@nsnet/sys';
import t from 'tap';
import { lacking } from '../support/namespaces.ts';
import { outcome, room, withBridges } from '../support/room.ts';

const skip = lacking('ip', 'nsenter', 'unshare', 'setpriv');
const [AF_NETLINK, SOCK_RAW, NETLINK_ROUTE] = [16, 3, 0];

/** `NLMSG_ERROR` as the kernel would send it: that request `sequence` is refused. */
function forgedError(sequence: number): Buffer {
  const bytes = Buffer.alloc(36);
  bytes.writeUInt32LE(36, 0);
  bytes.writeUInt16LE(2, 4);
  bytes.writeUInt32LE(sequence, 8);
  bytes.writeInt32LE(-1, 16);
  bytes.writeUInt32LE(16, 20);
  bytes.writeUInt32LE(sequence, 28);
  return bytes;
}

t.test('forged answers of another root program are refused by the kernel', { skip }, async (t) => {
  await using here = await room();
  const before = new Set(ports(here.sh('cat /proc/self/net/netlink')));
  const sequences: number[] = [];
  const rt = await here.client({ trace: ({ direction, sequence }) => direction === 'out' && sequences.push(sequence) });
  const [port, ...more] = ports(here.sh('cat /proc/self/net/netlink')).filter((one) => !before.has(one));
  t.ok(port !== undefined && more.length === 0, 'anybody can read the port of our socket');
  await rt.links.get('lo');

  const attacker = await here.ns.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  let refused = 0;
  const forge = () => {
    const next = sequences.at(-1) ?? 0;
    for (const sequence of [next, next + 1, next + 2]) {
      try {
        sendto(attacker, forgedError(sequence), 0, netlinkAddress({ port: port ?? 0, groups: 0 }));
      } catch (error) {
        if (error instanceof SystemError && error.code === 'ECONNREFUSED') refused++;
      }
    }
  };
  for (let round = 0; round < 100; round++) {
    const calls = [rt.links.get('lo'), rt.links.set('lo', { mtu: 60_000 + round }), rt.links.list()];
    forge();
    await Promise.resolve();
    forge();
    await Promise.all(calls);
  }
  close(attacker);
  t.equal(refused, 600);
  t.match(rt.stats(), { late: 0, malformed: 0 });
  t.match(here.json('link show dev lo')[0], { mtu: 60_099 });
});

/** Port ids of the NETLINK_ROUTE sockets in `/proc/net/netlink`. */
function ports(table: string): number[] {
  const rows = table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  return rows.filter(([, protocol]) => protocol === '0').map(([, , port]) => Number(port));
}

t.test('more answers than the receive buffer holds: questions are asked again', { skip }, async (t) => {
  await using here = await room();
  await here.rt.links.add({ kind: 'bridge', name: 'br0' });
  const { index } = await here.rt.links.get('br0');
  // 50 KB each, where 8 KB are reckoned with.
  const altnames = Array.from({ length: 380 }, (_, at) => `${at}-`.padEnd(127, 'x'));
  const attributes = { propList: { altIfname: altnames } };
  await here.rt.request({
    type: 'RTM_NEWLINKPROP',
    flags: ['create', 'exclusive', 'append'],
    header: { index },
    attributes,
  });
  const rt = await here.client({ receiveBuffer: 106_496 });
  const links = await Promise.all(Array.from({ length: 60 }, () => rt.links.get('br0')));
  t.ok(links.every((link) => link.altnames.length === 380));
  t.ok((rt.stats().overruns ?? 0) > 0, `${rt.stats().overruns} times answers were lost`);
  t.match(rt.stats(), { inFlight: 0, malformed: 0 });

  const changes = Array.from({ length: 60 }, (_, at) =>
    at % 10 === 0 ? outcome(rt.links.set('br0', { mtu: 1000 + at })) : outcome(rt.links.get('br0')),
  );
  const ends = await Promise.all(changes);
  const expected = ends.every((end, at) => end === 'ok' || (end === 'ENOBUFS' && at % 10 === 0));
  t.ok(expected, 'a change whose answer is lost is told to be of unknown outcome, and nothing else fails');
  t.match(await rt.links.get('br0'), { index });
});

/** Runs a program against the library as nobody, in a network namespace that root owns. */
async function asNobody(code: string): Promise<unknown> {
  const script = `
    import { Rtnetlink } from ${JSON.stringify(import.meta.resolve('@nsnet/netlink'))};
    const rt = await Rtnetlink.open();
    const end = (promise) => promise.then((value) => value ?? 'ok', ({ name, code, errno, request, subject, advice, message }) => ({ name, code, errno, request, subject, advice, message }));
    console.log(JSON.stringify(await (async () => { ${code} })()));
    await rt.close();
  `;
  const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
  const args = ['--net', 'setpriv', ...nobody, process.execPath, '--input-type=module', '-e', script];
  const { stdout } = await promisify(execFile)('unshare', args);
  return JSON.parse(stdout);
}

t.test('without privileges: everything can be read', { skip }, async (t) => {
  const result = await asNobody(`
    const [links, rules, routes] = [rt.links.list(), rt.rules.list(), rt.routes.list()];
    const gets = await Promise.all(Array.from({ length: 2000 }, () => rt.links.get('lo')));
    const lists = await Promise.all(Array.from({ length: 50 }, () => rt.links.list()));
    return [(await links).length, (await rules).length, (await routes).length, gets.length, lists.length, rt.stats().overruns];
  `);
  t.same(result, [1, 5, 0, 2000, 50, 0]);
});

t.test('without privileges: every change is refused, and the error says what it takes', { skip }, async (t) => {
  const rows: [call: string, request: string, subject: string][] = [
    ["rt.links.add({ kind: 'bridge', name: 'br0' })", 'RTM_NEWLINK', "bridge 'br0'"],
    ["rt.links.set('lo', { up: true })", 'RTM_SETLINK', "link 'lo'"],
    ["rt.links.delete('lo')", 'RTM_DELLINK', "link 'lo'"],
    ["rt.addresses.add('lo', '10.0.0.1/8')", 'RTM_NEWADDR', "10.0.0.1/8 on link 'lo'"],
    ["rt.routes.add({ destination: '10.0.0.0/8', link: 'lo' })", 'RTM_NEWROUTE', 'route 10.0.0.0/8'],
    [
      "rt.neighbours.add('lo', { destination: '10.0.0.1', address: '02:00:00:00:00:01' })",
      'RTM_NEWNEIGH',
      "10.0.0.1 on link 'lo'",
    ],
    ['rt.rules.add({ priority: 5 })', 'RTM_NEWRULE', 'rule 5'],
    ['rt.nsids.set({ pid: process.pid }, 5)', 'RTM_NEWNSID', 'namespace of process'],
  ];
  const calls = rows.map(([call]) => `end(${call})`).join(', ');
  const errors = (await asNobody(`return Promise.all([${calls}]);`)) as Partial<NetlinkError>[];
  for (const [at, [call, request, subject]] of rows.entries()) {
    t.match(errors[at], { name: 'NetlinkError', code: 'EPERM', errno: 1, request }, call);
    t.match(errors[at]?.subject, subject);
    t.match(errors[at]?.advice, 'CAP_NET_ADMIN');
    t.match(errors[at]?.message, /EPERM: operation not permitted.*CAP_NET_ADMIN/);
  }
});

t.test('what the kernel refuses of links, and nothing has changed', { skip }, async (t) => {
  await using here = await withBridges(2);
  const { links } = here.rt;
  here.ip('link add v0 mtu 1400 type veth peer name v1', 'link set v0 master b0');
  const before = here.state();
  const rows: [call: () => Promise<unknown>, error: object][] = [
    [
      () => links.add({ kind: 'nosuchkind', name: 'x' }),
      {
        code: 'EOPNOTSUPP',
        kernelMessage: 'Unknown device type',
        advice: /no such link kind/,
        subject: "nosuchkind 'x'",
      },
    ],
    [() => links.add({ kind: 'bridge', name: 'b0' }), { code: 'EEXIST', subject: "bridge 'b0'" }],
    [() => links.add({ kind: 'bridge', index: 1 }), { code: 'EEXIST' }],
    [() => links.add({ kind: 'veth', name: 'free', peer: { name: 'b0' } }), { code: 'EEXIST' }],
    [() => links.add({ kind: 'bridge', name: 'free', master: 'nope' }), { code: 'ENODEV', subject: "link 'nope'" }],
    [() => links.add({ kind: 'bridge', name: 'free', master: 9999 }), { code: 'EINVAL' }],
    [
      () => links.add({ kind: 'bridge', name: 'free', master: 'b0' }),
      { code: 'ELOOP', kernelMessage: 'Can not enslave a bridge to a bridge' },
    ],
    [() => links.add({ kind: 'bridge', name: 'free', mtu: 1 }), { code: 'EINVAL' }],
    [() => links.add({ kind: 'veth', name: 'free', numTxQueues: 5000 }), { code: 'ERR_NETLINK_ENCODE' }],
    [() => links.add({ kind: 'veth', name: 'free', peer: { mtu: 70_000 } }), { code: 'EINVAL' }],
    [() => links.set('v0', { mtu: 1 }), { code: 'EINVAL', kernelMessage: 'mtu less than device minimum' }],
    [() => links.set('v0', { name: 'b0' }), { code: 'EEXIST' }],
    [() => links.set('b1', { master: 'b0' }), { code: 'ELOOP' }],
    [() => links.set('v1', { master: 'v0' }), { code: 'EOPNOTSUPP' }],
    [() => links.set('v1', { master: 9999 }), { code: 'EINVAL' }],
    [() => links.set('nope', { up: true }), { code: 'ENODEV', subject: "link 'nope'" }],
    [() => links.set('nope', { name: 'x' }), { code: 'ENODEV', subject: "link 'nope'" }],
    [() => links.set(9999, { up: true }), { code: 'ENODEV', subject: 'link 9999' }],
    [() => links.delete('nope'), { code: 'ENODEV' }],
    [() => links.delete({ group: 12_345 }), { code: 'ENODEV', subject: 'links of group 12345' }],
    [() => links.delete('lo'), { code: 'EOPNOTSUPP' }],
    [() => links.get('nope'), { code: 'ENODEV', request: 'RTM_GETLINK' }],
    [() => links.get('n'.repeat(127)), { code: 'ENODEV' }],
  ];
  for (const [call, error] of rows) t.match(await call().catch((reason) => reason), error);
  t.equal(await links.find('nope'), undefined);
  t.equal(here.state(), before);
  // All at once: each its own error.
  const results = await Promise.all(rows.map(([call]) => outcome(call())));
  t.same(
    results,
    rows.map(([, error]) => (error as { code: string }).code),
  );
  t.equal(here.state(), before);
});

t.test('any message, lossless', { skip }, async (t) => {
  await using here = await withBridges(3);
  const rt: Rtnetlink = here.rt;
  const [lo] = await rt.request({ type: 'RTM_GETLINK', attributes: { ifname: 'lo' } });
  t.match(lo, { type: 'RTM_NEWLINK', header: { index: 1, type: 772 }, attributes: { ifname: 'lo', mtu: 65536 } });
  const all = await rt.request({ type: 'RTM_GETLINK', flags: ['dump'] });
  t.equal(all.length, 4);
  t.same(await rt.request({ type: 'RTM_SETLINK', header: { index: 1, flags: 1, change: 1 } }), []);
  t.match(here.json('link show dev lo')[0], { flags: ['LOOPBACK', 'UP', 'LOWER_UP'] });
  const echoed = await rt.request({
    type: 'RTM_NEWADDR',
    flags: ['create', 'exclusive', 'echo'],
    header: { family: 2, prefixlen: 24, index: 1 },
    attributes: { local: '10.0.0.1', address: '10.0.0.1' },
  });
  t.match(echoed, [{ type: 'RTM_NEWADDR', attributes: { local: '10.0.0.1', label: 'lo' } }]);
  t.equal(await outcome(rt.request({ type: 'RTM_GETLINK', flags: ['ack'], header: { index: 1 } })), 'ok');
  const refusals: [message: Parameters<typeof rt.request>[0], error: object][] = [
    [{ type: 'RTM_GETWHAT' }, { code: 'ERR_NETLINK_ENCODE', path: 'type' }],
    [
      { type: 'RTM_GETLINK', flags: ['dmup'] },
      { code: 'ERR_NETLINK_ENCODE', path: 'flags' },
    ],
    [
      { type: 'RTM_GETLINK', attributes: { name: 'lo' } },
      { code: 'ERR_NETLINK_ENCODE', path: 'name' },
    ],
    [{ type: 'RTM_GETLINK', header: { index: -1 } }, { code: 'EINVAL' }],
    [
      { type: 'RTM_GETLINK', header: { change: 5 }, flags: ['dump'] },
      { code: 'EINVAL', request: 'RTM_GETLINK' },
    ],
    [
      { type: 'RTM_NEWLINK', flags: ['create'], attributes: { ifname: 'x', linkinfo: { kind: 'bridge' }, mtu: 'big' } },
      { code: 'ERR_NETLINK_ENCODE', path: 'mtu' },
    ],
    [
      { type: 'RTM_NEWROUTE', flags: ['create'], header: { family: 2, dstLen: 33, table: 254, type: 1 } },
      { code: 'EINVAL' },
    ],
  ];
  for (const [message, error] of refusals) t.match(await rt.request(message).catch((reason) => reason), error);
  const located = await rt
    .request({ type: 'RTM_NEWNSID', attributes: { nsid: -1, fd: 1_000_000 } })
    .catch((reason) => reason);
  t.match(located, { code: 'EBADF', attribute: 'fd', kernelMessage: 'Peer netns reference is invalid' });
});
