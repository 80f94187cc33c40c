import { MacvlanMode } from '../../rtnetlink/constants.ts';
import type { KindData } from '../../rtnetlink/link/info.ts';
import { valueName } from '../../rtnetlink/names.ts';
import type { Entry } from '../entry.ts';

/** `MACVLAN_FLAG_*`, by bit. */
const flagNames = ['nopromisc', 'nodst'];

/** `ip -d link show type macvlan`; macvtap too. */
export function macvlan(info: Entry, data: KindData['macvlan']): void {
  const { mode, flags = 0 } = data;
  if (mode === undefined) return;
  const name = valueName(MacvlanMode, mode);
  info.fact('mode', typeof name === 'number' ? 'unknown' : name);
  for (const [bit, word] of flagNames.entries()) if ((flags >> bit) % 2 === 1) info.both(word, true, `${word} `);
  info.fact('bcqueuelen', data.bcQueueLen);
  info.fact('usedbcqueuelen', data.bcQueueLenUsed);
  if (mode === MacvlanMode.source) addSources(info, data);
}

/** The senders that it listens to. */
function addSources(info: Entry, { macaddrCount, macaddrData }: KindData['macvlan']): void {
  if (macaddrCount === undefined) return;
  info.both('macaddr_count', macaddrCount, `remotes (${macaddrCount}) `);
  if (macaddrData === undefined) return;
  const { macaddr = [] } = macaddrData;
  info.both('macaddr_data', macaddr, macaddr.map((address) => `${address} `).join(''));
}
