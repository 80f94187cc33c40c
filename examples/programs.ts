/**
 * Programs inside a namespace. (Mission M2)
 *
 *     ip netns add netns1
 *     ip netns exec netns1 cat /proc/net/dev
 *     ip netns exec netns1 sh -c 'exit 7'; echo $?
 *     ip netns exec netns1 bash
 */
import { once } from 'node:events';
import { Namespace } from '@nsnet/ns';

await using netns1 = await Namespace.create('netns1');

const { stdout } = await netns1.run('cat', ['/proc/net/dev']);
const links = stdout.split('\n').flatMap((line) => /^\s*(\S+):/.exec(line)?.[1] ?? []);
console.log('links inside:', links.join(' ')); // → links inside: lo

const { code } = await netns1.run('sh', ['-c', 'exit 7']);
console.log('exit code:', code); // → exit code: 7

// A ChildProcess as from node:child_process: with `stdio: 'inherit'` and bash, it is `ip netns exec netns1 bash`.
const child = await netns1.spawn('sh', ['-c', 'read line; echo "heard $line"'], { stdio: ['pipe', 'pipe', 'inherit'] });
child.stdout?.setEncoding('utf8').on('data', (data: string) => process.stdout.write(data)); // → heard you
child.stdin?.end('you\n');
await once(child, 'close');

const missing = await netns1.spawn('no-such-program').catch((error: { code: string; step: string }) => error);
if ('step' in missing) console.log('missing program:', missing.code, 'at', missing.step); // → missing program: ENOENT at execute
