import { NamespaceError } from './errors.ts';
import type { HelperClient } from './helper/client.ts';
import { isSysctlPath } from './helper/sysctl-path.ts';
import { shown } from './name.ts';
import { trace } from './trace.ts';

/**
 * The kernel parameters of one namespace, `/proc/sys/net` as seen from inside.
 *
 * Names are written as for `sysctl(8)`: with dots (`net.ipv4.ip_forward`) or with slashes, where interface names can
 * have dots (`net/ipv4/conf/eth0.100/forwarding`).
 */
export class Sysctl {
  readonly #fd: () => number;
  readonly #helper: HelperClient;
  readonly #label: string;

  /**
   * @param fd gives the namespace's descriptor, with every call
   * @internal
   */
  constructor(fd: () => number, helper: HelperClient, label: string) {
    this.#fd = fd;
    this.#helper = helper;
    this.#label = label;
  }

  /**
   * Reads a parameter: `sysctl -n net.ipv4.ip_forward`.
   *
   * @returns the value, without the line feed at its end; several numbers are separated by tabs
   * @throws NamespaceError ERR_SYSCTL_NAME; ENOENT: no such parameter in this namespace; EACCES
   */
  async get(name: string): Promise<string> {
    const text = pathOf(name);
    const { data } = await this.#helper.ask({ ...this.#order('read', name), operation: 'read', text });
    return textOf(data);
  }

  /**
   * Writes a parameter, and reads it back: `sysctl -w net.ipv4.ip_forward=1`.
   *
   * @throws NamespaceError ERR_SYSCTL_NAME; ENOENT; EINVAL: the kernel does not take the value; EPERM;
   *   ERR_SYSCTL_VALUE: the kernel took it, and keeps another value
   */
  async set(name: string, value: string | number): Promise<void> {
    const text = pathOf(name);
    const written = checkedValue(name, value);
    const order = {
      ...this.#order('write', name),
      operation: 'write',
      text,
      data: Buffer.from(`${written}\n`),
    } as const;
    const { data, value: unreadable } = await this.#helper.ask(order);
    trace('sysctl %s=%s in %s', name, written, this.#label);
    if (unreadable === 0 && !sameValue(written, textOf(data))) {
      const message = `The kernel took '${shown(written)}' for ${name}, and says '${shown(textOf(data))}' now.`;
      throw new NamespaceError(message, { code: 'ERR_SYSCTL_VALUE', step: 'verify', namespace: this.#label });
    }
  }

  /**
   * Names of all parameters, sorted, with dots: `sysctl -a -N`.
   *
   * @param prefix only those below: `net.ipv4`
   * @returns names with slashes where a part has dots in it, so that each can be given to `get`
   * @throws NamespaceError ERR_SYSCTL_NAME, ENOENT
   */
  async list(prefix = 'net'): Promise<string[]> {
    const found: string[] = [];
    const folders = [pathOf(prefix, true)];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const entry of await this.#entries(folder, prefix)) {
        const path = folder === '' ? entry : `${folder}/${entry}`;
        if (path.endsWith('/')) folders.push(path.slice(0, -1));
        else found.push(nameOf(path));
      }
    }
    return found.sort();
  }

  async #entries(text: string, name: string): Promise<string[]> {
    const entries = new Set<string>();
    let from = 0;
    do {
      const order = { ...this.#order('list', name), operation: 'list', text, numbers: [from, 0, 0] } as const;
      const { data, value } = await this.#helper.ask(order);
      for (const entry of data.toString().split('\0')) if (entry !== '') entries.add(entry);
      from = value;
    } while (from !== 0);
    return [...entries];
  }

  #order(verb: string, name: string) {
    const asked = `${verb} sysctl ${name} in ${this.#label}`;
    return { asked, step: verb, namespace: this.#label, fd: this.#fd() };
  }
}

/**
 * The path below `/proc/sys/net`. As in `sysctl(8)` the first separator decides: before a slash, dots are letters.
 *
 * @param folder take `net` itself
 * @throws NamespaceError ERR_SYSCTL_NAME
 */
export function pathOf(name: string, folder = false): string {
  const refuse = (reason: string): never => {
    const message = `Not a sysctl of the network: '${shown(name)}'. ${reason}.`;
    throw new NamespaceError(message, { code: 'ERR_SYSCTL_NAME', step: 'name' });
  };
  if (typeof name !== 'string') return refuse('A name is a string');
  const separator = /[./]/.exec(name)?.[0];
  // In dotted names, a slash stands for a dot within a part: net.ipv4.conf.eth0/100.forwarding.
  const path = separator === '.' ? name.replace(/[./]/g, (mark) => (mark === '.' ? '/' : '.')) : name;
  if (folder && path === 'net') return '';
  if (!path.startsWith('net/')) return refuse("Only names below 'net.' belong to a network namespace");
  const rest = path.slice(4);
  if (rest === '' || !isSysctlPath(rest)) return refuse("No part of a name is empty, '.' or '..'");
  return rest;
}

/** The inverse of `pathOf`: dots, unless a part has some. */
function nameOf(path: string): string {
  return path.includes('.') ? `net/${path}` : `net.${path.replaceAll('/', '.')}`;
}

function textOf(data: Buffer): string {
  return data.toString().replace(/\n$/, '');
}

function checkedValue(name: string, value: string | number): string {
  const text = typeof value === 'number' && !Number.isFinite(value) ? '' : String(value).trim();
  const ok = (typeof value === 'string' || typeof value === 'number') && !text.includes('\0');
  if (ok && (text !== '' || value === '')) return text;
  const message = `Not a value for sysctl ${name}: '${shown(value)}'.`;
  throw new NamespaceError(message, { code: 'ERR_SYSCTL_VALUE', step: 'name' });
}

/** The kernel writes lists with tabs and numbers in decimal. */
function sameValue(written: string, read: string): boolean {
  const parts = (text: string) =>
    text.split(/[\s,]+/).map((part) => (/^(0x[0-9a-f]+|-?\d+)$/i.test(part) ? String(BigInt(part)) : part));
  const [a, b] = [parts(written), parts(read.trim())];
  return a.length === b.length && a.every((part, index) => part === b[index]);
}
