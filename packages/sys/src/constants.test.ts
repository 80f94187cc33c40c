import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import * as constants from './constants.ts';
import { ERRNO } from './errno.ts';

const HEADERS = `
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <linux/close_range.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <asm/socket.h>
#include <linux/mount.h>
`;

/** The C name of a constant; its object's name is the prefix, but for these. */
function macro(object: string, key: string): string {
  if (object === 'ERRNO') return key;
  if (object === 'NETLINK' || object === 'NETLINK_PROTOCOL') return `NETLINK_${key}`;
  if (object === 'SIOC') return `SIOC${key}`;
  if (object === 'POLL') return `POLL${key}`;
  return `${object}_${key}`;
}

const groups: Record<string, number | Record<string, number>> = { ...constants, ERRNO };
const numbers = Object.entries(groups).flatMap(([object, group]) =>
  typeof group === 'number'
    ? [{ name: object, value: group }]
    : Object.entries(group).map(([key, value]) => ({ name: macro(object, key), value })),
);

const compiler = spawnSync('cc', ['--version']).status === 0;
const skip = compiler && process.platform === 'linux' ? false : 'needs a C compiler and the Linux headers';

t.test('every number is the one in the system headers', { skip }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'nsnet-sys-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  // Enumerators are no macros; names that these headers do not have yet are reported as such.
  const lines = numbers.map(({ name }) =>
    name.startsWith('SK_MEMINFO_')
      ? `printf("${name} %lld\\n", (long long)${name});`
      : `\n#ifdef ${name}\nprintf("${name} %lld\\n", (long long)${name});\n#endif\n`,
  );
  writeFileSync(join(folder, 'probe.c'), `${HEADERS}int main(void) {${lines.join('')}return 0;}\n`);
  const built = spawnSync('cc', ['-o', join(folder, 'probe'), join(folder, 'probe.c')], { encoding: 'utf8' });
  t.equal(built.status, 0, built.stderr);
  const { stdout } = spawnSync(join(folder, 'probe'), { encoding: 'utf8' });
  const real = new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
  const absent = numbers.filter(({ name }) => !real.has(name)).map(({ name }) => name);
  for (const { name, value } of numbers) {
    if (real.has(name)) t.equal(value, Number(real.get(name)), name);
  }
  t.comment(`not in these headers: ${absent.join(' ')}`);
  t.ok(absent.length < 15, 'nearly all are in the headers');
  t.end();
});
