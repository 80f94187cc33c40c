/**
 * Text of the kernel: bytes that are nearly always ASCII or UTF-8, but need not be (an interface may be called `ff fe`).
 *
 * A byte that is not valid UTF-8 becomes the lone surrogate U+DC80…U+DCFF and goes back as that byte, so every name
 * survives the way through a JavaScript string (the convention of Python's PEP 383, `surrogateescape`).
 */
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text in `bytes[start, end)` up to its first NUL. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === 0) return text;
    if (byte >= 0x80 || at - start >= 32) return decodeLong(bytes.subarray(start, terminator(bytes, start, end)));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Position of the first NUL in `bytes[start, end)`, or `end`. */
export function terminator(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== 0) at++;
  return at;
}

function decodeLong(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeEscaping(bytes);
  }
}

/** Decodes sequence by sequence; what is not UTF-8 is escaped byte by byte. */
function decodeEscaping(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] as number;
    const length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    try {
      text += strict.decode(bytes.subarray(at, at + length));
      at += length;
    } catch {
      text += String.fromCharCode(byte < 0x80 ? byte : 0xdc00 | byte);
      at += 1;
    }
  }
  return text;
}

/** Whether {@link encodeText} can write `text`: a surrogate outside a pair must be an escaped byte. */
export function isEncodable(text: string): boolean {
  return !/[\ud800-\udc7f\udd00-\udfff]/u.test(text);
}

/** The inverse of {@link decodeText}, without a terminating NUL. */
export function encodeText(text: string): Uint8Array {
  const utf8 = Buffer.from(text, 'utf8');
  if (!/[\ud800-\udfff]/.test(text)) return utf8;
  const parts: Uint8Array[] = [];
  for (const character of text) {
    const code = character.charCodeAt(0);
    const escaped = character.length === 1 && code >= 0xdc80 && code <= 0xdcff;
    parts.push(escaped ? Uint8Array.of(code & 0xff) : Buffer.from(character, 'utf8'));
  }
  return Buffer.concat(parts);
}
