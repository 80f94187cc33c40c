// Compiled, never run: programs outside the repository are written like this, and must go on compiling. What must not
// compile says so with @ts-expect-error, which fails the build as soon as it does.
import {
  type Address,
  ClosedError,
  DecodeError,
  DumpInterruptedError,
  EncodeError,
  type Link,
  type LinkRef,
  type LinkSpec,
  type NamespaceRef,
  type Neighbour,
  NetlinkError,
  OverrunError,
  type Route,
  type RtEvent,
  Rtnetlink,
  type Rule,
  type SocketFactory,
  TimeoutError,
  type TraceEvent,
} from './index.ts';
import { addressMessage, linkMessage, neighbourMessage, nsidMessage, routeMessage, ruleMessage } from './messages.ts';

/** As `Namespace` of `@nsnet/ns`: more than what is asked for. */
declare const namespace: SocketFactory & { readonly fd: number; readonly cookie: bigint };
declare const rt: Rtnetlink;
declare const signal: AbortSignal;
declare const name: string;
declare const flag: boolean;
const call = { signal, timeout: 1000 };

/** A value of exactly this type: neither wider nor narrower. */
function exactly<T>() {
  return <U extends T>(_value: U, ..._wider: [T] extends [U] ? [] : [never]): void => {};
}

export async function clients(): Promise<void> {
  await using own = await Rtnetlink.open();
  await using other = await Rtnetlink.open({ namespace, receiveBuffer: 1 << 20, ...call, trace: traced });
  exactly<Record<string, number>>()(own.stats());
  await other.close();
}

function traced({ direction, type, flags, sequence, message }: TraceEvent): void {
  const way: 'out' | 'in' = direction;
  console.log(way, type.length, flags.join(), sequence + 1, message as unknown);
}

export async function links(): Promise<void> {
  const list: Link[] = await rt.links.list();
  await rt.links.list({ kind: 'veth', master: 'br0', up: true, group: 7, ...call });
  const refs: LinkRef[] = [1, 'eth0', { index: 1 }, ...list];
  for (const ref of refs) exactly<Link>()(await rt.links.get(ref, call));
  exactly<Link | undefined>()(await rt.links.find('eth0', call));
  for (const link of list) {
    exactly<number>()(link.index);
    exactly<string | undefined>()(link.kind);
    exactly<boolean>()(link.up && link.running);
    exactly<string[]>()([...link.flags, ...link.altnames, link.name, link.operstate, link.type]);
    exactly<string | undefined>()(link.address ?? link.broadcast ?? link.alias ?? link.qdisc);
    exactly<number | undefined>()(link.master ?? link.link ?? link.linkNsid ?? link.txQueueLength);
    exactly<number>()(link.mtu + link.group);
    const data: Record<string, unknown> | undefined = link.data;
    console.log(data);
  }
  const places: NamespaceRef[] = [{ fd: 3 }, { pid: 1 }, { nsid: 0 }, namespace];
  const common = { name, index: 7, mtu: 1400, address: '02:00:00:00:00:01', group: 1, txQueueLength: 100 };
  const more = { up: flag, master: 'br0', alias: 'text', altnames: ['long'], numTxQueues: 1, numRxQueues: 1 };
  await rt.links.add({ kind: 'veth', ...common, ...more, namespace, peer: { ...common, namespace: { pid: 1 } } }, call);
  await rt.links.add({ kind: 'veth', name: 'a', peer: { name: 'b', numTxQueues: 1 } });
  await rt.links.add({ kind: 'veth' });
  await rt.links.add({ kind: 'bridge', name, vlanFiltering: flag, stp: flag });
  await rt.links.add({ kind: 'bridge', mcastQuerier: true, groupFwdMask: 8 });
  await rt.links.add({ kind: 'vxlan', id: 42, port: 4789, local: '10.0.0.1', remote: 'fd00::1', group: 3, link: 2 });
  await rt.links.add({ kind: 'vlan', link: 'eth0', id: 5 });
  await rt.links.add({ kind: 'macvlan', link: { index: 2 }, mode: 'bridge' });
  await rt.links.add({ kind: 'macvtap', link: 2, mode: name });
  await rt.links.add({ kind: 'ipvlan', link: 2, mode: 1 });
  await rt.links.add({ kind: 'dummy', ...common });
  await rt.links.add({ kind: 'ifb', name });
  await rt.links.add({ kind: 'wireguard', name, whatever: [1] });
  await rt.links.add({ kind: name, whatever: 1 });
  for (const kind of ['dummy', 'bridge'] as const) await rt.links.add({ kind, name });
  const specs: LinkSpec[] = [
    { kind: 'veth', peer: { name: 'b' } },
    { kind: 'vlan', link: 1, id: 5 },
    { kind: 'nlmon', setting: 5 },
  ];
  for (const spec of specs) await rt.links.add(spec);
  await rt.links.set('eth0', { name, mtu: 1400 }, call);
  await rt.links.set(1, { up: flag, name, mtu: 1400, address: '02:00:00:00:00:01', master: null, group: 1, alias: '' });
  for (const place of places) await rt.links.set({ index: 1 }, { namespace: place, txQueueLength: 5, master: 7 });
  await rt.links.delete('eth0', call);
  await rt.links.delete({ group: 7 });
}

export async function wrongLinks(): Promise<void> {
  // @ts-expect-error: what a filter does not know would let everything through.
  await rt.links.list({ knid: 'veth' });
  // @ts-expect-error: a veth's peer can't be up at birth.
  await rt.links.add({ kind: 'veth', peer: { up: true } });
  // @ts-expect-error: nor a port.
  await rt.links.add({ kind: 'veth', peer: { master: 'br0' } });
  // @ts-expect-error: misspelt.
  await rt.links.add({ kind: 'veth', adress: '02:00:00:00:00:01' });
  // @ts-expect-error: only a veth has a peer.
  await rt.links.add({ kind: 'bridge', peer: {} });
  // @ts-expect-error: a setting that bridges don't have.
  await rt.links.add({ kind: 'bridge', vni: 5 });
  // @ts-expect-error: a vlan is on a link.
  await rt.links.add({ kind: 'vlan', id: 5 });
  // @ts-expect-error: a vxlan needs a VNI.
  await rt.links.add({ kind: 'vxlan' });
  // @ts-expect-error: a dummy has no settings.
  await rt.links.add({ kind: 'dummy', id: 5 });
  // @ts-expect-error: every link has a kind.
  await rt.links.add({ name: 'a' });
  // @ts-expect-error: a namespace is said by descriptor, process or number.
  await rt.links.add({ kind: 'dummy', namespace: 'red' });
  // @ts-expect-error: a number.
  await rt.links.set('a', { mtu: '1400' });
  // @ts-expect-error: the kind of a link stays.
  await rt.links.set('a', { kind: 'bridge' });
  // @ts-expect-error: a link has an index.
  await rt.links.get({ name: 'a' });
}

export async function addresses(): Promise<void> {
  const list: Address[] = await rt.addresses.list();
  await rt.addresses.list({ link: 'eth0', family: 'inet6', scope: 'link', ...call });
  for (const address of list) {
    exactly<'inet' | 'inet6'>()(address.family);
    exactly<string[]>()([address.address, address.local, address.scope, ...address.flags]);
    exactly<string | undefined>()(address.peer ?? address.broadcast ?? address.label);
    exactly<number>()(address.index + address.prefixLength);
    exactly<number | undefined>()(address.validLifetime ?? address.preferredLifetime);
  }
  const options = { peer: '10.0.0.2', broadcast: '10.0.0.255', scope: 'link', label: 'eth0:1', noDad: flag };
  await rt.addresses.add('eth0', '10.0.0.1/24', { ...options, ...call });
  await rt.addresses.add(1, 'fd00::1/64', { validLifetime: 60, preferredLifetime: 30, metric: 5 });
  await rt.addresses.replace({ index: 1 }, '10.0.0.1/24', { broadcast: true });
  await rt.addresses.delete('eth0', '10.0.0.1/24', call);
  await rt.addresses.delete('eth0', '10.0.0.1/32', { peer: '10.0.0.2' });
  // @ts-expect-error: no family of IP.
  await rt.addresses.list({ family: 'bridge' });
  // @ts-expect-error: true computes it; there is nothing to be done for false.
  await rt.addresses.add('eth0', '10.0.0.1/24', { broadcast: false });
  // @ts-expect-error: misspelt.
  await rt.addresses.add('eth0', '10.0.0.1/24', { nodad: true });
}

export async function routes(): Promise<void> {
  const list: Route[] = await rt.routes.list();
  await rt.routes.list({ family: 'inet', table: 254, link: 'eth0', protocol: 'static', type: 'unicast', ...call });
  await rt.routes.list({ table: 'all', protocol: 4 });
  for await (const route of rt.routes.iterate({ family: 'inet6', table: 'all', ...call })) list.push(route);
  list.push(await rt.routes.get('10.0.0.1', { source: '10.0.0.2', link: 'eth0', mark: 5, ...call }));
  for (const route of list) {
    exactly<'inet' | 'inet6'>()(route.family);
    exactly<string[]>()([route.destination, route.type, ...route.flags]);
    exactly<string | undefined>()(route.via ?? route.source);
    exactly<string | number>()(flag ? route.protocol : route.scope);
    exactly<number | undefined>()(route.index ?? route.metric ?? route.metrics?.mtu ?? route.metrics?.advmss);
    exactly<number>()(route.table);
    for (const { via, index, weight } of route.nexthops ?? []) console.log(via?.length, (index ?? 0) + (weight ?? 1));
  }
  await rt.routes.add(
    { destination: 'default', via: '10.0.0.1', link: 'eth0', metric: 100, table: 254, mtu: 1400 },
    call,
  );
  await rt.routes.add({ destination: '10.0.0.0/8', link: 1, source: '10.0.0.1', protocol: 'static', scope: 'link' });
  await rt.routes.replace({ destination: 'fd00::/8', type: 'blackhole', family: 'inet6', protocol: 4 }, call);
  const nexthops = [{ via: '10.0.0.1', weight: 2 }, { link: 'eth0' }];
  await rt.routes.add({ destination: '10.0.0.0/8', nexthops, onlink: flag });
  await rt.routes.delete({ destination: 'default' }, call);
  // @ts-expect-error: it is called via.
  await rt.routes.add({ destination: 'default', gateway: '10.0.0.1' });
  // @ts-expect-error: a route has a destination.
  await rt.routes.add({ via: '10.0.0.1' });
  // @ts-expect-error: iterating filters by family and table only.
  void rt.routes.iterate({ link: 'eth0' });
}

export async function neighboursAndRules(): Promise<void> {
  const list: Neighbour[] = await rt.neighbours.list({ link: 'eth0', family: 'inet', ...call });
  for (const neighbour of list) {
    exactly<'inet' | 'inet6' | 'bridge'>()(neighbour.family);
    exactly<string | undefined>()(neighbour.destination ?? neighbour.address);
    exactly<string[]>()([neighbour.state, ...neighbour.flags]);
  }
  const neighbour = { destination: '10.0.0.2', address: '02:00:00:00:00:01', state: 'permanent' };
  await rt.neighbours.add('eth0', { ...neighbour, proxy: flag }, call);
  await rt.neighbours.replace(1, neighbour, call);
  await rt.neighbours.delete({ index: 1 }, '10.0.0.2', call);
  // @ts-expect-error: misspelt.
  await rt.neighbours.add('eth0', { destination: '10.0.0.2', lladdr: '02:00:00:00:00:01' });

  const rules: Rule[] = await rt.rules.list({ family: 'inet', ...call });
  for (const rule of rules) {
    exactly<string | undefined>()(rule.from ?? rule.to ?? rule.inputName ?? rule.outputName);
    exactly<number | undefined>()(rule.table ?? rule.mark);
    exactly<boolean>()(rule.invert);
    await rt.rules.delete(rule);
  }
  await rt.rules.add({ from: '10.0.0.0/8', table: 100, priority: 50 }, call);
  await rt.rules.add({
    action: 'prohibit',
    mark: 5,
    inputName: 'eth0',
    outputName: 'eth1',
    invert: flag,
    to: 'fd00::/8',
  });
  await rt.rules.delete({ priority: 50 }, call);
  // @ts-expect-error: misspelt.
  await rt.rules.add({ prio: 50 });
}

export async function nsidsAndMessages(): Promise<void> {
  const list: { nsid: number }[] = await rt.nsids.list(call);
  exactly<number | undefined>()(await rt.nsids.get({ fd: 3 }, call));
  exactly<number>()(await rt.nsids.set({ pid: 1 }, list[0]?.nsid, call));
  exactly<number>()(await rt.nsids.set(namespace));

  const attributes = { ifname: 'eth0', linkinfo: { kind: 'veth' } };
  const message = { type: 'RTM_GETLINK', flags: ['dump'], header: { index: 1 }, attributes };
  for (const { type, header, attributes } of await rt.request(message, call)) {
    exactly<string>()(type);
    exactly<Record<string, number>>()(header);
    exactly<Record<string, unknown>>()(attributes);
  }
  for (const codec of [linkMessage, addressMessage, routeMessage, neighbourMessage, ruleMessage, nsidMessage]) {
    const decoded = (codec as typeof linkMessage).decode(new Uint8Array());
    const encoded: Uint8Array = (codec as typeof linkMessage).encode(decoded);
    console.log(encoded);
  }
  const everything: Record<string, unknown> = linkMessage.decode(new Uint8Array()).attributes;
  const fields: Record<string, number> = linkMessage.decode(new Uint8Array()).header;
  console.log(everything, fields);
}

export async function watching(): Promise<void> {
  const groups = ['link', 'address', 'route', 'neighbour', 'rule', 'nsid'] as const;
  const events = rt.monitor({
    groups: [...groups],
    snapshot: flag,
    allNamespaces: flag,
    signal,
    receiveBuffer: 1 << 20,
  });
  for await (const event of events) told(event);
  await using mirror = await rt.mirror({
    links: flag,
    addresses: flag,
    routes: { table: 254 },
    neighbours: flag,
    signal,
  });
  const links: ReadonlyMap<number, Link> = mirror.links;
  const state: readonly [readonly Address[], readonly Route[]] = [mirror.addresses, mirror.routes];
  console.log(links.size, state);
  exactly<Link | undefined>()(mirror.link('eth0'));
  exactly<Link>()(await mirror.until((present) => present.link('eth0'), call));
  for await (const event of mirror.changes()) told(event);
  await mirror.close();
  // @ts-expect-error: no such group.
  void rt.monitor({ groups: ['links'] });
}

function told(event: RtEvent): void {
  if (event.type === 'link') console.log(event.action, event.link.name, event.previous?.name, event.nsid);
  else if (event.type === 'address') console.log(event.action, event.address.local, event.previous?.local, event.nsid);
  else if (event.type === 'route') console.log(event.action, event.route.destination, event.nsid);
  else if (event.type === 'neighbour') console.log(event.action, event.neighbour.state, event.nsid);
  else if (event.type === 'rule') console.log(event.action, event.rule.priority, event.nsid);
  else if (event.type === 'nsid') console.log(event.action, event.nsid + 1);
  else if (event.type === 'resync') event.changes.forEach(told);
  else exactly<'ready'>()(event.type);
}

export function errors(error: unknown): string {
  if (error instanceof NetlinkError) {
    const { code, errno, request, attribute, kernelMessage } = error;
    return [code, String(errno), request, attribute ?? '', kernelMessage ?? ''].join(' ');
  }
  if (error instanceof EncodeError) return error.path;
  if (error instanceof DecodeError) return `${error.path} ${error.offset.toFixed()}`;
  if (error instanceof TimeoutError) return error.outcome satisfies 'unknown';
  const others = [DumpInterruptedError, OverrunError, ClosedError];
  return others.some((kind) => error instanceof kind) ? (error as Error).message : '';
}
