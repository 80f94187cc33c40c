/**
 * Namespaces made, listed and removed; who still lives in one. (Mission M1)
 *
 *     ip netns add netns1
 *     ip netns list
 *     ip netns pids netns1
 *     ip netns delete netns1
 */
import { Namespace } from '@nsnet/ns';

const netns1 = await Namespace.create('netns1');
console.log('named:', (await Namespace.list()).map(({ name }) => name).join(' ')); // → named: netns1
console.log('exists:', await Namespace.exists('netns1')); // → exists: true

// A name is a mount point; the namespace itself lives as long as anything uses it, such as this process.
const sleeper = await netns1.spawn('sleep', ['60']);
const { pids } = await netns1.delete();
console.log('name gone:', !(await Namespace.exists('netns1'))); // → name gone: true
console.log('still inside:', pids.length === 1 && pids[0] === sleeper.pid ? 'the sleeper' : pids); // → still inside: the sleeper

const again = await Namespace.open({ pid: sleeper.pid ?? 0 });
console.log('the same namespace, found by its process:', again.equals(netns1)); // → the same namespace, found by its process: true

sleeper.kill();
await Promise.all([again.close(), netns1.close()]);
