import { LinkFlag } from '../rtnetlink/constants.ts';
import type { Entry } from './entry.ts';

/** In the order of `ip`. That a link is running is not said; that it is not, is. */
const order = [
  'loopback',
  'broadcast',
  'pointopoint',
  'multicast',
  'noarp',
  'allmulti',
  'promisc',
  'master',
  'slave',
  'debug',
  'dynamic',
  'automedia',
  'portsel',
  'notrailers',
  'up',
  'lower_up',
  'dormant',
  'echo',
] as const satisfies readonly (keyof typeof LinkFlag)[];

/** `<NO-CARRIER,BROADCAST,MULTICAST,UP> `. `lowerDown`: the link below is set down. */
export function addLinkFlags(entry: Entry, bits: number, lowerDown: boolean): void {
  const stopped = (bits & LinkFlag.up) !== 0 && (bits & LinkFlag.running) === 0;
  const words: string[] = stopped ? ['NO-CARRIER'] : [];
  let rest = bits & ~LinkFlag.running;
  for (const name of order) {
    if ((rest & LinkFlag[name]) === 0) continue;
    words.push(name.toUpperCase());
    rest &= ~LinkFlag[name];
  }
  if (rest !== 0) words.push((rest >>> 0).toString(16));
  const text = `<${words.join(',')}${lowerDown ? ',M-DOWN' : ''}> `;
  entry.both('flags', lowerDown ? [...words, 'M-DOWN'] : words, text);
}
