// timeout: 300 s
// json() and text() against `ip -j` and `ip`, on namespaces in which a lot has been set up by `ip`.
import { spawnSync } from 'node:child_process';
import { Rtnetlink } from '@nsnet/netlink';
import { json, type ShowOptions, text, type What } from '@nsnet/netlink/iproute2';
import { Namespace } from '@nsnet/ns';
import t, { type Test } from 'tap';
import { ipArguments, jsonLines } from '../support/ip-arguments.ts';
import { lacking, uniqueName } from '../support/namespaces.ts';
import { Random, seeds } from '../support/random.ts';
import { outside } from '../support/within.ts';
import { build, knownKinds } from './iproute2-state.ts';

const skip = lacking('ip', 'nsenter');
/** How often a comparison is tried when the state itself was changing (duplicate address detection, neighbours). */
const attempts = 8;

const families: readonly ShowOptions[] = [{}, { family: 'inet' }, { family: 'inet6' }];
const amounts: readonly ShowOptions[] = [{}, { details: true }, { statistics: true }];
const whole: readonly ShowOptions[] = [{}];
/** What there is, and the tables that may be asked for. */
const subjects: Readonly<Record<What, readonly ShowOptions[]>> = {
  link: whole,
  address: whole,
  route: [{}, { table: 'all' }, { table: 100 }, { table: 255 }, { table: 4242 }],
  neighbour: whole,
  rule: [{}, { table: 100 }],
};

/** Everything that can be asked of `what`. */
function questions(what: What): ShowOptions[] {
  return subjects[what].flatMap((table) =>
    families.flatMap((family) => amounts.map((amount) => ({ ...table, ...family, ...amount }))),
  );
}

/** What `ip` printed; undefined when it failed. */
function ip(namespace: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('ip', ['-n', namespace, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return status === 0 ? stdout : undefined;
}

/** Says how our answer differs from that of `ip`; undefined when it doesn't. */
async function difference(ask: () => Promise<string>, theirs: () => string | undefined): Promise<string | undefined> {
  let problem: string | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const before = theirs();
    const ours = await ask().catch((error: unknown) => `threw ${error}`);
    const after = theirs();
    if (before === undefined || after === undefined)
      return ours.startsWith('threw NetlinkError') ? undefined : `ip failed, we did not: ${ours}`;
    problem = outside(before, ours, after);
    if (problem === undefined) break;
  }
  return problem;
}

async function compareAll(t: Test, rt: Rtnetlink, namespace: string): Promise<void> {
  for (const what of Object.keys(subjects) as What[]) {
    for (const options of questions(what)) {
      const args = ipArguments(what, options);
      const theirJson = () => {
        const printed = ip(namespace, '-json', ...args);
        return printed === undefined ? undefined : jsonLines(JSON.parse(printed));
      };
      const inJson = await difference(async () => jsonLines(await json(rt, what, options)), theirJson);
      const inText = await difference(
        () => text(rt, what, options),
        () => ip(namespace, ...args),
      );
      t.equal(inJson, undefined, `ip -json ${args.join(' ')}`);
      t.equal(inText, undefined, `ip ${args.join(' ')}`);
    }
  }
}

t.test('a namespace as it is born', { skip }, async (t) => {
  await using namespace = await Namespace.create(uniqueName());
  await using rt = await Rtnetlink.open({ namespace });
  await compareAll(t, rt, namespace.name ?? '');
});

for (const seed of seeds(3)) {
  t.test(`much in it, seed ${seed}`, { skip }, async (t) => {
    await using home = await Namespace.create(uniqueName());
    await using named = await Namespace.create(uniqueName());
    await using unnamed = await Namespace.create();
    const name = home.name ?? '';
    const known = knownKinds(name);
    const refused = build(new Random(seed), { home: name, named: named.name ?? '', unnamed }, known);
    t.comment(`kinds: ${[...known].join(', ')}; ${refused.length} commands refused`);
    for (const complaint of refused) t.comment(complaint);
    await using rt = await Rtnetlink.open({ namespace: home });
    await compareAll(t, rt, name);
  });
}
