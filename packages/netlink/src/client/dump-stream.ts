import { constants } from 'node:os';
import { DumpInterruptedError } from '../errors.ts';
import { Exchange } from '../protocol/exchange.ts';
import type { RawSocket } from '../socket/raw-socket.ts';
import { Reader } from '../wire/reader.ts';
import { Batch } from './batch.ts';
import { Call } from './call.ts';
import { longestDelay } from './in-time.ts';
import type { CallOptions } from './options.ts';
import type { Verb } from './verb.ts';

const { EAGAIN, EMSGSIZE } = constants.errno;
/** The kernel makes the datagrams of a dump as large as the largest buffer offered, and at most 32 KiB. */
const bufferSize = 64 * 1024;

/** Settings of a stream. */
export interface StreamOptions extends CallOptions {
  /** Name of the namespace spoken to, for messages. */
  readonly namespace?: string | undefined;
  /** How long the kernel may keep silent, ms. */
  readonly patience: number;
  /** Has a function called when the client is closed; returns what takes it back. */
  onClose(closed: (error: unknown) => void): () => void;
}

/**
 * A dump as its objects come, one datagram at a time: the kernel makes the next part when the last has been read. It
 * takes a socket of its own, because an unfinished dump keeps all others waiting; closing the socket ends it.
 */
export async function* streamDump<I, T>(
  socket: RawSocket,
  verb: Verb<I, T[]>,
  input: I,
  options: StreamOptions,
): AsyncIterableIterator<T> {
  const exchange = new Exchange();
  const reader = new Reader(new Uint8Array(bufferSize));
  let wake = () => {};
  const context = {
    namespace: options.namespace,
    landed: () => {},
    again: (call: Call) => call.fail(new DumpInterruptedError(verb.name, 1)),
    abandon: () => {},
  };
  let rest: T[] = [];
  let failure: unknown;
  const succeed = (objects: unknown) => {
    rest = objects as T[];
  };
  const fail = (error: unknown) => {
    failure = error;
    // At once: the consumer may never ask again.
    socket.close();
    wake();
  };
  let forget = () => {};
  let timer: NodeJS.Timeout | undefined;
  try {
    options.signal?.throwIfAborted();
    const call = new Call(verb, input, options, context, succeed, fail);
    forget = options.onClose((error) => call.fail(error));
    if (options.timeout !== undefined)
      timer = setTimeout(() => call.timeOut(), Math.min(options.timeout, longestDelay));
    const batch = new Batch(exchange, socket.sendLimit);
    batch.add(call);
    const sent = call.settled ? 0 : socket.send(batch.writer.bytes, batch.writer.length);
    if (sent < 0) call.fail(call.error({ errno: -sent }));
    while (!call.settled) {
      const length = socket.receive(reader.bytes);
      if (length > reader.bytes.length) call.fail(call.error({ errno: EMSGSIZE }));
      else if (length >= 0) {
        exchange.receive(reader, length);
        if (call.settled) break;
        yield* call.take() as T[];
        // The consumer may never wait itself: the event loop gets its turn with each datagram.
        await new Promise((next) => setImmediate(next));
      } else if (length === -EAGAIN) {
        const silence = setTimeout(() => call.timeOut(), options.patience);
        await new Promise<void>((next) => {
          wake = next;
          socket.watch(next);
        });
        clearTimeout(silence);
        socket.watch(undefined);
      } else call.fail(call.error({ errno: -length }));
    }
    if (failure !== undefined) throw failure;
    yield* rest;
  } finally {
    clearTimeout(timer);
    forget();
    socket.close();
  }
}
