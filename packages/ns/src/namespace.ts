import type { ChildProcess, SpawnOptions } from 'node:child_process';
import type { Socket as UdpSocket } from 'node:dgram';
import type { AgentOptions } from 'node:https';
import type { Server, Socket } from 'node:net';
import { AF, close, SOCK, socket } from '@nsnet/sys';
import { type DiscoveredNamespace, discover } from './discover.ts';
import { type Attempt, kernelAnswer, NamespaceError, refused } from './errors.ts';
import type { ExecOptions } from './exec/options.ts';
import { type RunOptions, type RunResult, runInside } from './exec/run.ts';
import { type Place, spawnInside } from './exec/spawn.ts';
import { verifySocket } from './helper/verify.ts';
import { type Host, host } from './host.ts';
import { cookieOf } from './identity.ts';
import { makeNamespace, removeNamespace } from './lifecycle.ts';
import { bringLoopbackUp } from './loopback.ts';
import { checkName, checkNewName } from './name.ts';
import { processesIn } from './processes.ts';
import { NamespaceAgent } from './sockets/agent.ts';
import { type BindOptions, bindInside } from './sockets/bind.ts';
import { type ConnectOptions, connectInside } from './sockets/connect.ts';
import { type Connector, type ConnectorOptions, connectorInside } from './sockets/connector.ts';
import { type ListenOptions, listenInside } from './sockets/listen.ts';
import { type NamespaceSource, openDescriptor, openPath, openSource } from './source.ts';
import { Sysctl } from './sysctl.ts';
import { nameIn, trace } from './trace.ts';

/** Options of `Namespace.create`. */
export interface CreateOptions {
  /** Bring the loopback interface up. Default false: `lo` is down, as after `ip netns add`. */
  readonly loopback?: boolean;
}

/** Options of `delete`. */
export interface DeleteOptions {
  /**
   * Wait until the kernel has taken the namespace down, so that the peers of its links are gone too. It never ends
   * while somebody uses it: then the wait fails with `ERR_NAMESPACE_BUSY`.
   */
  readonly wait?: boolean;
  /** Longest wait, milliseconds. Default 10 000. */
  readonly timeout?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/** What is in the directory of names. */
export interface ListedNamespace {
  readonly name: string;
  /** The namespace's identity; 0n if there is none behind the name. */
  readonly cookie: bigint;
  /** True for an entry that is no network namespace: a leftover of a crash, a file, a directory. */
  readonly stale?: boolean;
}

/** What only this file can give, so that only it can make handles. */
interface Origin {
  readonly host: Host;
  readonly fd: number;
  readonly cookie: bigint;
  readonly name: string | undefined;
  /** Made by `create`: disposal takes the name away. */
  readonly created: boolean;
  /** The process's own: its sockets need neither helper nor rights. */
  readonly own?: boolean;
}

/**
 * A network namespace, held by an open descriptor: it can't go away, and can't be mistaken for another, while the
 * handle is open.
 *
 * Names are those of `ip netns`: what is created here is seen there, and the other way round. A namespace without a
 * name lives as long as its handle, or a process or socket in it, and leaves nothing behind whatever happens.
 */
export class Namespace implements AsyncDisposable {
  /** The name it was created or opened by. */
  readonly name: string | undefined;
  /** Identity: no other namespace has the same number until the next boot. Equal to `SO_NETNS_COOKIE`. */
  readonly cookie: bigint;
  /** Kernel parameters of the namespace: `sysctl net.…`. */
  readonly sysctl: Sysctl;
  readonly #host: Host;
  readonly #created: boolean;
  readonly #own: boolean;
  #fd: number;

  private constructor({ host, fd, cookie, name, created, own = false }: Origin) {
    this.#host = host;
    this.#fd = fd;
    this.#created = created;
    this.#own = own;
    this.cookie = cookie;
    this.name = name;
    this.sysctl = new Sysctl(() => this.fd, host.helper, this.#label);
  }

  /**
   * Creates a namespace: `ip netns add NAME`. Without a name it is anonymous.
   *
   * @throws NamespaceError ERR_NAMESPACE_NAME; EEXIST; EPERM: no CAP_SYS_ADMIN; ENOSPC: too many namespaces
   */
  static async create(name?: string, options: CreateOptions = {}): Promise<Namespace> {
    const asked = name === undefined ? 'create a namespace' : `create namespace '${name}'`;
    if (name !== undefined) {
      checkNewName(name);
      await host.names.prepare(name);
    }
    const fd = await makeNamespace(host, asked, name);
    try {
      const cookie = await cookieOf(fd, host.helper);
      const made = new Namespace({ host, fd, cookie, name, created: true });
      if (options.loopback) await made.#loopbackUp(asked);
      // Last: a name is there from the moment when all is ready.
      if (name !== undefined) host.names.add(name, fd);
      trace('created %s, cookie %d', made.#label, cookie);
      return made;
    } catch (error) {
      close(fd);
      throw error;
    }
  }

  /**
   * Opens a namespace that exists: by name (`'red'`), by a process in it (`{ pid }`), by a file (`{ path }`, also
   * `/proc/PID/ns/net`), or by a descriptor (`{ fd }`, which is duplicated).
   *
   * @throws NamespaceError ENOENT: no such name or file; ESRCH: no such process; ERR_NOT_A_NAMESPACE: something else is
   *   there; EACCES; ERR_NAMESPACE_NAME, ERR_NAMESPACE_SOURCE
   */
  static async open(source: NamespaceSource): Promise<Namespace> {
    const fd = openSource(source, host.names);
    const opened = await Namespace.#adopt(fd, typeof source === 'string' ? source : undefined);
    trace('opened %o, cookie %d', source, opened.cookie);
    return opened;
  }

  /** The namespace this process is in. It has no name here, even if there is one for it: see `identify`. */
  static async current(): Promise<Namespace> {
    return Namespace.#adopt(openPath('/proc/thread-self/ns/net'), undefined, true);
  }

  static async #adopt(fd: number, name: string | undefined, own = false): Promise<Namespace> {
    try {
      return new Namespace({ host, fd, cookie: await cookieOf(fd, host.helper), name, created: false, own });
    } catch (error) {
      close(fd);
      throw error;
    }
  }

  /**
   * True if a network namespace has this name; false also for leftover files and the like.
   *
   * @throws NamespaceError ERR_NAMESPACE_NAME
   */
  static async exists(name: string): Promise<boolean> {
    checkName(name);
    return host.names.has(name);
  }

  /** All names, sorted: `ip netns list`. Entries that are no namespaces are among them, and are never opened. */
  static async list(): Promise<ListedNamespace[]> {
    const list: ListedNamespace[] = [];
    await host.names.visit(async ({ name, fd }) => {
      if (fd === undefined) list.push({ name, cookie: 0n, stale: true });
      else list.push({ name, cookie: await cookieOf(fd, host.helper) });
    });
    return list;
  }

  /**
   * Removes a name: `ip netns delete NAME`. The namespace itself ends with its last user.
   *
   * Leftover files and symbolic links at the name are removed as well; a directory, a FIFO or a file with content is
   * not.
   *
   * @returns the processes that still live inside
   * @throws NamespaceError ENOENT, ERR_NOT_A_NAMESPACE, EPERM, EBUSY; ERR_NAMESPACE_BUSY: still there after the wait
   */
  static async delete(name: string, options: DeleteOptions = {}): Promise<{ pids: number[] }> {
    checkName(name);
    const fd = host.names.openToDelete(name);
    if (fd !== undefined) return removeNamespace(host, fd, name, { ...options, letGo: () => close(fd) });
    await host.names.remove(name, undefined);
    trace('deleted %s, which was no namespace', name);
    return { pids: [] };
  }

  /**
   * Names of the namespace that a process is in: `ip netns identify PID`.
   *
   * @throws NamespaceError ESRCH, EACCES
   */
  static async identify(pid: number): Promise<string[]> {
    await using namespace = await Namespace.open({ pid });
    const names: string[] = [];
    for (const { name, cookie } of await Namespace.list()) if (cookie === namespace.cookie) names.push(name);
    return names;
  }

  /**
   * Every network namespace of this host, once: those with names, with processes, those mounted somewhere (Docker,
   * CNI), those that somebody holds open. Sorted by cookie, which is by age.
   */
  static async discover(): Promise<DiscoveredNamespace[]> {
    return discover(host);
  }

  /**
   * The descriptor, for calls that take one; it belongs to the handle.
   *
   * @throws NamespaceError ERR_NAMESPACE_CLOSED
   */
  get fd(): number {
    if (this.#fd >= 0) return this.#fd;
    const message = `The handle of ${this.#label} is closed.`;
    throw new NamespaceError(message, { code: 'ERR_NAMESPACE_CLOSED', step: 'handle', namespace: this.#label });
  }

  /** As it is called in messages. */
  get #label(): string {
    return this.name === undefined ? `namespace #${this.cookie}` : `namespace '${this.name}'`;
  }

  /** True for another handle of the same namespace. */
  equals(other: Namespace): boolean {
    return this.cookie === other.cookie;
  }

  /**
   * Processes in the namespace, sorted: `ip netns pids`. Those that this process may not look at are missing.
   *
   * @throws NamespaceError ERR_NAMESPACE_CLOSED
   */
  async pids(): Promise<number[]> {
    const fd = openDescriptor(this.fd);
    try {
      return await processesIn(fd);
    } finally {
      close(fd);
    }
  }

  /**
   * Opens a socket in the namespace, where it stays: `socket(2)`, close-on-exec.
   *
   * @param domain one of `AF`: `AF_INET` …
   * @param type one of `SOCK`, with `SOCK_NONBLOCK` if wanted
   * @param protocol 0 for the default one
   * @returns a descriptor, which the caller owns
   * @throws NamespaceError EPERM, EAFNOSUPPORT, EPROTONOSUPPORT, EMFILE …; ERR_HELPER_DIED; ERR_NAMESPACE_CLOSED
   */
  async socket(domain: number, type: number, protocol: number): Promise<number> {
    const asked = `open a socket in ${this.#label}`;
    const numbers = [domain, type, protocol] as const;
    const order = { operation: 'socket', fd: this.fd, numbers, asked, step: 'socket', namespace: this.name } as const;
    const fd = verifySocket(this.#own ? openHere(numbers, order) : await this.#host.helper.make(order), domain);
    if (trace.enabled) trace('socket %s %s in %s', nameIn(AF, domain), nameIn(SOCK, type & 0xf), this.#label);
    return fd;
  }

  /**
   * Lets a server of `node:net`, `http`, `https` or `http2` listen in the namespace: any number of servers on port 80 in
   * one process, each in its own. As `server.listen`, with the same options, defaults and errors.
   *
   * The socket becomes the server's: it goes on when this handle is closed, and ends with `server.close()`. Until then
   * it keeps the namespace alive.
   *
   * @returns the server, when it is listening
   * @throws Error as Node has it: EADDRINUSE, EACCES, EADDRNOTAVAIL … with `code`, `errno`, `syscall`, `address` and
   *   `port`; AbortError
   * @throws NamespaceError the socket can't be opened
   */
  async listen<T extends Server>(server: T, options: ListenOptions): Promise<T> {
    return listenInside(this, server, options);
  }

  /**
   * Connects from inside the namespace, as `net.connect`: `ip netns exec NAME nc HOST PORT`.
   *
   * `localhost` is the loopback of the namespace. Other names are looked up by `dns.lookup` of this process, outside,
   * unless there is the option `lookup`.
   *
   * @returns the socket, connected
   * @throws Error as Node has it: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ENOTFOUND … with `code`, `errno`,
   *   `syscall`, `address` and `port`; AggregateError if a name has several addresses; AbortError
   * @throws NamespaceError the socket can't be opened
   */
  async connect(options: ConnectOptions): Promise<Socket> {
    return connectInside(this, options);
  }

  /**
   * A datagram socket of `node:dgram` in the namespace, bound: as `createSocket` and `socket.bind`.
   *
   * Link-local IPv6 needs a link: bind to an address with a zone (`fe80::1%eth0`), and send to addresses without one,
   * because Node knows the links of its own namespace only.
   *
   * @returns the socket, listening
   * @throws Error as Node has it: EADDRINUSE, EACCES, EADDRNOTAVAIL … with `code`, `errno`, `syscall`, `address` and
   *   `port`; AbortError
   * @throws NamespaceError the socket can't be opened
   */
  async bind(type: 'udp4' | 'udp6', options: BindOptions = {}): Promise<UdpSocket> {
    return bindInside(this, type, options);
  }

  /**
   * An agent for `http.request` and `https.request`, whose connections leave from inside the namespace:
   * `ip netns exec NAME curl URL`. Names are looked up as by `connect`.
   *
   * It pools connections as `http.globalAgent` does, with the same options and defaults. Pooled connections keep the
   * namespace alive until they end, 5 s after their last use: `agent.destroy()` ends them now. New ones need this handle
   * to be open.
   */
  agent(options?: AgentOptions): NamespaceAgent {
    return new NamespaceAgent(this, options);
  }

  /**
   * What makes undici, and so `fetch`, connect from inside the namespace:
   * `fetch(url, { dispatcher: new undici.Agent({ connect: namespace.connector() }) })`. Names are looked up as by
   * `connect`.
   */
  connector(options?: ConnectorOptions): Connector {
    return connectorInside(this, options);
  }

  /**
   * Starts a program in the namespace, `ip netns exec NAME COMMAND …`, as `child_process.spawn` does, with the same
   * options. It sees its standard descriptors and what `stdio` gives it, nothing else.
   *
   * Resolves when the program is on its way; what can be known before is an error and no exit status: a missing or
   * forbidden program (step `'execute'`) or directory (`'chdir'`), a namespace that can't be entered (`'enter'`).
   * `/sys` still shows the links of the namespace that it was mounted in. `argv0` has no effect.
   *
   * @param command a path, or a name to be looked for in PATH (of `env`, if given)
   * @throws NamespaceError ENOENT, EACCES, EPERM …; ERR_NAMESPACE_CLOSED
   */
  async spawn(
    command: string,
    args: readonly string[] = [],
    options: SpawnOptions & ExecOptions = {},
  ): Promise<ChildProcess> {
    return spawnInside(this.#place(), command, args, options);
  }

  /**
   * Runs a program in the namespace to its end. An exit status other than 0 is a result like any other.
   *
   * @throws NamespaceError as `spawn`
   * @throws AbortError
   */
  async run(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
    return runInside(this.#place(), command, args, options);
  }

  #place(): Place {
    return { fd: this.fd, label: this.#label, name: this.name, helper: this.#host.helper };
  }

  async #loopbackUp(asked: string): Promise<void> {
    try {
      await bringLoopbackUp((domain, type) => this.socket(domain, type, 0));
    } catch (error) {
      throw refused({ asked, step: 'loopback', namespace: this.name }, error);
    }
  }

  /**
   * Removes the name; the namespace itself ends with its last user, and this handle is one. With `wait`, and for an
   * anonymous namespace, the handle is closed too.
   *
   * @returns the processes that still live inside
   * @throws NamespaceError ENOENT: the name is gone, or is another namespace's now; ERR_NAMESPACE_BUSY: still there
   *   after the wait; ERR_NAMESPACE_CLOSED
   */
  async delete(options: DeleteOptions = {}): Promise<{ pids: number[] }> {
    const { name } = this;
    const fd = openDescriptor(this.fd);
    const letGo = () => {
      close(fd);
      if (options.wait || name === undefined) this.#release();
    };
    return removeNamespace(this.#host, fd, name, { ...options, letGo });
  }

  #release(): void {
    if (this.#fd >= 0) close(this.#fd);
    this.#fd = -1;
  }

  /** Closes the handle; every later use of it fails. An anonymous namespace ends if nothing else uses it. */
  async close(): Promise<void> {
    this.#release();
  }

  /**
   * Undoes what made the handle, for `await using`: takes the name away if `create` gave it and it is still this
   * namespace's, and closes.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#created && this.name !== undefined && this.#fd >= 0) await this.delete();
    } catch (error) {
      if (kernelAnswer(error)?.code !== 'ENOENT') throw error;
    } finally {
      this.#release();
    }
  }
}

/** A socket in the process's own namespace. */
function openHere(numbers: readonly [domain: number, type: number, protocol: number], attempt: Attempt): number {
  try {
    return socket(...numbers);
  } catch (error) {
    throw refused(attempt, error);
  }
}
