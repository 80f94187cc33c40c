import createDebug from 'debug';
import { readDone, readError } from '../protocol/ack.ts';
import { ControlType, MessageFlag } from '../protocol/header.ts';
import { messageOf, messageTypeName } from '../rtnetlink/families.ts';
import { littleEndian, messageHeaderLength } from '../wire/align.ts';
import { Reader } from '../wire/reader.ts';

/** One message as it went out or came in. */
export interface TraceEvent {
  readonly direction: 'out' | 'in';
  /** `RTM_NEWLINK`, `NLMSG_ERROR`, `NLMSG_DONE`; a number when the library has no name for it. */
  readonly type: string;
  /** `request`, `ack`, `dump`, `create` …. */
  readonly flags: string[];
  readonly sequence: number;
  /** The decoded message; for acks `{ errno, extended }`. Absent when it can't be decoded. */
  readonly message?: unknown;
}

/** Takes trace events. */
export type Tracer = (event: TraceEvent) => void;

const debug = createDebug('nsnet:netlink');

/** The tracer that `DEBUG=nsnet:netlink` asks for, together with the caller's; undefined when nobody listens. */
export function tracerOf(trace: Tracer | undefined, namespace: string | undefined): Tracer | undefined {
  const told = trace === undefined ? undefined : guarded(trace);
  if (!debug.enabled) return told;
  const place = namespace === undefined ? '' : ` in ${namespace}`;
  return (event) => {
    debug(
      '%s %s #%d [%s]%s %o',
      event.direction === 'out' ? '→' : '←',
      event.type,
      event.sequence,
      event.flags.join(' '),
      place,
      event.message,
    );
    told?.(event);
  };
}

/** What the caller's function throws is an uncaught exception of its own, and none of the requests it watches. */
function guarded(trace: Tracer): Tracer {
  return (event) => {
    try {
      trace(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };
}

/** Reports every message of a datagram at `[0, length)`. Must not throw: it only watches. */
export function traceDatagram(
  trace: Tracer,
  direction: TraceEvent['direction'],
  bytes: Uint8Array,
  length: number,
): void {
  const reader = new Reader(bytes.subarray(0, length));
  for (let at = 0; length - at >= messageHeaderLength; ) {
    const size = reader.view.getUint32(at, littleEndian);
    if (size < messageHeaderLength || size > length - at) return;
    const type = reader.view.getUint16(at + 4, littleEndian);
    const flags = reader.view.getUint16(at + 6, littleEndian);
    const message = contentOf(type, flags, reader, at + messageHeaderLength, at + size);
    const sequence = reader.view.getUint32(at + 8, littleEndian);
    trace({
      direction,
      type: nameOf(type),
      flags: flagNamesOf(type, flags, direction),
      sequence,
      ...(message === undefined ? {} : { message }),
    });
    at += (size + 3) & ~3;
  }
}

function contentOf(type: number, flags: number, reader: Reader, start: number, end: number): unknown {
  try {
    if (type === ControlType.error) return readError(reader, flags, start, end);
    if (type === ControlType.done) return readDone(reader, flags, start, end);
    return messageOf(type)?.decode(reader.bytes.slice(start, end));
  } catch {
    return undefined;
  }
}

function nameOf(type: number): string {
  const control = Object.entries(ControlType).find(([, number]) => number === type)?.[0];
  return control === undefined ? (messageTypeName(type) ?? String(type)) : `NLMSG_${control.toUpperCase()}`;
}

const common = ['request', 'multi', 'ack', 'echo', 'dumpInterrupted', 'dumpFiltered'] as const;
const special = {
  get: ['root', 'match', 'atomic'],
  make: ['replace', 'exclusive', 'create', 'append'],
  delete: ['nonRecursive', 'bulk'],
  answer: ['capped', 'ackTlvs'],
} as const;

/** Flags by name; what the upper byte means depends on the message. */
function flagNamesOf(type: number, flags: number, direction: TraceEvent['direction']): string[] {
  const verb =
    type < 16 ? 'answer' : direction === 'in' ? undefined : (['make', 'delete', 'get', 'make'] as const)[type & 3];
  const names: readonly string[] = verb === undefined ? common : [...common, ...special[verb]];
  const set = names.filter((name) => flags & MessageFlag[name as keyof typeof MessageFlag]);
  return verb === 'get' && (flags & MessageFlag.dump) === MessageFlag.dump
    ? [...set.filter((name) => name !== 'root' && name !== 'match'), 'dump']
    : set;
}
