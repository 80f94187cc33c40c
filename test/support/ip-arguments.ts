import type { ShowOptions, What } from '@nsnet/netlink/iproute2';

/** The arguments with which `ip` is asked what `json` and `text` are asked. */
export function ipArguments(what: What, { family, details, statistics, table }: ShowOptions): string[] {
  return [
    ...(family === undefined ? [] : [family === 'inet' ? '-4' : '-6']),
    ...(details ? ['-details'] : []),
    ...(statistics ? ['-statistics'] : []),
    what,
    'show',
    ...(table === undefined ? [] : ['table', String(table)]),
  ];
}

/** One object a line, keys in their order: so that a difference is told by its object. */
export function jsonLines(objects: readonly unknown[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n');
}
