import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { EncodeError, Rtnetlink } from '@nsnet/netlink';
import { Namespace, NamespaceError } from '@nsnet/ns';
import { connect, move } from '@nsnet/topology';
import t from 'tap';
import { addressesOf, ipIn, ipLink, ipLinks, linkNames } from '../support/lab.ts';
import { inventory, ip, lacking, uniqueName } from '../support/namespaces.ts';

const skip = lacking('ip', 'nsenter', 'sleep');

/** A pair in one namespace, and another to move to. */
async function lab() {
  const [red, blue] = await Promise.all([Namespace.create(), Namespace.create()]);
  await connect({ namespace: red, name: 'veth0', addresses: ['10.0.0.1/24'] }, { namespace: red, name: 'veth1' });
  const close = async () => {
    await Promise.all([red.close(), blue.close()]);
  };
  return { red, blue, [Symbol.asyncDispose]: close };
}

t.test(
  'by handle: it goes down, without addresses and routes, with the index that it has there',
  { skip },
  async (t) => {
    await using place = await lab();
    const { red, blue } = place;
    ipIn(blue, 'link', 'add', 'br0', 'index', String(ipLink(red, 'veth0').ifindex), 'type', 'bridge');
    const { address, ifindex } = ipLink(red, 'veth0');
    const { descriptors } = inventory();
    const { index } = await move('veth0', { from: red, to: blue });
    t.equal(inventory().descriptors, descriptors);
    t.not(index, ifindex, 'its index was taken there');
    const there = ipLink(blue, 'veth0');
    t.match(there, { ifindex: index, address });
    t.same([there.flags.includes('UP'), addressesOf(there)], [false, []]);
    t.same([linkNames(red), ipIn(red, 'route')], [['lo', 'veth1'], '']);
    t.equal(ipLink(red, 'veth1').link_index, index, 'it is still the peer of the other');
  },
);

t.test('by name, also one of digits, by process, by path, by descriptor; and back', { skip }, async (t) => {
  await using place = await lab();
  const { red, blue } = place;
  const name = uniqueName();
  await using named = await Namespace.create(name);
  await move('veth1', { from: red, to: name });
  t.ok(linkNames(named).includes('veth1'));
  ip('link', 'show'); // of the test's own namespace, where nothing may be
  await move('veth1', { from: named, to: { fd: blue.fd } });
  await move('veth1', { from: blue, to: { path: `/run/netns/${name}` } });
  t.ok(linkNames(named).includes('veth1'));

  const child = spawn('nsenter', [`--net=/proc/${process.pid}/fd/${blue.fd}`, 'sleep', '60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  while (!(await blue.pids()).includes(pid)) await new Promise((resolve) => setImmediate(resolve));
  const { index } = await move('veth1', { from: named, to: { pid } });
  t.equal(ipLink(blue, 'veth1').ifindex, index);
  child.kill();
  await once(child, 'exit');
  await t.rejects(move('veth1', { from: blue, to: { pid } }), { name: 'NamespaceError', code: 'ESRCH' });

  const digits = String(process.pid);
  await using confusing = await Namespace.create(`${digits}0`);
  await move('veth1', { from: blue, to: `${digits}0` });
  t.ok(linkNames(confusing).includes('veth1'), 'digits are a name');
  await t.rejects(move('veth1', { from: confusing, to: '1' }), { code: 'ENOENT' }, 'and never a process');
});

t.test('under another name, by index, by altname', { skip }, async (t) => {
  await using place = await lab();
  const { red, blue } = place;
  ipIn(blue, 'link', 'add', 'veth0', 'type', 'bridge');
  ipIn(red, 'link', 'property', 'add', 'dev', 'veth1', 'altname', 'a-rather-long-alternative-name');
  const { ifindex } = ipLink(red, 'veth0');
  const first = await move(ifindex, { from: red, to: blue, name: 'eth0' });
  t.equal(ipLink(blue, 'eth0').ifindex, first.index);
  const second = await move('a-rather-long-alternative-name', { from: red, to: blue });
  t.equal(ipLink(blue, 'veth1').ifindex, second.index);
  const same = await move('eth0', { from: blue, to: blue, name: 'eth1' });
  t.equal(ipLink(blue, 'eth1').ifindex, same.index, 'to where it is: only the name');
});

t.test('what can not be', { skip }, async (t) => {
  await using place = await lab();
  const { red, blue } = place;
  ipIn(blue, 'link', 'add', 'veth0', 'type', 'bridge');
  ipIn(red, 'link', 'add', 'br0', 'type', 'bridge');
  const before = [ipLinks(red), ipLinks(blue)];
  const { descriptors } = inventory();
  const element = (name: string) => `#${red.cookie}:${name}`;
  await t.rejects(move('veth0', { from: red, to: blue }), {
    name: 'TopologyError',
    code: 'EEXIST',
    element: element('veth0'),
    message: /same name exists in the target.*another name/,
  });
  await t.rejects(move('lo', { from: red, to: blue }), { code: 'EINVAL', message: /netns is immutable/ });
  await t.rejects(move('br0', { from: red, to: blue }), { code: 'EINVAL', message: /netns is immutable/ });
  await t.rejects(move('nothing', { from: red, to: blue }), { code: 'ENODEV', element: element('nothing') });
  await t.rejects(move('veth0', { from: red, to: blue, name: 'a/b' }), EncodeError);
  await t.rejects(move('veth0', { from: red, to: uniqueName() }), NamespaceError);
  await t.rejects(move('veth0', { from: red, to: '../x' }), { code: 'ERR_NAMESPACE_NAME' });
  await t.rejects(move('veth0', { from: red, to: { pid: -1 } }), { code: 'ERR_NAMESPACE_SOURCE' });
  const reason = new Error('enough');
  await t.rejects(move('veth0', { from: red, to: blue, signal: AbortSignal.abort(reason) }), reason);
  t.same([ipLinks(red), ipLinks(blue)], before);
  t.equal(inventory().descriptors, descriptors);
});

t.test('the event loop goes on while the kernel moves', { skip }, async (t) => {
  await using place = await lab();
  const { red, blue } = place;
  await move('veth1', { from: red, to: blue });
  let held = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - last > 12) held++;
    last = performance.now();
  }, 1);
  for (let round = 0; round < 10; round++) {
    await move('veth1', { from: blue, to: red });
    await move('veth1', { from: red, to: blue });
  }
  clearInterval(timer);
  // Other programs that move or delete links hold the kernel's lock too, and questions wait for it.
  t.ok(held < 10, `20 moves of some 20 ms each held it ${held} times`);
});

t.test('a link that is renamed on arrival is found all the same', { skip }, async (t) => {
  await using place = await lab();
  const { red, blue } = place;
  const { open } = Rtnetlink;
  t.intercept(Rtnetlink, 'open', {
    value: async (options: Parameters<typeof open>[0]) => {
      const rt = await open.call(Rtnetlink, options);
      const { set } = rt.links;
      rt.links.set = async (...args) => {
        await set.apply(rt.links, args);
        ipIn(blue, 'link', 'set', 'veth1', 'name', 'renamed');
      };
      return rt;
    },
  });
  const { index } = await move('veth1', { from: red, to: blue });
  t.equal(ipLink(blue, 'renamed').ifindex, index);
});
