import { littleEndian } from './align.ts';
import { formatHex } from './hex.ts';
import { decodeText } from './text.ts';

/** A constant of this module is folded into the code of each read; an imported one is loaded for each. */
const hostOrder = littleEndian;

/**
 * The bytes of one datagram with a cursor.
 *
 * Structs are read field by field at the cursor; attributes by absolute position, as `(reader, start, end)`, so that
 * describing a range never allocates. The caller checks lengths before reading: a Reader does not.
 */
export class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Cursor of the struct being read. */
  position = 0;
  /** Header of the message being decoded: some attributes mean different things in different address families. */
  header: object | undefined;
  /** Set by a type whose `write` would not give back the payload it has just read; cleared by whoever keeps the bytes. */
  irregular = false;

  constructor(bytes: Uint8Array) {
    // Not a Buffer: its `slice` would share memory with the receive buffer instead of copying.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The `__u16` at `at`, host byte order, wherever the cursor is. */
  u16At(at: number): number {
    return this.view.getUint16(at, hostOrder);
  }
  s16At(at: number): number {
    return this.view.getInt16(at, hostOrder);
  }
  u32At(at: number): number {
    return this.view.getUint32(at, hostOrder);
  }
  s32At(at: number): number {
    return this.view.getInt32(at, hostOrder);
  }
  u64At(at: number): bigint {
    return this.view.getBigUint64(at, hostOrder);
  }
  s64At(at: number): bigint {
    return this.view.getBigInt64(at, hostOrder);
  }

  u8(): number {
    return this.view.getUint8(this.position++);
  }
  s8(): number {
    return this.view.getInt8(this.position++);
  }
  u16(): number {
    const at = this.position;
    this.position = at + 2;
    return this.view.getUint16(at, hostOrder);
  }
  s16(): number {
    const at = this.position;
    this.position = at + 2;
    return this.view.getInt16(at, hostOrder);
  }
  u32(): number {
    const at = this.position;
    this.position = at + 4;
    return this.view.getUint32(at, hostOrder);
  }
  s32(): number {
    const at = this.position;
    this.position = at + 4;
    return this.view.getInt32(at, hostOrder);
  }
  u64(): bigint {
    const at = this.position;
    this.position = at + 8;
    return this.view.getBigUint64(at, hostOrder);
  }
  s64(): bigint {
    const at = this.position;
    this.position = at + 8;
    return this.view.getBigInt64(at, hostOrder);
  }
  be16(): number {
    const at = this.position;
    this.position = at + 2;
    return this.view.getUint16(at, false);
  }
  be32(): number {
    const at = this.position;
    this.position = at + 4;
    return this.view.getUint32(at, false);
  }
  be64(): bigint {
    const at = this.position;
    this.position = at + 8;
    return this.view.getBigUint64(at, false);
  }
  /** A copy of the next `length` bytes: receive buffers are reused, values are not. */
  blob(length: number): Uint8Array {
    const at = this.position;
    this.position = at + length;
    return this.bytes.slice(at, at + length);
  }
  /** `char name[length]`, up to its first NUL. */
  text(length: number): string {
    const at = this.position;
    this.position = at + length;
    return decodeText(this.bytes, at, at + length);
  }
  /** `unsigned char addr[6]`, a MAC address: `02:42:ac:11:00:02`. */
  mac(): string {
    const at = this.position;
    this.position = at + 6;
    return formatHex(this.bytes, at, at + 6);
  }
  /** Padding of a struct: no field, not shown. */
  pad(length: number): this {
    this.position += length;
    return this;
  }
}
