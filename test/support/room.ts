import { Rtnetlink, type RtnetlinkOptions } from '@nsnet/netlink';
import { Namespace } from '@nsnet/ns';
import { inside, ipIn } from './lab.ts';

/** A namespace of its own for a test, and a client in it. Everything made in it goes with it. */
export interface Room extends AsyncDisposable {
  readonly ns: Namespace;
  readonly rt: Rtnetlink;
  /** Another client in the same namespace, closed with the room. */
  client(options?: RtnetlinkOptions): Promise<Rtnetlink>;
  /** Runs each line as `ip …` inside; fails if one fails. */
  ip(...lines: readonly string[]): void;
  /** What `ip -d -j …` says. */
  json<T = Record<string, unknown>>(line: string): T[];
  /** What a shell script prints inside; fails if it fails. */
  sh(script: string): string;
  /** All that `ip` can tell of the namespace, to be compared with later. */
  state(): string;
}

/** Makes a namespace without a name and a client in it. */
export async function room(options: RtnetlinkOptions = {}): Promise<Room> {
  const ns = await Namespace.create();
  const clients: Rtnetlink[] = [];
  const client = async (more: RtnetlinkOptions = {}) => {
    const opened = await Rtnetlink.open({ namespace: ns, ...more });
    clients.push(opened);
    return opened;
  };
  const sh = (script: string) => {
    const { status, stdout, stderr } = inside(ns, 'sh', '-c', script);
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  };
  const json = <T>(line: string): T[] => JSON.parse(ipIn(ns, '-d', '-j', ...line.split(' ')) || '[]');
  const state = () =>
    sh(`
      ip -d -o link; ip -d -o address; ip -d rule; ip -d -6 rule
      ip -d route show table all; ip -d -6 route show table all; ip neighbour; ip netns list-id
    `)
      // Timers tick.
      .replaceAll(/\b(gc|hello|tcn|topology_change)_timer +[\d.]+|(valid|preferred)_lft \d+sec|expires \d+sec/g, '');
  return {
    ns,
    rt: await client(options),
    client,
    ip: (...lines) => {
      for (const line of lines) ipIn(ns, ...line.split(' '));
    },
    json,
    sh,
    state,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((one) => one.close()));
      await ns.close();
    },
  };
}

/** A namespace with bridges `b0` …, made by `ip`. */
export async function withBridges(count: number): Promise<Room> {
  const here = await room();
  here.sh(`seq 0 ${count - 1} | sed 's/.*/link add b& type bridge/' | ip -batch -`);
  return here;
}

/** `EEXIST`, or the name of an error without a code; `ok` when there is none. */
export async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'ok';
  } catch (error) {
    return error instanceof Error ? ((error as { code?: string }).code ?? error.name) : String(error);
  }
}
