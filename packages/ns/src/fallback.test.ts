// What newer kernels make unnecessary, tried on the kernel there is.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fstatSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { close, MNT, O, open, pidfdOpen, UMOUNT, umount2 } from '@nsnet/sys';
import t from 'tap';
import { HelperClient } from './helper/client.ts';
import { cookieOf, cookieOfSocket } from './identity.ts';
import { mountOn } from './pin.ts';
import { namespaceWhileAlive } from './source.ts';

const skip = process.getuid?.() === 0 ? false : 'needs root';
const helper = new HelperClient();
const create = () => helper.make({ operation: 'create', asked: 'create a namespace', step: 'create' });

t.test('the cookie from a socket', { skip }, async (t) => {
  const fd = await create();
  t.equal(await cookieOfSocket(fd, helper), await cookieOf(fd, helper));
  close(fd);
});

t.test('a mount on a descriptor', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'nsnet-t-'));
  const path = join(folder, 'name');
  const fd = await create();
  const file = open(path, O.RDONLY | O.CREAT | O.EXCL | O.NOFOLLOW, 0);
  mountOn(file, fd);
  t.equal(statSync(path).ino, fstatSync(fd).ino);
  umount2(path, MNT.DETACH | UMOUNT.NOFOLLOW);
  t.not(statSync(path).ino, fstatSync(fd).ino);
  close(file);
  close(fd);
  rmSync(folder, { recursive: true });
});

t.test('the namespace of a process by its number', { skip }, async (t) => {
  const child = spawn('sleep', ['1000']);
  await once(child, 'spawn');
  const { pid = 0 } = child;
  const pidfd = pidfdOpen(pid);
  const fd = namespaceWhileAlive(pidfd, pid);
  t.equal(fstatSync(fd).ino, statSync('/proc/self/ns/net').ino);
  close(fd);
  const exit = once(child, 'exit');
  child.kill();
  await exit;
  t.throws(() => namespaceWhileAlive(pidfd, pid), { code: 'ESRCH' }, 'nobody has the number');
  t.throws(() => namespaceWhileAlive(pidfd, process.pid), { code: 'ESRCH' }, 'somebody else has it');
  close(pidfd);
});
