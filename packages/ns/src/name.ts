import { NamespaceError } from './errors.ts';

/** Longest file name, bytes. */
const NAME_MAX = 255;
/** Names that are harmless everywhere: in paths, commands, columns and patterns. */
const SAFE = /^[A-Za-z0-9_][A-Za-z0-9_.:@+-]{0,127}$/;

/** A name as it may stand in an error text: short, and without control characters. */
export function shown(name: unknown): string {
  if (typeof name !== 'string') return String(name);
  const text = JSON.stringify(name).slice(1, -1).replaceAll('\\"', '"');
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/**
 * Checks a name by iproute2's rule: what `ip netns` can open and delete.
 *
 * @throws NamespaceError ERR_NAMESPACE_NAME
 */
export function checkName(name: string): void {
  const reason = problemOf(name);
  if (reason !== undefined) refuse(name, reason);
}

/**
 * Checks a name for a new namespace: letters, digits and `_.:@+-`, at most 128, not beginning with punctuation other
 * than `_`. Anything else that `ip netns add` takes makes trouble later on: spaces, `%d`, a leading `-`.
 *
 * @throws NamespaceError ERR_NAMESPACE_NAME
 */
export function checkNewName(name: string): void {
  checkName(name);
  if (!SAFE.test(name)) {
    refuse(name, 'A new name has letters, digits and _.:@+- only, at most 128, and begins with a letter, digit or _');
  }
}

function problemOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'A name is a string';
  if (name === '') return 'A name is not empty';
  if (name === '.' || name === '..') return 'This is a directory, not a name';
  if (name.includes('/')) return "A name has no '/'; for a path, say { path }";
  if (name.includes('\0')) return 'A name has no NUL';
  const bytes = Buffer.from(name);
  if (bytes.length > NAME_MAX) return `A name has at most ${NAME_MAX} bytes`;
  // A lone surrogate has no bytes of its own: it would be taken for another name.
  if (bytes.toString() !== name) return 'A name is valid Unicode';
  return undefined;
}

function refuse(name: unknown, reason: string): never {
  throw new NamespaceError(`Not a name for a namespace: '${shown(name)}'. ${reason}.`, {
    code: 'ERR_NAMESPACE_NAME',
    step: 'name',
    namespace: shown(name),
  });
}
