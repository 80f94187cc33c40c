import { spawnSync } from 'node:child_process';
import { EncodeError, Rtnetlink } from '@nsnet/netlink';
import { Namespace } from '@nsnet/ns';
import { connect, type End, move, TopologyError } from '@nsnet/topology';
import t from 'tap';
import { addressesOf, inside, ipIn, ipLink, ipLinks, linkNames } from '../support/lab.ts';
import { inventory, lacking, uniqueName } from '../support/namespaces.ts';

const skip = lacking('ip', 'nsenter');

/** Two namespaces without names. */
async function two(): Promise<{ red: Namespace; blue: Namespace; [Symbol.asyncDispose](): Promise<void> }> {
  const [red, blue] = await Promise.all([Namespace.create(), Namespace.create()]);
  const close = async () => {
    await Promise.all([red.close(), blue.close()]);
  };
  return { red, blue, [Symbol.asyncDispose]: close };
}

t.test('both ends are there with all they were given, as ip sees it', { skip }, async (t) => {
  await using red = await Namespace.create(uniqueName());
  await using blue = await Namespace.create(uniqueName());
  const pair = await connect(
    { namespace: red, name: 'eth0', addresses: ['10.0.0.1/24', 'fd00::1/64'], mtu: 9000, address: '02:00:00:00:00:0a' },
    { namespace: blue, name: 'eth0', addresses: ['10.0.0.2/24', '10.0.0.2/16', 'fd00::2'], mtu: 1400 },
  );
  const [a, b] = [ipLink(red, 'eth0'), ipLink(blue, 'eth0')];
  t.match(a, { ifindex: pair.a.index, mtu: 9000, address: '02:00:00:00:00:0a', num_tx_queues: 1, num_rx_queues: 1 });
  t.match(b, { ifindex: pair.b.index, mtu: 1400, num_tx_queues: 1, num_rx_queues: 1 });
  t.same([a.link_index, b.link_index], [b.ifindex, a.ifindex], 'each is the peer of the other');
  t.ok(a.flags.includes('UP') && b.flags.includes('UP'));
  t.same(addressesOf(a), ['10.0.0.1/24', 'fd00::1/64']);
  t.same(addressesOf(b), ['10.0.0.2/24', '10.0.0.2/16', 'fd00::2/128']);
  t.match(ipIn(red, 'netns', 'list-id'), `nsid ${a.link_netnsid} (iproute2 netns name: ${blue.name})`);
  await pair.remove();
  t.same([linkNames(red), linkNames(blue)], [['lo'], ['lo']]);
});

t.test('an end that is to stay down; more queues; no addresses', { skip }, async (t) => {
  await using lab = await two();
  await connect(
    { namespace: lab.red, name: 'eth0', up: false, numTxQueues: 4, numRxQueues: 2 },
    { namespace: lab.blue, name: 'veth-a_15.bytes' },
  );
  const a = ipLink(lab.red, 'eth0');
  t.notOk(a.flags.includes('UP'));
  t.match(a, { num_tx_queues: 4, num_rx_queues: 2, mtu: 1500 });
  t.ok(ipLink(lab.blue, 'veth-a_15.bytes').flags.includes('UP'));
});

t.test('both ends in one namespace; indexes that differ; names that are words elsewhere', { skip }, async (t) => {
  await using lab = await two();
  await connect({ namespace: lab.red, name: 'pad0' }, { namespace: lab.red, name: 'pad1' });
  const pair = await connect(
    { namespace: lab.red, name: '__proto__', addresses: ['10.0.0.1/24'] },
    { namespace: lab.red, name: 'constructor', addresses: ['10.0.0.2/24'] },
  );
  t.equal(ipLink(lab.red, '__proto__').link, 'constructor');
  t.equal(ipLink(lab.red, '__proto__').ifindex, pair.a.index);
  t.equal(ipLink(lab.red, 'constructor').ifindex, pair.b.index);
  const across = await connect({ namespace: lab.red, name: 'eth0' }, { namespace: lab.blue, name: 'eth0' });
  t.not(across.a.index, across.b.index);
  t.equal(ipLink(lab.blue, 'eth0').ifindex, across.b.index);
  await pair.remove();
  t.same(linkNames(lab.red).sort(), ['eth0', 'lo', 'pad0', 'pad1']);
});

t.test('a name that is taken, on either side: EEXIST says which, and nothing is left', { skip }, async (t) => {
  await using lab = await two();
  ipIn(lab.red, 'link', 'add', 'taken', 'type', 'bridge');
  ipIn(lab.blue, 'link', 'add', 'taken', 'type', 'bridge');
  const before = [ipLinks(lab.red), ipLinks(lab.blue)];
  const { descriptors } = inventory();
  const first = connect({ namespace: lab.red, name: 'taken' }, { namespace: lab.blue, name: 'free' });
  await t.rejects(first, { name: 'TopologyError', code: 'EEXIST', element: `#${lab.red.cookie}:taken` });
  const second = connect({ namespace: lab.red, name: 'free' }, { namespace: lab.blue, name: 'taken' });
  await t.rejects(second, { code: 'EEXIST', element: `#${lab.blue.cookie}:taken`, undone: [], leftovers: [] });
  t.same([ipLinks(lab.red), ipLinks(lab.blue)], before);
  t.equal(inventory().descriptors, descriptors);
});

t.test('everything that is wrong is said at once, before anything is done', { skip }, async (t) => {
  await using lab = await two();
  const { red: namespace, blue } = lab;
  const good = { namespace: blue, name: 'eth0' };
  const bad: [End, string[]][] = [
    [{ namespace, name: '' }, ['a.name']],
    [{ namespace, name: 'a234567890123456' }, ['a.name']],
    [{ namespace, name: 'ethé567890123456'.slice(0, 15) }, ['a.name']],
    [{ namespace, name: 'a/b' }, ['a.name']],
    [{ namespace, name: '..' }, ['a.name']],
    [{ namespace, name: 'eth%d' }, ['a.name']],
    [{ namespace, name: 'e 0' }, ['a.name']],
    [{ namespace, name: 'x', mtu: 67 }, ['a.mtu']],
    [{ namespace, name: 'x', mtu: 65536 }, ['a.mtu']],
    [{ namespace, name: 'x', mtu: 1279, addresses: ['10.0.0.1/8', 'fd00::1/64'] }, ['a.addresses[1]']],
    [{ namespace, name: 'x', address: '02:00:00:00:00' }, ['a.address']],
    [{ namespace, name: 'x', address: '01:00:5e:00:00:01' }, ['a.address']],
    [{ namespace, name: 'x', address: '00:00:00:00:00:00' }, ['a.address']],
    [
      { namespace, name: 'x', addresses: ['10.0.0.1/33', '10.0.0/8', 'fd00::1/129', 'fe80::1%eth0/64'] },
      ['a.addresses[0]', 'a.addresses[1]', 'a.addresses[2]', 'a.addresses[3]'],
    ],
    [
      { namespace, name: 'x', addresses: ['224.0.0.1/4', 'ff02::1/128', '0.0.0.0/0', '::/0'] },
      ['a.addresses[0]', 'a.addresses[1]', 'a.addresses[2]', 'a.addresses[3]'],
    ],
    [{ namespace, name: 'x', addresses: ['fd00::1/64', 'fd00:0::0:1/64'] }, ['a.addresses[1]']],
    [
      { namespace, name: '', mtu: 1, address: 'x', numTxQueues: 0, numRxQueues: 1.5 },
      ['a.name', 'a.mtu', 'a.address', 'a.numTxQueues', 'a.numRxQueues'],
    ],
    [{ namespace: blue, name: 'eth0' }, ['b.name']],
  ];
  for (const [end, paths] of bad) {
    const error = await connect(end, good).catch((error) => error);
    t.type(error, EncodeError, JSON.stringify(paths));
    t.same(
      error.problems.map(({ path }: { path: string }) => path),
      paths,
      error.message,
    );
  }
  const sameMac = { address: '02:00:00:00:00:0A' };
  await t.rejects(
    connect({ namespace, name: 'x', ...sameMac }, { ...good, address: '02:00:00:00:00:0a' }),
    EncodeError,
  );
  await t.rejects(connect(JSON.parse('{"namespace":"red","name":"x"}'), good), { message: /^a\.namespace / });
  await t.rejects(connect(JSON.parse('null'), good), { message: /^a is not / });
  t.same([linkNames(lab.red), linkNames(lab.blue)], [['lo'], ['lo']]);
});

t.test('a handle that is closed', { skip }, async (t) => {
  await using lab = await two();
  const closed = await Namespace.create();
  await closed.close();
  const open = { namespace: lab.red, name: 'eth0' };
  await t.rejects(connect({ namespace: closed, name: 'eth0' }, open), { code: 'ERR_NAMESPACE_CLOSED', leftovers: [] });
  await t.rejects(connect(open, { namespace: closed, name: 'eth0' }), { code: 'ERR_NAMESPACE_CLOSED', undone: [] });
  t.same(linkNames(lab.red), ['lo']);
});

t.test('a handle that is closed while we are at it', { skip }, async (t) => {
  for (let round = 0; round < 20; round++) {
    await using lab = await two();
    await using keeper = await Namespace.open({ fd: lab.blue.fd });
    const under = connect({ namespace: lab.red, name: 'eth0' }, { namespace: lab.blue, name: 'eth0' });
    await lab.blue.close();
    const result = await under.catch((error) => error);
    const there = linkNames(keeper).includes('eth0');
    t.equal(there, !(result instanceof TopologyError), 'in the right namespace or nowhere');
    t.equal(linkNames(lab.red).includes('eth0'), there);
  }
});

t.test('removing', { skip }, async (t) => {
  await t.test('twice, at the same time, and by another hand', async (t) => {
    await using lab = await two();
    const ends: [End, End] = [
      { namespace: lab.red, name: 'eth0' },
      { namespace: lab.blue, name: 'eth0' },
    ];
    const pair = await connect(...ends);
    await Promise.all([pair.remove(), pair.remove()]);
    await pair.remove();
    const again = await connect(...ends);
    ipIn(lab.blue, 'link', 'delete', 'eth0');
    const { remove } = again;
    await remove();
    {
      await using disposed = await connect(...ends);
      t.ok(disposed.a.index);
    }
    t.same([linkNames(lab.red), linkNames(lab.blue)], [['lo'], ['lo']]);
  });

  await t.test('what has taken its place is left alone', async (t) => {
    await using lab = await two();
    const pair = await connect({ namespace: lab.red, name: 'eth0' }, { namespace: lab.blue, name: 'eth0' });
    ipIn(lab.red, 'link', 'delete', 'eth0');
    ipIn(lab.red, 'link', 'add', 'eth0', 'index', String(pair.a.index), 'type', 'bridge');
    ipIn(lab.blue, 'link', 'add', 'x', 'index', '77', 'type', 'veth', 'peer', 'name', 'y', 'index', '78');
    await pair.remove();
    t.same(
      [linkNames(lab.red), linkNames(lab.blue).sort()],
      [
        ['lo', 'eth0'],
        ['lo', 'x', 'y'],
      ],
    );
  });

  await t.test('ends that were renamed, moved on, or given another address', async (t) => {
    for (const ends of ['a', 'b']) {
      await using lab = await two();
      await using green = await Namespace.create();
      const pair = await connect({ namespace: lab.red, name: 'eth0' }, { namespace: lab.blue, name: 'eth1' });
      ipIn(lab.red, 'link', 'set', 'eth0', 'name', 'other');
      ipIn(lab.red, 'link', 'set', 'other', 'address', '02:00:00:00:00:77');
      if (ends === 'a') await move('other', { from: lab.red, to: green });
      else await move('eth1', { from: lab.blue, to: green });
      await pair.remove();
      t.same([linkNames(lab.red), linkNames(lab.blue), linkNames(green)], [['lo'], ['lo'], ['lo']]);
    }
  });

  await t.test('when the handles are closed: found again by name, by a descriptor, or gone', async (t) => {
    const name = uniqueName();
    const red = await Namespace.create(name);
    const blue = await Namespace.create();
    const pair = await connect({ namespace: red, name: 'eth0' }, { namespace: blue, name: 'eth0' });
    await red.close();
    await blue.close();
    await using again = await Namespace.open(name);
    t.ok(linkNames(again).length > 0);
    await pair.remove();
    t.same(linkNames(again), ['lo']);
    await Namespace.delete(name);

    const lab = await two();
    await using held = await Namespace.open({ fd: lab.blue.fd });
    const second = await connect({ namespace: lab.red, name: 'eth0' }, { namespace: lab.blue, name: 'eth0' });
    await lab[Symbol.asyncDispose]();
    await second.remove();
    t.same(linkNames(held), ['lo']);

    const lost = await two();
    const third = await connect({ namespace: lost.red, name: 'eth0' }, { namespace: lost.blue, name: 'eth0' });
    await lost[Symbol.asyncDispose]();
    await third.remove();
  });
});

t.test('many at once', { skip }, async (t) => {
  await using lab = await two();
  const { descriptors } = inventory();
  const numbers = Array.from({ length: 50 }, (_, index) => index);
  const pairs = await Promise.all(
    numbers.map((number) =>
      connect(
        { namespace: lab.red, name: `r${number}`, addresses: [`10.${number}.0.1/24`] },
        { namespace: lab.blue, name: `b${number}`, addresses: [`10.${number}.0.2/24`] },
      ),
    ),
  );
  for (const number of numbers) {
    t.equal(ipLink(lab.red, `r${number}`).link_index, pairs[number]?.b.index);
    t.same(addressesOf(ipLink(lab.blue, `b${number}`)), [`10.${number}.0.2/24`]);
  }
  const rivals = await Promise.allSettled(
    numbers.map(() => connect({ namespace: lab.red, name: 'one' }, { namespace: lab.blue, name: 'one' })),
  );
  t.equal(rivals.filter(({ status }) => status === 'fulfilled').length, 1, 'one of fifty gets the name');
  for (const rival of rivals) if (rival.status === 'rejected') t.match(rival.reason, { code: 'EEXIST', leftovers: [] });
  await Promise.all(pairs.map((pair) => pair.remove()));
  t.same([linkNames(lab.red), linkNames(lab.blue)].flat().sort(), ['lo', 'lo', 'one', 'one']);
  t.equal(inventory().descriptors, descriptors);
});

t.test('nothing of it keeps a namespace alive', { skip }, async (t) => {
  await using red = await Namespace.create();
  const blue = await Namespace.create();
  await using rt = await Rtnetlink.open({ namespace: red });
  const pair = await connect({ namespace: red, name: 'eth0' }, { namespace: blue, name: 'eth0' });
  const events = rt.monitor({ groups: ['link'], snapshot: true });
  await blue.close();
  for await (const event of events) if (event.type === 'link' && event.action === 'delete') break;
  t.same(linkNames(red), ['lo'], 'the end of a namespace takes the pair with it');
  await pair.remove();
});

t.test('an abort, and a time that is over', { skip }, async (t) => {
  await using lab = await two();
  const ends: [End, End] = [
    { namespace: lab.red, name: 'eth0' },
    { namespace: lab.blue, name: 'eth0' },
  ];
  const reason = new Error('enough');
  await t.rejects(connect(...ends, { signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  const under = connect(...ends, { signal: controller.signal });
  controller.abort(reason);
  await t.rejects(under, reason);
  await t.rejects(connect(...ends, { timeout: 0 }), { code: 'ERR_TOPOLOGY_TIMEOUT', leftovers: [] });
  t.same([linkNames(lab.red), linkNames(lab.blue)], [['lo'], ['lo']]);
  await connect(...ends, { timeout: 10_000, signal: new AbortController().signal });
});

t.test('without privileges the error says which capability', { skip }, async (t) => {
  await using lab = await two();
  const script = `
    import { Namespace } from '@nsnet/ns';
    import { connect } from '@nsnet/topology';
    const [red, blue] = [await Namespace.open({ fd: 3 }), await Namespace.open({ fd: 4 })];
    await connect({ namespace: red, name: 'x' }, { namespace: blue, name: 'x' }).catch((error) => {
      console.log(JSON.stringify({ name: error.name, code: error.code, message: error.message }));
    });
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    uid: 65534,
    stdio: ['ignore', 'pipe', 'pipe', lab.red.fd, lab.blue.fd],
  });
  t.match(JSON.parse(stdout || '{}'), { name: 'TopologyError', code: 'EPERM', message: /CAP_SYS_ADMIN/ }, stderr);
});

t.test('tracing names what is done', { skip }, async (t) => {
  await using lab = await two();
  const script = `
    import { Namespace } from '@nsnet/ns';
    import { connect, peerOf } from '@nsnet/topology';
    const [red, blue] = [await Namespace.open({ fd: 3 }), await Namespace.open({ fd: 4 })];
    const pair = await connect({ namespace: red, name: 'x' }, { namespace: blue, name: 'y' });
    await (await peerOf(red, 'x')).namespace.close();
    await pair.remove();
    await connect({ namespace: red, name: 'lo' }, { namespace: blue, name: 'y' }).catch(() => {});
  `;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    env: { ...process.env, DEBUG: 'nsnet:topology' },
    stdio: ['ignore', 'pipe', 'pipe', lab.red.fd, lab.blue.fd],
  });
  const [red, blue] = [lab.red.cookie, lab.blue.cookie];
  t.match(stderr, `connected #${red}:x ↔ #${blue}:y`);
  t.match(stderr, `the peer of #${red}:x is #${blue}:y`);
  t.match(stderr, `removed #${red}:x ↔ #${blue}:y`);
});

t.test('packets go through', { skip: skip || lacking('ping') }, async (t) => {
  await using lab = await two();
  await connect(
    { namespace: lab.red, name: 'eth0', addresses: ['10.0.0.1/24'] },
    { namespace: lab.blue, name: 'eth0', addresses: ['10.0.0.2/24'] },
  );
  t.match(inside(lab.red, 'ping', '-c', '2', '-i', '0.01', '10.0.0.2').stdout, '2 received');
  t.match(inside(lab.blue, 'ping', '-c', '2', '-i', '0.01', '10.0.0.1').stdout, '2 received');
});
