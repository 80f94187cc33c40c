import { readdir, readFile } from 'node:fs/promises';
import { RouteProtocol, RouteScope, RouteTable } from '../rtnetlink/constants.ts';
import type { NameTable } from '../rtnetlink/names.ts';

/** Names of numbers, by number. */
type Words = ReadonlyMap<number, string>;

/** Where `ip` keeps names that people may change; the second since iproute2 6.5. */
const folders = ['/etc/iproute2', '/usr/share/iproute2'];

/** Those that `ip` knows without the file. */
const { mrouted, ovn, openr, ...builtInProtocols } = RouteProtocol;

/**
 * The words for numbers that are matters of convention: tables, protocols, scopes … come from `/etc/iproute2`, where
 * `ip` looks too; without these files (a machine without iproute2) from what is built into `ip`.
 */
export interface Conventions {
  /** Groups of links: 0 is `default`. */
  readonly group: (id: number) => string;
  /** Routing tables: 254 is `main`. */
  readonly table: (id: number) => string;
  /** Who made a route: 2 is `kernel`. */
  readonly protocol: (id: number) => string;
  readonly scope: (id: number) => string;
  readonly realm: (id: number) => string;
  /** Differentiated services (the TOS byte). */
  readonly service: (id: number) => string;
  /** Why a link is held down, by bit. */
  readonly protodownReason: (bit: number) => string;
  /** `IPPROTO_*`, from `/etc/protocols`, where the first of several names counts. */
  readonly ipProtocol: (id: number) => string;
}

/** Reads the words. Files that can't be read are taken for empty. */
export async function readConventions(): Promise<Conventions> {
  const [groups, tables, protocols, scopes, realms, services, reasons, ipProtocols] = await Promise.all([
    wordsOf('group', { default: 0 }),
    wordsOf('rt_tables', { default: RouteTable.default, main: RouteTable.main, local: RouteTable.local }),
    wordsOf('rt_protos', builtInProtocols),
    wordsOf('rt_scopes', RouteScope),
    wordsOf('rt_realms', { unknown: 0 }),
    wordsOf('rt_dsfield', {}),
    wordsOf('protodown_reasons', {}),
    readOptional('/etc/protocols').then((text) => new Map(pairsOf(text, /^([^\s#]\S*)\s+(\d+)/, [2, 1]).reverse())),
  ]);
  const orNumber = (words: Words) => (id: number) => words.get(id) ?? String(id);
  return {
    group: orNumber(groups),
    table: orNumber(tables),
    protocol: orNumber(protocols),
    scope: orNumber(scopes),
    realm: orNumber(realms),
    service: (id) => services.get(id) ?? `0x${id.toString(16).padStart(2, '0')}`,
    protodownReason: orNumber(reasons),
    ipProtocol: (id) => ipProtocols.get(id) ?? `ipproto-${id}`,
  };
}

/** The words in the file `name` and in `name.d/*.conf`; `builtIn` where they say nothing. */
async function wordsOf(name: string, builtIn: NameTable): Promise<Words> {
  const [main = ''] = (await Promise.all(folders.map((folder) => readOptional(`${folder}/${name}`)))).filter(Boolean);
  const extra = await Promise.all(folders.toReversed().map((folder) => readFolder(`${folder}/${name}.d`)));
  const words = new Map(Object.entries(builtIn).map(([word, id]) => [id, word]));
  for (const text of [main, ...extra.flat()])
    for (const [id, word] of pairsOf(text, /^(0x[0-9a-f]+|\d+)\s+(\S+)/i, [1, 2])) words.set(id, word);
  return words;
}

/** What is in the files of a folder that end in `.conf`. */
async function readFolder(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  const wanted = files.filter((file) => /^[^.].*\.conf$/.test(file));
  return await Promise.all(wanted.map((file) => readOptional(`${folder}/${file}`)));
}

/** The lines of a file as number and word, which are the groups `[id, word]` of `pattern`. */
function pairsOf(text: string, pattern: RegExp, [id, word]: readonly [number, number]): [number, string][] {
  return text.split('\n').flatMap((line): [number, string][] => {
    const match = pattern.exec(line.trim());
    return match === null ? [] : [[Number(match[id]), match[word] ?? '']];
  });
}

async function readOptional(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}
