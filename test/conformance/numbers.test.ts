// Every attribute number, struct and constant against the kernel's own headers (linux-libc-dev), through the C compiler.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as library from '@nsnet/netlink/messages';
import t, { type Test } from 'tap';
import { messages } from '../support/fixtures.ts';
import { isSet, isStruct, walk } from '../support/walk.ts';
import { constants, internalStructs, newer, noAttribute, parts, setPrefixes, structs } from './names.ts';

const headers = [
  'sys/socket.h',
  'linux/if.h',
  'linux/if_addr.h',
  'linux/if_arp.h',
  'linux/if_bridge.h',
  'linux/if_link.h',
];
headers.push('linux/if_vlan.h', 'linux/rtnetlink.h', 'linux/neighbour.h', 'linux/fib_rules.h', 'linux/net_namespace.h');
headers.push('linux/veth.h', 'linux/devlink.h', 'linux/lwtunnel.h', 'linux/icmpv6.h');

const folder = mkdtempSync(join(tmpdir(), 'nsnet-numbers-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const includes = headers.map((header) => `#include <${header}>`).join('\n');

/** Runs the compiler on a source of ours; undefined when it or a header is missing. */
function compile(source: string, ...options: string[]): string | undefined {
  const file = join(folder, 'probe.c');
  writeFileSync(file, source);
  const { status, stdout } = spawnSync('gcc', [...options, file], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return status === 0 ? stdout : undefined;
}

const preprocessed = compile(includes, '-E', '-P');
const skip = preprocessed === undefined ? 'needs gcc and the headers of linux-libc-dev' : false;

/** Values of C expressions, undefined where the headers don't know a name. */
function evaluate(expressions: readonly string[]): Map<string, number> {
  const known = new Set([...(preprocessed ?? '').matchAll(/\b[A-Za-z_]\w*/g)].map(([word]) => word));
  const lines = expressions.map((expression) => {
    const name = /\w+/.exec(expression)?.[0] ?? '';
    const line = `printf("%lld ${expression}\\n", (long long)(${expression}));`;
    return known.has(name) || !/^[A-Z_0-9 +]+$/.test(expression) ? line : `#ifdef ${name}\n${line}\n#endif`;
  });
  const source = `#include <stddef.h>\n#include <stdio.h>\n${includes}\nint main(void) {\n${lines.join('\n')}\n}`;
  const program = join(folder, 'probe');
  t.not(compile(source, '-w', '-o', program), undefined, 'the probe compiles');
  const { stdout } = spawnSync(program, { encoding: 'utf8' });
  return new Map(stdout.split('\n').flatMap((line) => (/^(-?\d+) (.*)$/.exec(line) ? [pair(line)] : [])));
}

function pair(line: string): [string, number] {
  const space = line.indexOf(' ');
  return [line.slice(space + 1), Number(line.slice(0, space))];
}

/** `netNsFd` → `NET_NS_FD`. */
function upperSnake(name: string): string {
  return name.replaceAll(/[A-Z]/g, '_$&').toUpperCase();
}

const seen = new Set<library.Type<unknown>>();
const declared = Object.entries(messages).flatMap(([name, message]) => walk(name, message, seen));

t.test('attribute numbers', { skip }, async (t) => {
  const sets = declared.flatMap(({ path, type }) => (isSet(type) && type.entries.length > 0 ? [{ path, type }] : []));
  const enumerations = [...(preprocessed ?? '').matchAll(/enum\s*\w*\s*\{([^}]*)\}/g)].map(([, body = '']) =>
    body.split(',').flatMap((line) => /^\s*(\w+)/.exec(line)?.[1] ?? []),
  );
  const wanted = sets.flatMap(({ path, type }) =>
    type.entries.map((entry) => `${setPrefixes[path]}${upperSnake(entry.name)}`),
  );
  const values = evaluate(wanted);
  for (const { path, type } of sets) {
    const prefix = setPrefixes[path];
    if (prefix === undefined) {
      t.fail(`names.ts has no prefix for ${path}`);
      continue;
    }
    const names = new Map(type.entries.map(({ name, number }) => [`${prefix}${upperSnake(name)}`, number]));
    for (const [name, number] of names) checkNumber(t, values, name, number);
    if (parts.includes(path)) continue;
    // The other way round: whatever the headers enumerate beside these is declared too.
    const all = enumerations.find((enumerators) => enumerators.some((name) => names.has(name))) ?? [];
    const missing = all.filter((name) => name.startsWith(prefix) && !noAttribute.test(name) && !names.has(name));
    t.same(missing, [], `${path}: nothing of ${prefix}* is missing`);
  }
});

t.test('struct sizes and offsets', { skip }, async (t) => {
  const found = declared.flatMap(({ path, type }) => (isStruct(type) ? [{ path, type }] : []));
  const listed = found.filter(({ path }) => structs[path] !== undefined);
  t.same(
    found.map(({ path }) => path).filter((path) => structs[path] === undefined && !internalStructs.includes(path)),
    [],
    'every struct has its C name',
  );
  const members = listed.flatMap(({ path, type }) => {
    const [name, prefix] = structs[path] as readonly [string, string];
    return type.fields.map((field) => ({ path, type, field, expression: offsetof(name, prefix, field) }));
  });
  const sizes = listed.map(({ path, type }) => ({ path, type, expression: `sizeof(${structs[path]?.[0]})` }));
  const values = evaluate([...members, ...sizes].map(({ expression }) => expression));
  for (const { type, path, expression } of sizes) t.equal(type.span, values.get(expression), `${path}: ${expression}`);
  for (const { type, path, field, expression } of members)
    t.equal(type.offsetOf(field), values.get(expression), `${path}: ${expression}`);
});

/** The members of `struct ifa_cacheinfo` have a prefix where it clashed with nothing, and none elsewhere. */
function offsetof(name: string, prefix: string, field: string): string {
  const member = field.replaceAll(/[A-Z]/g, '_$&').toLowerCase();
  const bare = name === 'struct ifa_cacheinfo' && /stamp$/.test(member);
  return `offsetof(${name}, ${bare ? '' : prefix}${member})`;
}

t.test('constants', { skip }, async (t) => {
  const tables = Object.entries(constants).map(([name, [prefix, words]]) => {
    const table = (library as unknown as Record<string, library.NameTable>)[name] ?? {};
    const entries = Object.entries(table).map(([word, value]) => ({
      name: words[word] ?? `${prefix}${upperSnake(word.replaceAll('-', '_'))}`,
      value,
    }));
    return { name, entries };
  });
  const values = evaluate(tables.flatMap(({ entries }) => entries.map(({ name }) => name)));
  for (const { name, entries } of tables) {
    t.not(entries.length, 0, `${name} has words`);
    for (const entry of entries) checkNumber(t, values, entry.name, entry.value);
  }
});

t.test('message numbers', { skip }, async (t) => {
  const values = evaluate(library.messageTypes.map(({ name }) => name));
  for (const { name, type } of library.messageTypes) checkNumber(t, values, name, type);
});

/** Compares with the headers, or with what is noted about a later release where the headers are older. */
function checkNumber(t: Test, values: ReadonlyMap<string, number>, name: string, number: number): void {
  const value = values.get(name);
  const later = newer[name];
  if (value !== undefined) t.equal(number, value, name);
  else if (later !== undefined) t.equal(number, later[1], `${name} (newer than the headers: Linux ${later[0]})`);
  else t.fail(`${name}: neither in the headers nor noted as newer`);
}
