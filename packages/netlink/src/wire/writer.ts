import { align, attributeHeaderLength, littleEndian } from './align.ts';

/**
 * Growable bytes of one datagram being written. Nests are opened with {@link Writer.begin} and closed with
 * {@link Writer.end}, which pads and back-patches the length.
 *
 * Bytes behind `length` are always zero, so padding never carries old bytes to the kernel: what is taken back is wiped
 * once, instead of every piece before it is written. Benchmark: `link get`.
 */
export class Writer {
  bytes: Buffer;
  view: DataView;
  /** Bytes written so far. */
  length = 0;
  /** Header of the message being encoded; see {@link Reader.header}. */
  header: object | undefined;

  constructor(capacity = 1024) {
    this.bytes = Buffer.alloc(capacity);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  /** Takes `length` zero bytes at the end and returns where they start. */
  reserve(length: number): number {
    const start = this.length;
    const end = start + length;
    if (end > this.bytes.length) this.#grow(end);
    this.length = end;
    return start;
  }

  /** Starts an attribute of `type` (flags included); returns the mark that {@link Writer.end} wants. */
  begin(type: number): number {
    const mark = this.reserve(attributeHeaderLength);
    this.view.setUint16(mark + 2, type, littleEndian);
    return mark;
  }

  /** Length that the attribute begun at `mark` has so far, its header included. */
  lengthSince(mark: number): number {
    return this.length - mark;
  }

  /** Ends the attribute begun at `mark`: its length, then padding (which counts for the parent, not for it). */
  end(mark: number): void {
    this.view.setUint16(mark, this.length - mark, littleEndian);
    this.pad();
  }

  /** Zero bytes up to the next multiple of 4. */
  pad(): void {
    const end = align(this.length);
    if (end !== this.length) this.reserve(end - this.length);
  }

  /** Forgets everything from `length` on. */
  truncate(length: number): void {
    this.bytes.fill(0, length, this.length);
    this.length = length;
  }

  u8(value: number): void {
    const at = this.reserve(1);
    this.view.setUint8(at, value);
  }
  u16(value: number): void {
    const at = this.reserve(2);
    this.view.setUint16(at, value, littleEndian);
  }
  u32(value: number): void {
    const at = this.reserve(4);
    this.view.setUint32(at, value, littleEndian);
  }
  u64(value: bigint): void {
    const at = this.reserve(8);
    this.view.setBigUint64(at, value, littleEndian);
  }
  be16(value: number): void {
    const at = this.reserve(2);
    this.view.setUint16(at, value, false);
  }
  be32(value: number): void {
    const at = this.reserve(4);
    this.view.setUint32(at, value, false);
  }
  be64(value: bigint): void {
    const at = this.reserve(8);
    this.view.setBigUint64(at, value, false);
  }
  blob(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.bytes.set(value, at);
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.bytes, 0, this.length);
  }

  #grow(needed: number): void {
    const bytes = Buffer.alloc(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
