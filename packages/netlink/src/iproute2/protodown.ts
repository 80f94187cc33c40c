import type { LinkAttributes } from '../rtnetlink/link/link.ts';
import type { Entry } from './entry.ts';
import type { Conventions } from './words.ts';

/** Whether the link is held down by a protocol, and why. */
export function addProtodown(entry: Entry, attributes: LinkAttributes, words: Conventions): void {
  const { protoDown, protoDownReason, broadcast } = attributes;
  if (protoDown === undefined) return;
  if (protoDown !== 0) entry.both('proto_down', true, ' protodown on ');
  // `ip` looks for the reason under the number of another attribute: links without a broadcast address show none.
  const reason = broadcast === undefined ? 0 : (protoDownReason?.value ?? 0) & 0xff;
  if (reason === 0) return;
  const reasons = [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (reason >> bit) % 2 === 1).map(words.protodownReason);
  entry.both('proto_down_reason', reasons, `protodown_reason <${reasons.join(',')}>`);
}
