import { constants } from 'node:os';
import { DumpInterruptedError } from '../errors.ts';
import { Exchange } from '../protocol/exchange.ts';
import type { RawSocket } from '../socket/raw-socket.ts';
import { Reader } from '../wire/reader.ts';
import { Batch } from './batch.ts';
import { Call } from './call.ts';
import type { CallOptions } from './options.ts';
import type { Verb } from './verb.ts';

const { EAGAIN } = constants.errno;

/**
 * A dump as its objects come, one datagram at a time: the kernel makes the next part when the last has been read. It
 * takes a socket of its own, because an unfinished dump keeps all others waiting; closing the socket ends it.
 */
export async function* streamDump<I, T>(
  socket: RawSocket,
  verb: Verb<I, T[]>,
  input: I,
  options: CallOptions & { readonly namespace?: string | undefined },
): AsyncIterableIterator<T> {
  options.signal?.throwIfAborted();
  const exchange = new Exchange();
  const reader = new Reader(new Uint8Array(64 * 1024));
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
    wake();
  };
  const call = new Call(verb, input, options, context, succeed, fail);
  const timer = options.timeout === undefined ? undefined : setTimeout(() => call.timeOut(), options.timeout);
  try {
    const batch = new Batch(exchange, socket.sendLimit);
    batch.add(call);
    const sent = call.settled ? 0 : socket.send(batch.writer.bytes, batch.writer.length);
    if (sent < 0) call.fail(call.error({ errno: -sent }));
    while (!call.settled) {
      const length = socket.receive(reader.bytes);
      if (length >= 0) {
        exchange.receive(reader, length);
        if (call.settled) break;
        yield* call.take() as T[];
        // The consumer may never wait itself: the event loop gets its turn with each datagram.
        await new Promise((next) => setImmediate(next));
      } else if (length === -EAGAIN) {
        await new Promise<void>((next) => {
          wake = next;
          socket.watch(next);
        });
        socket.watch(undefined);
      } else call.fail(call.error({ errno: -length }));
    }
    if (failure !== undefined) throw failure;
    yield* rest;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}
