/**
 * The frames between client and setns helper: one datagram of a SOCK_SEQPACKET socketpair each, little-endian.
 * Requests carry at most one descriptor, the namespace they are about; replies carry at most one, what was made there.
 *
 * ```
 * request   magic u32 | version u16 | operation u16 | id u32 | a i32 | b i32 | c i32 | text length u32 | data length u32 | text | data
 * reply     magic u32 | version u16 | step u16      | id u32 | errno i32 | value i32 | data length u32 | data
 * ```
 *
 * Both sides read strictly: a frame is exactly as long as it says, or it is none.
 */

/** `NSNH`. */
export const MAGIC = 0x484e534e;
/** Raised with every change of the frames; both sides refuse any other. */
export const VERSION = 1;
/** Longest frame, bytes. Far below the 208 KiB that a unix socket takes. */
export const MAX_FRAME = 131_072;
/** Longest text and data of one frame, bytes. */
export const MAX_TEXT = 4096;
/** Longest data of one frame, bytes. */
export const MAX_DATA = 122_880;

const REQUEST_HEADER = 32;
const REPLY_HEADER = 24;

/** What the helper can be asked for, in the order of the numbers on the wire, from 1. */
const OPERATIONS = ['hello', 'create', 'socket', 'open', 'read', 'write', 'list'] as const;

/**
 * - `hello`: version, pid and capabilities; always the first request.
 * - `create`: a new network namespace → its descriptor.
 * - `socket`: `a` domain, `b` type, `c` protocol, in the namespace → the socket.
 * - `open`: a file below `/proc/sys/net`, `text`, in the namespace, for reading → its descriptor.
 * - `read`, `write`, `list`: a file or directory below `/proc/sys/net`, `text`, in the namespace.
 */
export type Operation = (typeof OPERATIONS)[number];

/** Where a request was when it failed, in the order of the numbers on the wire. */
const STEPS = ['done', 'request', 'enter', 'create', 'open', 'socket', 'read', 'write', 'list', 'verify'] as const;

/** `done` if it did not fail; `request` if the request itself was refused. */
export type Step = (typeof STEPS)[number];

/** One request. */
export interface Request {
  readonly operation: Operation;
  readonly id: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly text: string;
  readonly data: Buffer;
}

/** One reply. */
export interface Reply {
  readonly id: number;
  /** 0, or the positive errno. */
  readonly errno: number;
  readonly step: Step;
  /** A number beside the data, depending on the operation. */
  readonly value: number;
  readonly data: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** @throws RangeError for a text or data too long for a frame */
export function encodeRequest(request: Partial<Request> & Pick<Request, 'operation' | 'id'>): Buffer {
  const { operation, id, a = 0, b = 0, c = 0, text = '', data = NOTHING } = request;
  const bytes = Buffer.from(text);
  if (bytes.length > MAX_TEXT) throw new RangeError(`A name has at most ${MAX_TEXT} bytes, not ${bytes.length}`);
  if (data.length > MAX_DATA) throw new RangeError(`A value has at most ${MAX_DATA} bytes, not ${data.length}`);
  const frame = Buffer.alloc(REQUEST_HEADER + bytes.length + data.length);
  writeHead(frame, OPERATIONS.indexOf(operation) + 1, id);
  frame.writeInt32LE(a, 12);
  frame.writeInt32LE(b, 16);
  frame.writeInt32LE(c, 20);
  frame.writeUInt32LE(bytes.length, 24);
  frame.writeUInt32LE(data.length, 28);
  bytes.copy(frame, REQUEST_HEADER);
  data.copy(frame, REQUEST_HEADER + bytes.length);
  return frame;
}

/**
 * Reads a request.
 *
 * @returns the request; a number, the id of a request that makes no sense, which is to be refused; or undefined if this
 *   is not a frame at all
 */
export function decodeRequest(frame: Buffer): Request | number | undefined {
  if (!isFrame(frame, REQUEST_HEADER)) return undefined;
  const id = frame.readUInt32LE(8);
  const operation = OPERATIONS[frame.readUInt16LE(6) - 1];
  const textLength = frame.readUInt32LE(24);
  const dataLength = frame.readUInt32LE(28);
  if (frame.length !== REQUEST_HEADER + textLength + dataLength) return undefined;
  if (operation === undefined || textLength > MAX_TEXT || dataLength > MAX_DATA) return id;
  const dataStart = REQUEST_HEADER + textLength;
  const text = frame.toString('utf8', REQUEST_HEADER, dataStart);
  // Bytes that are no UTF-8 would name another file than the one asked for.
  if (Buffer.byteLength(text) !== textLength || text.includes('\0') || text.includes('\uFFFD')) return id;
  const [a, b, c] = [frame.readInt32LE(12), frame.readInt32LE(16), frame.readInt32LE(20)];
  return { operation, id, a, b, c, text, data: frame.subarray(dataStart) };
}

/** `data` is cut to what a frame can hold by nobody: callers keep to `MAX_DATA`. */
export function encodeReply(reply: Partial<Reply> & Pick<Reply, 'id'>): Buffer {
  const { id, errno = 0, step = 'done', value = 0, data = NOTHING } = reply;
  const frame = Buffer.alloc(REPLY_HEADER + data.length);
  writeHead(frame, STEPS.indexOf(step), id);
  frame.writeInt32LE(errno, 12);
  frame.writeInt32LE(value, 16);
  frame.writeUInt32LE(data.length, 20);
  data.copy(frame, REPLY_HEADER);
  return frame;
}

/**
 * Reads a reply.
 *
 * @returns undefined if this is not a frame, or a step nobody knows
 */
export function decodeReply(frame: Buffer): Reply | undefined {
  if (!isFrame(frame, REPLY_HEADER) || frame.length !== REPLY_HEADER + frame.readUInt32LE(20)) return undefined;
  const step = STEPS[frame.readUInt16LE(6)];
  const errno = frame.readInt32LE(12);
  if (step === undefined || errno < 0 || (errno === 0) !== (step === 'done')) return undefined;
  const data = Buffer.from(frame.subarray(REPLY_HEADER));
  return { id: frame.readUInt32LE(8), errno, step, value: frame.readInt32LE(16), data };
}

function writeHead(frame: Buffer, kind: number, id: number): void {
  frame.writeUInt32LE(MAGIC, 0);
  frame.writeUInt16LE(VERSION, 4);
  frame.writeUInt16LE(kind, 6);
  frame.writeUInt32LE(id, 8);
}

function isFrame(frame: Buffer, header: number): boolean {
  return (
    frame.length >= header &&
    frame.length <= MAX_FRAME &&
    frame.readUInt32LE(0) === MAGIC &&
    frame.readUInt16LE(4) === VERSION
  );
}
