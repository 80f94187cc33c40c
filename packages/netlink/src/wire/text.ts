import { KnownTexts } from './known-texts.ts';

/**
 * Text of the kernel: bytes that are nearly always ASCII or UTF-8, but need not be (an interface may be called `ff fe`).
 *
 * A byte that is not valid UTF-8 becomes the lone surrogate U+DC80…U+DCFF and goes back as that byte, so every name
 * survives the way through a JavaScript string (the convention of Python's PEP 383, `surrogateescape`). Decoded by
 * hand: TextDecoder says what is wrong by an exception, which a hostile name could cost us for every byte.
 */

const names = new KnownTexts(makeText);

/** The text in `bytes[start, end)` up to its first NUL. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  return names.textOf(bytes, start, end);
}

function makeText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; ) {
    const byte = bytes[at] as number;
    if (byte === 0) return text;
    const length = byte < 0x80 ? 1 : sequenceLength(bytes, at, end);
    if (length === 1) text += String.fromCharCode(byte);
    else if (length === 0) text += String.fromCharCode(0xdc00 | byte);
    else text += String.fromCodePoint(codePoint(bytes, at, length));
    at += length || 1;
  }
  return text;
}

/** Position of the first NUL in `bytes[start, end)`, or `end`. */
export function terminator(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== 0) at++;
  return at;
}

/** Length of the UTF-8 sequence of several bytes at `at`; 0 when it is none (Unicode, table 3-7). */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > end) return 0;
  const second = bytes[at + 1] as number;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let index = at + 2; index < at + length; index++) if (((bytes[index] as number) & 0xc0) !== 0x80) return 0;
  return length;
}

function codePoint(bytes: Uint8Array, at: number, length: number): number {
  let code = (bytes[at] as number) & (0x7f >> length);
  for (let index = at + 1; index < at + length; index++) code = (code << 6) | ((bytes[index] as number) & 0x3f);
  return code;
}

/** Whether {@link encodeText} can write `text`: a surrogate outside a pair must be an escaped byte. */
export function isEncodable(text: string): boolean {
  return !/[\ud800-\udc7f\udd00-\udfff]/u.test(text);
}

/** The inverse of {@link decodeText}, without a terminating NUL. */
export function encodeText(text: string): Uint8Array {
  if (!/[\ud800-\udfff]/.test(text)) return Buffer.from(text, 'utf8');
  const bytes = Buffer.alloc(3 * text.length);
  let at = 0;
  for (const character of text) {
    const code = character.charCodeAt(0);
    const escaped = character.length === 1 && code >= 0xdc80 && code <= 0xdcff;
    at = escaped ? bytes.writeUInt8(code & 0xff, at) : at + bytes.write(character, at, 'utf8');
  }
  return bytes.subarray(0, at);
}
