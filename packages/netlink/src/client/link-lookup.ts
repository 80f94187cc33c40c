import { linkMessage } from '../rtnetlink/link/link.ts';
import { Call, type CallContext } from './call.ts';
import type { CallQueue } from './call-queue.ts';
import { identify, withoutStatistics } from './link-message.ts';
import { describeRef } from './link-ref.ts';
import { question } from './verb.ts';

/** `ifi_index` in `struct ifinfomsg`. */
const indexOffset = linkMessage.header.offsetOf('index');

const lookUp = question({
  name: 'RTM_GETLINK',
  schema: linkMessage,
  subject: describeRef,
  message: (name: string) => identify(name, { extMask: withoutStatistics }),
  read: (reader, start) => reader.s32At(start + indexOffset),
});

/**
 * Calls that ask for the ifindexes which the first calls of the queue need, to be sent before them. They go as far
 * down the queue as no call can change what a name means; a name that several calls use is asked for once.
 */
export function lookUpLinks(queue: CallQueue, context: CallContext): Call[] {
  const waiting = new Map<string, Call[]>();
  for (const call of queue) {
    if (!call.needsIndexes) break;
    for (const name of call.names) {
      const calls = waiting.get(name);
      if (calls === undefined) waiting.set(name, [call]);
      else calls.push(call);
    }
    if (call.verb.name.endsWith('LINK')) break;
  }
  return [...waiting].map(([name, calls]) => indexCall(name, calls, context));
}

function indexCall(name: string, calls: readonly Call[], context: CallContext): Call {
  const answer = (index: unknown) => {
    for (const call of calls) call.indexes?.set(name, index as number);
  };
  const refuse = (error: unknown) => {
    for (const call of calls) call.fail(error);
  };
  return new Call(lookUp, name, undefined, context, answer, refuse);
}
