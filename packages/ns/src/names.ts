import { readdirSync } from 'node:fs';
import { close } from '@nsnet/sys';
import { breather } from './breathe.ts';
import { prepareDirectory } from './directory.ts';
import { kernelAnswer, NamespaceError, refused } from './errors.ts';
import { describeFinding, type Finding, inspect } from './inspect.ts';
import { pin, unpin } from './pin.ts';
import { linkText } from './processes.ts';

/** An entry of the directory of names. */
export interface Entry {
  readonly name: string;
  /** The namespace, open only while the visitor runs; undefined: no network namespace. */
  readonly fd: number | undefined;
}

/** The names of network namespaces that one directory holds. */
export class Names {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  #path(name: string): string {
    return `${this.directory}/${name}`;
  }

  /**
   * Opens a namespace by its name. A symbolic link is followed: container tools keep those here.
   *
   * @param name checked by `checkName`
   * @returns a descriptor, which the caller owns
   * @throws NamespaceError ENOENT, ERR_NOT_A_NAMESPACE
   */
  open(name: string): number {
    const asked = `open namespace '${name}'`;
    try {
      const finding = inspect(this.#path(name), true);
      if (finding.kind === 'namespace') return finding.fd;
      throw notANamespace(asked, name, this.#path(name), finding);
    } catch (error) {
      if (kernelAnswer(error)?.code === 'ENOENT') throw this.#missing(name, asked, error);
      throw refused({ asked, step: 'open', namespace: name }, error);
    }
  }

  /** True if a network namespace has this name. */
  has(name: string): boolean {
    const finding = this.#look(name, true);
    if (finding?.kind === 'namespace') close(finding.fd);
    return finding?.kind === 'namespace';
  }

  /** @returns undefined if there is nothing */
  #look(name: string, follow: boolean): Finding | undefined {
    try {
      return inspect(this.#path(name), follow);
    } catch (error) {
      const code = kernelAnswer(error)?.code;
      if (code === 'ENOENT' || code === 'ELOOP') return undefined;
      throw refused({ asked: `look at ${this.#path(name)}`, step: 'open', namespace: name }, error);
    }
  }

  /**
   * Prepares to add a name.
   *
   * @throws NamespaceError EEXIST, so that no namespace is made for nothing; or what is wrong with the directory
   */
  async prepare(name: string): Promise<void> {
    const asked = `create namespace '${name}'`;
    try {
      await prepareDirectory(this.directory);
    } catch (error) {
      const step = kernelAnswer(error)?.code === 'EPERM' ? 'mount' : 'directory';
      throw refused({ asked, step, namespace: name }, error);
    }
    this.#refuseTaken(name);
  }

  /**
   * Adds a name.
   *
   * @param fd the namespace
   * @throws NamespaceError EEXIST …
   */
  add(name: string, fd: number): void {
    try {
      pin(this.directory, name, fd);
    } catch (error) {
      if (kernelAnswer(error)?.code === 'EEXIST') this.#refuseTaken(name);
      throw refused({ asked: `create namespace '${name}'`, step: 'mount', namespace: name }, error);
    }
  }

  #refuseTaken(name: string): void {
    const finding = this.#look(name, false);
    if (finding === undefined) return;
    if (finding.kind === 'namespace') close(finding.fd);
    const what =
      finding.kind === 'namespace'
        ? 'there is a namespace of this name. Delete it first, or open it.'
        : `${this.#path(name)} is ${describeFinding(finding)}. It has to go first.`;
    const message = `Can't create namespace '${name}': EEXIST: ${what}`;
    throw new NamespaceError(message, { code: 'EEXIST', errno: 17, step: 'mount', namespace: name });
  }

  /**
   * Opens what a name is about to be taken from, and refuses what is no namespace.
   *
   * @returns the namespace, which the caller closes; undefined for a leftover file or a symbolic link
   * @throws NamespaceError ENOENT, ERR_NOT_A_NAMESPACE
   */
  openToDelete(name: string): number | undefined {
    const asked = `delete namespace '${name}'`;
    const finding = this.#look(name, false);
    if (finding === undefined) throw this.#missing(name, asked);
    if (finding.kind === 'namespace') return finding.fd;
    const leftOver = finding.kind === 'link' || (finding.kind === 'file' && finding.size === 0);
    if (!leftOver) throw notANamespace(asked, name, this.#path(name), finding);
    return undefined;
  }

  /**
   * Takes the name away.
   *
   * @param fd the namespace it must stand for; undefined: whatever it stands for
   * @throws NamespaceError ENOENT: it is gone, or stands for something else; EPERM, EBUSY
   */
  async remove(name: string, fd: number | undefined): Promise<void> {
    const asked = `delete namespace '${name}'`;
    if (fd !== undefined) this.check(name, fd);
    try {
      await unpin(this.directory, name);
    } catch (error) {
      if (kernelAnswer(error)?.code === 'ENOENT') throw this.#missing(name, asked, error);
      throw refused({ asked, step: 'unmount', namespace: name }, error);
    }
  }

  /**
   * Makes sure that a name stands for a namespace.
   *
   * @throws NamespaceError ENOENT: it is gone, or stands for something else
   */
  check(name: string, fd: number): void {
    const asked = `delete namespace '${name}'`;
    const finding = this.#look(name, false);
    if (finding === undefined) throw this.#missing(name, asked);
    // Both are open, so that equal inode numbers mean the same.
    const same = finding.kind === 'namespace' && linkText(finding.fd) === linkText(fd);
    if (finding.kind === 'namespace') close(finding.fd);
    if (same) return;
    const message = `Can't ${asked}: ENOENT: the name was taken away, and stands for something else now.`;
    throw new NamespaceError(message, { code: 'ENOENT', errno: 2, step: 'open', namespace: name });
  }

  /**
   * Visits every entry, sorted by name. Entries that go meanwhile are left out; nothing there can block.
   *
   * @param visit gets the descriptor for as long as the returned promise is pending
   */
  async visit(visit: (entry: Entry) => void | Promise<void>): Promise<void> {
    const breathe = breather();
    for (const bytes of this.#entries()) {
      await breathe();
      const name = bytes.toString();
      const finding = lookAt(Buffer.concat([Buffer.from(`${this.directory}/`), bytes]));
      if (finding === undefined) continue;
      const fd = finding.kind === 'namespace' ? finding.fd : undefined;
      try {
        await visit({ name, fd });
      } finally {
        if (fd !== undefined) close(fd);
      }
    }
  }

  /** In bytes: a name may be no UTF-8. */
  #entries(): Buffer[] {
    try {
      return readdirSync(this.directory, 'buffer').sort(Buffer.compare);
    } catch (error) {
      if (kernelAnswer(error)?.code === 'ENOENT') return [];
      throw refused({ asked: 'list namespaces', step: 'directory' }, error);
    }
  }

  #missing(name: string, asked: string, cause?: unknown): NamespaceError {
    const link = this.#look(name, false);
    const why =
      link?.kind === 'link'
        ? `${this.#path(name)} is ${describeFinding(link)}, which is gone`
        : `There is no ${this.#path(name)}`;
    const message = `Can't ${asked}: ENOENT: ${why}.`;
    return new NamespaceError(message, { code: 'ENOENT', errno: 2, step: 'open', namespace: name, cause });
  }
}

/** Links are followed as far as they lead to a namespace; undefined: gone meanwhile. */
function lookAt(path: Buffer): Finding | undefined {
  for (const follow of [true, false]) {
    try {
      return inspect(path, follow);
    } catch {
      // A dangling link, or gone: the second look tells.
    }
  }
  return undefined;
}

/** ERR_NOT_A_NAMESPACE, saying what it is instead. */
export function notANamespace(asked: string, name: string | undefined, path: string, finding: Finding): NamespaceError {
  const message = `Can't ${asked}: ${path} is no network namespace but ${describeFinding(finding)}.`;
  return new NamespaceError(message, { code: 'ERR_NOT_A_NAMESPACE', step: 'open', namespace: name });
}
