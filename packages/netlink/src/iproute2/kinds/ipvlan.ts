import { IpvlanMode } from '../../rtnetlink/constants.ts';
import type { KindData } from '../../rtnetlink/link/info.ts';
import { valueName } from '../../rtnetlink/names.ts';
import type { Entry } from '../entry.ts';

/** `IPVLAN_F_*`: neither of them is `bridge`. */
const flag = { private: 1, vepa: 2 };

/** `ip -d link show type ipvlan`. */
export function ipvlan(info: Entry, { mode, flags }: KindData['ipvlan']): void {
  if (mode !== undefined) {
    const name = valueName(IpvlanMode, mode);
    info.fact('mode', typeof name === 'number' ? 'unknown' : name, ' mode');
  }
  if (flags === undefined) return;
  const word = (flags & flag.private) !== 0 ? 'private' : (flags & flag.vepa) !== 0 ? 'vepa' : 'bridge';
  info.both(word, true, `${word} `);
}
