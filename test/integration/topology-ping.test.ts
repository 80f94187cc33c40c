import { getEventListeners } from 'node:events';
import { Rtnetlink } from '@nsnet/netlink';
import { Namespace } from '@nsnet/ns';
import { connect, ping, usable } from '@nsnet/topology';
import t from 'tap';
import { inside, ipIn } from '../support/lab.ts';
import { inventory, lacking, uniqueName } from '../support/namespaces.ts';

const skip = lacking('ip', 'ping', 'nsenter');

/** Two namespaces, joined and usable. */
async function lab(names: readonly (string | undefined)[] = [undefined, undefined]) {
  const [red, blue] = [await Namespace.create(names[0]), await Namespace.create(names[1])];
  await connect(
    { namespace: red, name: 'eth0', addresses: ['10.0.0.1/24', 'fd00::1/64'] },
    { namespace: blue, name: 'eth0', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
  );
  for (const place of [red, blue]) {
    // Otherwise the first seconds would go into looking for duplicates.
    for (const word of ipIn(place, '-6', '-o', 'address', 'show', 'dev', 'eth0').match(/inet6 (\S+)/g) ?? []) {
      const address = word.replace('inet6 ', '');
      ipIn(place, 'address', 'delete', address, 'dev', 'eth0');
      ipIn(place, 'address', 'add', address, 'dev', 'eth0', 'nodad');
    }
    await usable(place);
  }
  const close = async () => {
    await red[Symbol.asyncDispose]();
    await blue[Symbol.asyncDispose]();
  };
  return { red, blue, [Symbol.asyncDispose]: close };
}

function linkLocal(place: Namespace): string {
  return /inet6 (fe80:\S+)\//.exec(ipIn(place, '-6', 'address'))?.[1] ?? '';
}

t.test('loopback: no way before it is up, then it answers', { skip }, async (t) => {
  await using red = await Namespace.create();
  await t.rejects(ping(red, '127.0.0.1'), { name: 'TopologyError', code: 'ENETUNREACH', message: /Is|is the link up/ });
  await t.rejects(ping(red, '::1'), { name: 'TopologyError', code: 'EADDRNOTAVAIL' });
  t.match(inside(red, 'ping', '-c', '1', '127.0.0.1').stderr, 'Network is unreachable', 'as ping says');
  await using rt = await Rtnetlink.open({ namespace: red });
  await rt.links.set('lo', { up: true });
  for (const address of ['127.0.0.1', '127.1.2.3', '::1', '0:0:0:0:0:0:0:1']) {
    const result = await ping(red, address, { interval: 0 });
    t.match(result, { sent: 3, received: 3 });
    t.equal(result.roundTripTimes.length, 3);
    t.ok(result.roundTripTimes.every((time) => time > 0 && time < 1000));
  }
});

t.test('over a veth, both ways and both families, as ping finds', { skip }, async (t) => {
  await using place = await lab([uniqueName(), uniqueName()]);
  const { red, blue } = place;
  const { descriptors } = inventory();
  t.match(await ping(red, '10.0.0.2', { count: 5, interval: 5 }), { sent: 5, received: 5 });
  t.match(await ping(blue, '10.0.0.1', { count: 1 }), { sent: 1, received: 1 });
  t.match(await ping(red, 'fd00::2', { interval: 5 }), { sent: 3, received: 3 });
  t.match(await ping(blue, 'FD00:0::0:1', { interval: 5 }), { sent: 3, received: 3 });
  for (const zone of ['eth0', '2']) {
    t.match(await ping(red, `${linkLocal(blue)}%${zone}`, { interval: 5 }), { sent: 3, received: 3 });
  }
  ipIn(red, 'link', 'set', 'lo', 'up');
  t.match(await ping(red, '10.0.0.1', { interval: 0 }), { received: 3 }, 'itself');
  t.match(inside(red, 'ping', '-c', '1', `${linkLocal(blue)}%eth0`).stdout, '1 received');
  t.equal(inventory().descriptors, descriptors);
});

t.test('the pace', { skip }, async (t) => {
  await using place = await lab();
  const time = async (options: Parameters<typeof ping>[2]) => {
    const started = performance.now();
    await ping(place.red, '10.0.0.2', options);
    return performance.now() - started;
  };
  const byDefault = await time({});
  t.ok(byDefault >= 395 && byDefault < 1000, `two intervals: ${byDefault}`);
  t.ok((await time({ count: 1 })) < 150, 'it ends with the last reply');
  const slow = await time({ count: 2, interval: 300 });
  t.ok(slow >= 295 && slow < 800, `${slow}`);
});

t.test('nobody there', { skip }, async (t) => {
  await using place = await lab();
  const started = performance.now();
  t.same(await ping(place.red, '10.0.0.77', { count: 2, interval: 10, timeout: 100 }), {
    sent: 2,
    received: 0,
    roundTripTimes: [],
  });
  const took = performance.now() - started;
  t.ok(took >= 105 && took < 1000, `${took}`);
  t.match(await ping(place.red, 'fd00::77', { count: 2, interval: 10, timeout: 100 }), { sent: 2, received: 0 });
});

t.test('no way there', { skip }, async (t) => {
  await using place = await lab();
  const { red } = place;
  const { descriptors } = inventory();
  const element = `#${red.cookie} → 192.0.2.1`;
  await t.rejects(ping(red, '192.0.2.1'), { code: 'ENETUNREACH', element });
  await t.rejects(ping(red, '2001:db8::1'), { code: 'ENETUNREACH' });
  ipIn(red, 'route', 'add', 'unreachable', '192.0.2.0/24');
  await t.rejects(ping(red, '192.0.2.1'), { code: 'EHOSTUNREACH' });
  ipIn(red, 'route', 'add', 'prohibit', '198.51.100.0/24');
  await t.rejects(ping(red, '198.51.100.1'), { code: 'EACCES' });
  await t.rejects(ping(red, '10.0.0.255'), { code: 'EACCES' }, 'the broadcast address of a link');
  await t.rejects(ping(red, 'fe80::1%nothing'), { code: 'ENODEV', message: /no link 'nothing'/ });
  await t.rejects(ping(red, 'fe80::1%a-name-that-is-too-long'), { code: 'ENODEV' });
  t.equal(inventory().descriptors, descriptors);
});

t.test('what is no address, or no number', { skip }, async (t) => {
  await using red = await Namespace.create();
  const { descriptors } = inventory();
  const bad = [
    '',
    'localhost',
    '10.0.0',
    '10.0.0.1/24',
    '10.0.0.256',
    '::g',
    'fe80::1',
    '10.0.0.1%eth0',
    'fd00::1%eth0',
  ];
  for (const address of [...bad, '224.0.0.1', 'ff02::1%eth0', '255.255.255.255', '0.0.0.0', '::', '::ffff:10.0.0.1']) {
    await t.rejects(ping(red, address), { name: 'EncodeError', path: 'address' }, address);
  }
  const good = '10.0.0.1';
  for (const count of [0, -1, 1.5, Number.NaN]) await t.rejects(ping(red, good, { count }), { message: /^count / });
  for (const interval of [-1, Number.NaN, Infinity])
    await t.rejects(ping(red, good, { interval }), { message: /^interval / });
  await t.rejects(ping(red, good, { timeout: -5, count: 0 }), { message: /^count .*; timeout / });
  t.equal(inventory().descriptors, descriptors);
});

t.test('a link that goes down and up again in the middle', { skip }, async (t) => {
  await using place = await lab();
  const { red, blue } = place;
  for (const end of [blue, red]) {
    const under = ping(red, '10.0.0.2', { count: 30, interval: 10, timeout: 200 });
    await new Promise((resolve) => setTimeout(resolve, 60));
    ipIn(end, 'link', 'set', 'eth0', 'down');
    await new Promise((resolve) => setTimeout(resolve, 60));
    ipIn(end, 'link', 'set', 'eth0', 'up');
    const { sent, received, roundTripTimes } = await under;
    t.equal(sent, 30, 'what is lost here counts as sent');
    t.ok(received >= 3 && received < 30, `${received} of 30`);
    t.equal(roundTripTimes.length, received);
    await usable(end, ['eth0']);
  }
});

t.test("a router's refusal is silence", { skip }, async (t) => {
  await using place = await lab();
  const { red, blue } = place;
  ipIn(red, 'route', 'add', 'default', 'via', '10.0.0.2');
  await blue.sysctl.set('net.ipv4.ip_forward', 1);
  t.match(inside(red, 'ping', '-c', '1', '192.0.2.1').stdout, 'Destination Net Unreachable');
  t.match(await ping(red, '192.0.2.1', { count: 4, interval: 10, timeout: 100 }), { sent: 4, received: 0 });
});

t.test('a firewall that drops, here and there', { skip: skip || lacking('nft') }, async (t) => {
  await using place = await lab();
  for (const [end, hook] of [
    [place.red, 'output'],
    [place.blue, 'input'],
  ] as const) {
    t.equal(inside(end, 'nft', 'add table ip t').status, 0);
    inside(end, 'nft', `add chain ip t c { type filter hook ${hook} priority 0; policy drop; }`);
    t.match(await ping(place.red, '10.0.0.2', { interval: 5, timeout: 50 }), { sent: 3, received: 0 }, hook);
    inside(end, 'nft', 'delete table ip t');
    t.match(await ping(place.red, '10.0.0.2', { interval: 5 }), { sent: 3, received: 3 }, 'and is gone');
  }
});

t.test('an abort', { skip }, async (t) => {
  await using place = await lab();
  const { descriptors } = inventory();
  const reason = new Error('enough');
  await t.rejects(ping(place.red, '10.0.0.2', { signal: AbortSignal.abort(reason) }), reason);
  for (const moment of [0, 5, 30]) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), moment);
    await t.rejects(ping(place.red, '10.0.0.77', { count: 100, interval: 5, signal: controller.signal }), reason);
    t.equal(getEventListeners(controller.signal, 'abort').length, 0);
  }
  const { signal } = new AbortController();
  await ping(place.red, '10.0.0.2', { count: 1, signal });
  t.equal(getEventListeners(signal, 'abort').length, 0);
  t.equal(inventory().descriptors, descriptors);
});

t.test('many at once, each hears its own', { skip }, async (t) => {
  await using place = await lab();
  const { red, blue } = place;
  const { descriptors } = inventory();
  const results = await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      ping(index % 2 ? red : blue, index % 3 ? `10.0.0.${index % 2 ? 2 : 1}` : `fd00::${index % 2 ? 2 : 1}`, {
        count: 1 + (index % 7),
        interval: index % 5,
        timeout: 5000,
      }),
    ),
  );
  for (const [index, { sent, received }] of results.entries())
    t.same([sent, received], [1 + (index % 7), 1 + (index % 7)]);
  t.equal(inventory().descriptors, descriptors);
});

t.test('an event loop that is late loses nothing', { skip }, async (t) => {
  await using place = await lab();
  // Slower than send: the replies are there only after the loop has been held.
  ipIn(place.red, 'route', 'add', '192.0.2.0/24', 'via', '10.0.0.2');
  const under = ping(place.red, '10.0.0.2', { count: 20, interval: 5, timeout: 30 });
  for (let round = 0; round < 4; round++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const until = performance.now() + 80;
    while (performance.now() < until);
  }
  t.match(await under, { sent: 20, received: 20 });
});

t.test('replies of other programs are not taken for ours', { skip }, async (t) => {
  await using place = await lab();
  const { red } = place;
  const flood = inside.bind(undefined, red, 'ping', '-f', '-c', '300', '10.0.0.2');
  const under = ping(red, '10.0.0.77', { count: 3, interval: 10, timeout: 300 });
  t.match(flood().stdout, '300 received');
  t.match(await under, { sent: 3, received: 0 });
});
