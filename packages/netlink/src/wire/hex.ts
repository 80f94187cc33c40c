import { KnownTexts } from './known-texts.ts';

const pairs: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const colonPairs: readonly string[] = pairs.map((pair) => `:${pair}`);

const addresses = new KnownTexts(makeHex);

/** `bytes[start, end)` as pairs of hexadecimal digits with colons between them: `02:42:ac:11:00:02`. */
export function formatHex(bytes: Uint8Array, start: number, end: number): string {
  return addresses.textOf(bytes, start, end);
}

function makeHex(bytes: Uint8Array, start: number, end: number): string {
  if (start >= end) return '';
  let text = pairs[bytes[start] as number] as string;
  for (let at = start + 1; at < end; at++) text += colonPairs[bytes[at] as number];
  return text;
}

/** The inverse of {@link formatHex}; undefined when `text` is something else. */
export function parseHex(text: string): Uint8Array | undefined {
  if (!/^([0-9a-f]{2}(:[0-9a-f]{2})*)?$/i.test(text)) return undefined;
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}
