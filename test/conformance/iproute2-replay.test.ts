// timeout: 200 s
// json() and text() against `ip -j` and `ip` where both are shown the same random messages: kinds, flags and values that
// no kernel of this machine would send.
import { Rtnetlink } from '@nsnet/netlink';
import { json, type Kernel, type ShowOptions, text, type What } from '@nsnet/netlink/iproute2';
import { messageTypeOf } from '@nsnet/netlink/messages';
import { Namespace } from '@nsnet/ns';
import t from 'tap';
import { ipArguments, jsonLines } from '../support/ip-arguments.ts';
import { IpReplay } from '../support/ip-replay.ts';
import { lacking, uniqueName } from '../support/namespaces.ts';
import { Random, seeds } from '../support/random.ts';
import { netlinkMessage } from '../support/raw-messages.ts';
import { randomLink } from './iproute2-links.ts';
import { randomAddress, randomNeighbour, randomRoute, randomRule } from './iproute2-messages.ts';

const replay = new IpReplay();
t.teardown(() => replay.close());
const skip = lacking('ip') || replay.lacking;

/** Answers to dumps, by request. */
type Answers = Readonly<Record<string, readonly Buffer[]>>;

/** What is shown, and how its messages are made. */
interface Subject {
  readonly what: What;
  readonly request: string;
  readonly options?: ShowOptions;
  readonly make: (random: Random, index: number) => Buffer;
  /** Whether links are asked for in one go: of routes, `ip` asks the kernel about each link by itself. */
  readonly links: boolean;
}

const subjects: readonly Subject[] = [
  { what: 'link', request: 'RTM_GETLINK', make: (random, index) => randomLink(random, index + 2), links: true },
  { what: 'address', request: 'RTM_GETADDR', make: randomAddress, links: true },
  { what: 'route', request: 'RTM_GETROUTE', options: { table: 'all' }, make: randomRoute, links: false },
  { what: 'neighbour', request: 'RTM_GETNEIGH', make: randomNeighbour, links: true },
  { what: 'rule', request: 'RTM_GETRULE', make: (random) => randomRule(random, 'inet'), links: false },
  {
    what: 'rule',
    request: 'RTM_GETRULE',
    options: { family: 'inet6' },
    make: (random) => randomRule(random, 'inet6'),
    links: false,
  },
];
const amounts: readonly ShowOptions[] = [
  {},
  { details: true },
  { statistics: true },
  { details: true, statistics: true },
];

/** A kernel that answers dumps so; other questions go on to the real one. */
function shown(rt: Rtnetlink, answers: Answers): Kernel {
  return {
    nsids: rt.nsids,
    request: async (message, options) => {
      const payloads = answers[message.type];
      const schema = messageTypeOf(message.type)?.message;
      if (payloads === undefined || schema === undefined) return await rt.request(message, options);
      return payloads.map((payload) => {
        const { header, attributes } = schema.decode(payload) as Awaited<ReturnType<Kernel['request']>>[number];
        return { type: message.type, header, attributes };
      });
    },
  };
}

/** The same answers for `ip`. */
function showToIp(answers: Answers): void {
  replay.forget();
  for (const [request, payloads] of Object.entries(answers)) {
    const type = messageTypeOf(request)?.type ?? 0;
    const created = type - 2;
    replay.answer(
      type,
      payloads.map((payload) => netlinkMessage(created, payload)),
    );
  }
}

/** The first line in which they differ, from a little before the difference. */
function difference(theirs: string, ours: string): string | undefined {
  const [a, b] = [theirs.split('\n'), ours.split('\n')];
  const line = a.findIndex((text, at) => text !== b[at]);
  if (line === -1) return a.length === b.length ? undefined : `${b.length} lines for ${a.length}`;
  const [x = '', y = ''] = [a[line], b[line]];
  const at = [...x].findIndex((letter, column) => letter !== y[column]);
  const from = Math.max(0, (at === -1 ? x.length : at) - 60);
  return `line ${line + 1}, column ${from + 1}\n  ip:   ${x.slice(from, from + 160)}\n  ours: ${y.slice(from, from + 160)}`;
}

for (const { what, request, options = {}, make, links } of subjects) {
  t.test(`random messages: ${what} ${options.family ?? ''}`, { skip }, async (t) => {
    await using namespace = await Namespace.create(uniqueName());
    await using rt = await Rtnetlink.open({ namespace });
    const name = namespace.name ?? '';
    for (const seed of seeds(8)) {
      const random = new Random(seed);
      const others = links ? { RTM_GETLINK: Array.from({ length: 100 }, (_, at) => randomLink(random, at + 2)) } : {};
      const answers = { ...others, [request]: Array.from({ length: 150 }, (_, at) => make(random, at)) };
      const kernel = shown(rt, answers);
      showToIp(answers);
      for (const amount of amounts) {
        const asked = { ...options, ...amount };
        const args = ipArguments(what, asked);
        const objects: unknown[] = JSON.parse(replay.run(name, '-json', ...args));
        const inJson = difference(jsonLines(objects), jsonLines(await json(kernel, what, asked)));
        const inText = difference(replay.run(name, ...args), await text(kernel, what, asked));
        t.equal(inJson, undefined, `seed ${seed}: ip -json ${args.join(' ')}`);
        t.equal(inText, undefined, `seed ${seed}: ip ${args.join(' ')}`);
      }
    }
  });
}
