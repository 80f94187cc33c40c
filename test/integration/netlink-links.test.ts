import type { Link } from '@nsnet/netlink';
import t, { type Test } from 'tap';
import type { IpLink } from '../support/lab.ts';
import { lacking } from '../support/namespaces.ts';
import { outcome, type Room, room } from '../support/room.ts';

const skip = lacking('ip', 'nsenter');

/** More of what `ip -d -j link` says than other tests look at. */
interface IpLinkDetails extends IpLink {
  readonly broadcast: string;
  readonly group: string;
  readonly txqlen: number;
  readonly qdisc: string;
  readonly link_type: string;
  readonly altnames?: string[];
  readonly ifalias?: string;
  readonly linkinfo?: { readonly info_kind?: string };
}

/** What the client is to say where `ip` says this. */
function expected(entry: IpLinkDetails, all: readonly IpLinkDetails[]): object {
  const indexOf = (name: string | undefined) => all.find(({ ifname }) => ifname === name)?.ifindex;
  const flags = entry.flags
    .filter((flag) => flag !== 'NO-CARRIER' && flag !== 'M-DOWN')
    .map((flag) => flag.toLowerCase());
  const { link_netnsid: linkNsid, ifalias: alias, linkinfo, master } = entry;
  const link = entry.link_index ?? indexOf(entry.link);
  return {
    index: entry.ifindex,
    name: entry.ifname,
    up: flags.includes('up'),
    flags: flags.sort(),
    mtu: entry.mtu,
    address: entry.address,
    broadcast: entry.broadcast,
    operstate: entry.operstate.toLowerCase(),
    group: entry.group === 'default' ? 0 : Number(entry.group),
    altnames: entry.altnames ?? [],
    txQueueLength: entry.txqlen,
    qdisc: entry.qdisc,
    type: entry.link_type,
    ...(linkinfo?.info_kind === undefined ? {} : { kind: linkinfo.info_kind }),
    ...(master === undefined ? {} : { master: indexOf(master) }),
    ...(link === undefined ? {} : { link }),
    ...(linkNsid === undefined ? {} : { linkNsid }),
    ...(alias === undefined ? {} : { alias }),
  };
}

/** The same of what the client says: without what `ip` shows otherwise, or what is another the next moment. */
function shown({ data, running, flags, name, ...link }: Link): object {
  // As text that is read from a program: bytes that are no UTF-8 are lost.
  const readable = name.replaceAll(/[\udc80-\udcff]/g, '\ufffd');
  return { ...link, name: readable, flags: flags.filter((flag) => flag !== 'running').sort() };
}

/** Every link, as `ip` and as the client sees it. */
async function compare(t: Test, { rt, json }: Room): Promise<Link[]> {
  const all = json<IpLinkDetails>('link show');
  const links = await rt.links.list();
  t.same(
    links.map(shown),
    all.map((entry) => expected(entry, all)),
  );
  return links;
}

t.test('what ip makes is listed as ip lists it', { skip }, async (t) => {
  await using here = await room();
  await using there = await room();
  here.ip(
    'link set lo up',
    'link add br0 mtu 1400 address 02:00:00:00:00:05 type bridge stp_state 1 forward_delay 400',
    'link set br0 up group 7 alias some-text txqueuelen 77',
    `link property add dev br0 altname ${'a'.repeat(127)} altname b.c`,
    'link add v0 numtxqueues 3 numrxqueues 2 type veth peer name v1 mtu 1300',
    'link set v0 master br0 up',
    'link add ifb0 type ifb',
    'link add __proto__ type bridge',
    'link add constructor type veth peer name toString',
    'link add away type veth peer name back',
  );
  here.sh(`printf 'link add \\377\\376x type bridge\\nlink add \\303\\244\\303\\266 type bridge\\n' | ip -b -`);
  await here.rt.links.set('back', { namespace: there.ns });
  const links = await compare(t, here);
  const named = new Map(links.map((link) => [link.name, link]));
  t.ok(named.has('__proto__') && named.has('constructor') && named.has('toString') && named.has('äö'));
  t.ok(named.has('\udcff\udcfex'), 'bytes that are no UTF-8 become lone surrogates');
  t.match(named.get('br0')?.data, { stp: true, vlanFiltering: false, forwardDelay: 400 });
  for (const link of links) t.same(shown(await here.rt.links.get(link.name)), shown(link), `by name: ${link.name}`);
  for (const link of links) t.same(shown(await here.rt.links.get(link)), shown(link), `by index: ${link.index}`);
  await compare(t, there);
  t.equal(JSON.parse(JSON.stringify(links)).length, links.length, 'JSON can say it');
});

t.test('what the client makes is shown by ip', { skip }, async (t) => {
  await using here = await room();
  const { rt } = here;
  await rt.links.add({
    kind: 'bridge',
    name: 'br0',
    index: 50,
    mtu: 1400,
    address: '02:00:00:00:00:05',
    up: true,
    group: 7,
    alias: 'some text, ö',
    altnames: ['a'.repeat(127), 'b.c'],
    txQueueLength: 77,
    stp: true,
    forwardDelay: 400,
    priority: 4096,
  });
  const one = (name: string) => here.json<IpLinkDetails & Record<string, unknown>>(`link show dev ${name}`)[0];
  const br0 = one('br0');
  t.match(br0, {
    ifindex: 50,
    mtu: 1400,
    address: '02:00:00:00:00:05',
    group: '7',
    ifalias: 'some text, ö',
    altnames: ['a'.repeat(127), 'b.c'],
    txqlen: 77,
    linkinfo: { info_data: { stp_state: 1, forward_delay: 400, priority: 4096 } },
  });
  t.ok(br0?.flags.includes('UP'));
  const peer = { index: 70, mtu: 1300, address: '02:00:00:00:00:06', group: 9, numTxQueues: 4, txQueueLength: 5 };
  await rt.links.add({
    kind: 'veth',
    name: 'v0',
    index: 60,
    master: 'br0',
    up: true,
    numTxQueues: 3,
    numRxQueues: 2,
    peer: { name: 'v1', ...peer },
  });
  await rt.links.add({ kind: 'veth' });
  await rt.links.add({ kind: 'ifb', name: 'ifb0' });
  const [v0, v1] = [one('v0'), one('v1')];
  t.match(v0, { ifindex: 60, master: 'br0', num_tx_queues: 3, num_rx_queues: 2, link: 'v1' });
  t.match(v1, { ifindex: 70, mtu: 1300, address: peer.address, group: '9', num_tx_queues: 4, txqlen: 5, link: 'v0' });
  t.ok(v0?.flags.includes('UP') && !v1?.flags.includes('UP'));
  t.ok(one('veth0') && one('veth1'), 'names by the kernel');
  await compare(t, here);
});

t.test('names that are bytes: made, found, renamed and removed as they are', { skip }, async (t) => {
  await using here = await room();
  const { rt } = here;
  const bytes = ['\udcff\udcfe\u0001', '\udc80', '😀', '__proto__', 'a\'b"$(id)', '-', '...'];
  for (const name of bytes) {
    await rt.links.add({ kind: 'bridge', name });
    t.equal((await rt.links.get(name)).name, name);
  }
  // One escaped byte each; ip prints the bytes themselves.
  t.match(here.sh('ip -o link | od -An -tx1 | tr -d " \\n"'), 'fffe01');
  await rt.links.set('\udcff\udcfe\u0001', { name: '\udcfd' });
  await rt.addresses.add('\udcfd', '10.0.0.1/24');
  t.equal((await rt.addresses.list({ link: '\udcfd' }))[0]?.label, '\udcfd');
  for (const name of ['\udcfd', ...bytes.slice(1)]) await rt.links.delete(name);
  t.same(
    (await rt.links.list()).map(({ name }) => name),
    ['lo'],
  );
  t.equal(({} as { name?: string }).name, undefined);
});

t.test('filters', { skip }, async (t) => {
  await using here = await room();
  const { rt } = here;
  here.ip(
    'link add br0 up type bridge',
    'link add br1 type bridge',
    'link add v0 group 7 master br0 type veth peer name v1',
    'link add w0 master br1 type veth peer name w1',
    'link set w1 master br0',
  );
  const names = async (filter: Parameters<typeof rt.links.list>[0]) =>
    (await rt.links.list(filter))
      .map(({ name }) => name)
      .sort()
      .join(' ');
  t.equal(await names({}), 'br0 br1 lo v0 v1 w0 w1');
  t.equal(await names({ kind: 'veth' }), 'v0 v1 w0 w1');
  t.equal(await names({ kind: 'bridge' }), 'br0 br1');
  t.equal(await names({ kind: 'nosuchkind' }), '');
  t.equal(await names({ master: 'br0' }), 'v0 w1');
  t.equal(await names({ master: await rt.links.get('br1') }), 'w0');
  t.equal(await names({ kind: 'bridge', master: 'br1' }), '');
  t.equal(await names({ group: 7 }), 'v0');
  t.equal(await names({ up: true }), 'br0');
  t.equal(await names({ up: false, kind: 'bridge' }), 'br1');
  t.equal(await outcome(rt.links.list({ master: 'nope' })), 'ENODEV');
  t.equal(await outcome(rt.links.list({ master: 9999 })), 'ok', 'the kernel knows no ports of it');
});

t.test('every change', { skip }, async (t) => {
  await using here = await room();
  const { rt } = here;
  here.ip(
    'link add br0 type bridge',
    'link add v0 type veth peer name v1',
    'link property add dev v0 altname an-altname-of-v0',
  );
  const v0 = () => here.json<IpLinkDetails>('link show dev v0')[0];
  await rt.links.set('v0', { up: true });
  t.ok(v0()?.flags.includes('UP'));
  await rt.links.set('v0', { up: false });
  t.notOk(v0()?.flags.includes('UP'));
  await rt.links.set('an-altname-of-v0', {
    mtu: 1234,
    address: '02:00:00:00:00:07',
    group: 8,
    alias: 'x',
    txQueueLength: 9,
  });
  t.match(v0(), { mtu: 1234, address: '02:00:00:00:00:07', group: '8', ifalias: 'x', txqlen: 9 });
  await rt.links.set('v0', { alias: '', group: 0 });
  t.equal(v0()?.ifalias, undefined);
  t.equal(v0()?.group, 'default');
  await rt.links.set('v0', { master: 'br0', up: true });
  t.match(v0(), { master: 'br0' });
  await rt.links.set('v0', { master: null });
  t.equal(v0()?.master, undefined);
  await rt.links.set('v0', { master: await rt.links.get('br0') });
  t.match(v0(), { master: 'br0' });
  const { index } = await rt.links.get('v0');
  await rt.links.set('v0', { name: 'w0' });
  t.equal((await rt.links.get(index)).name, 'w0', 'renamed while it is up');
  await rt.links.set(index, { name: 'v0', mtu: 1300 });
  t.match(v0(), { mtu: 1300 });
  await Promise.all([
    rt.links.set('v0', { name: 'x0' }),
    rt.links.set('x0', { name: 'y0' }),
    rt.links.set('y0', { name: 'v0' }),
  ]);
  t.equal((await rt.links.get('v0')).index, index, 'three renames in a row, all asked for at once');
  await compare(t, here);
});

t.test('a link with as many altnames as there can be', { skip }, async (t) => {
  await using here = await room();
  const { rt } = here;
  const altnames = Array.from({ length: 495 }, (_, at) => `${at}-`.padEnd(127, 'x'));
  await rt.links.add({ kind: 'bridge', name: 'br0', altnames: altnames.slice(0, 400) });
  const { index } = await rt.links.get('br0');
  const attributes = { propList: { altIfname: altnames.slice(400) } };
  await rt.request({
    type: 'RTM_NEWLINKPROP',
    flags: ['create', 'exclusive', 'append'],
    header: { index },
    attributes,
  });
  // More than the 32 KiB that a plain dump has for a link, and than the 64 KiB that answers are first received with.
  t.equal((await rt.request({ type: 'RTM_GETLINK', flags: ['dump'] })).length, 1, 'a plain dump leaves it out');
  for (const ref of ['br0', altnames[0] ?? '', altnames[494] ?? '', index])
    t.same((await rt.links.get(ref)).altnames, altnames);
  const fresh = await here.client();
  const [list, long, added, again] = await Promise.all([
    fresh.links.list(),
    fresh.links.get('br0'),
    outcome(fresh.links.add({ kind: 'ifb', name: 'i0' })),
    fresh.links.list(),
  ]);
  t.same(list.find(({ name }) => name === 'br0')?.altnames, altnames, 'the list has it');
  t.equal(again.find(({ name }) => name === 'br0')?.altnames.length, 495);
  t.equal(long.altnames.length, 495);
  t.equal(added, 'ok', 'what is asked at the same time is not harmed');
});

t.test('removing', { skip }, async (t) => {
  await using here = await room();
  const { rt } = here;
  here.ip(
    'link add v0 type veth peer name v1',
    'link add br0 type bridge',
    'link add br1 group 7 type bridge',
    'link add br2 group 7 type bridge',
    'link add br3 type bridge',
    'link property add dev br3 altname a-long-altname-of-br3',
  );
  const left = () =>
    here
      .json<IpLink>('link show')
      .map(({ ifname }) => ifname)
      .join(' ');
  await rt.links.delete('v1');
  t.equal(left(), 'lo br0 br1 br2 br3', 'both ends are gone');
  await rt.links.delete((await rt.links.get('br0')).index);
  await rt.links.delete({ group: 7 });
  t.equal(left(), 'lo br3');
  await rt.links.delete('a-long-altname-of-br3');
  t.equal(left(), 'lo');
});

t.test('kinds that this machine may lack', { skip }, async (t) => {
  await using here = await room();
  const { rt } = here;
  here.ip('link add eth0 type veth peer name eth1');
  const kinds: [kind: string, add: () => Promise<void>, data: object][] = [
    ['dummy', () => rt.links.add({ kind: 'dummy', name: 'x' }), {}],
    ['vlan', () => rt.links.add({ kind: 'vlan', name: 'x', link: 'eth0', id: 5 }), { id: 5, protocol: 0x8100 }],
    ['macvlan', () => rt.links.add({ kind: 'macvlan', name: 'x', link: 'eth0', mode: 'bridge' }), { mode: 'bridge' }],
    ['macvtap', () => rt.links.add({ kind: 'macvtap', name: 'x', link: 'eth0', mode: 'vepa' }), { mode: 'vepa' }],
    ['ipvlan', () => rt.links.add({ kind: 'ipvlan', name: 'x', link: 'eth0', mode: 1 }), { mode: 1 }],
    [
      'vxlan',
      () =>
        rt.links.add({
          kind: 'vxlan',
          name: 'x',
          id: 42,
          port: 4789,
          remote: 'fd00::1',
          local: 'fd00::2',
          learning: false,
        }),
      { id: 42, port: 4789, remote: 'fd00::1', local: 'fd00::2', learning: false },
    ],
  ];
  for (const [kind, add, data] of kinds) {
    const result = await outcome(add());
    const lacks = result === 'EOPNOTSUPP' && `this kernel has no ${kind}`;
    await t.test(kind, { skip: lacks }, async (t) => {
      t.equal(result, 'ok');
      const link = await rt.links.get('x');
      t.match(link, { kind, data });
      t.match(here.json('link show dev x')[0], { linkinfo: { info_kind: kind } });
      await compare(t, here);
      await rt.links.delete('x');
    });
  }
});
