import * as messages from './messages.ts';

/** What programs outside may expect of every message: plain records in, plain records out. */
interface MessageCodec<T> {
  encode(message: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}
type Plain = { header: Record<string, number>; attributes: Record<string, unknown> };

export const codecs: MessageCodec<Plain>[] = [
  messages.linkMessage,
  messages.addressMessage,
  messages.routeMessage,
  messages.neighbourMessage,
  messages.ruleMessage,
  messages.nsidMessage,
];

/** Headers and attributes may be left out, and are known by name and type. */
export const bytes = [
  messages.linkMessage.encode({}),
  messages.linkMessage.encode({ header: { index: 1 }, attributes: { mtu: 1500, linkinfo: { kind: 'dummy' } } }),
  messages.routeMessage.encode({
    attributes: { multipath: [{ header: { flags: 0, hops: 0, ifindex: 3 }, attributes: { gateway: '10.0.0.1' } }] },
  }),
  // @ts-expect-error: an mtu is a number.
  messages.linkMessage.encode({ attributes: { mtu: '1500' } }),
  // @ts-expect-error: no such attribute.
  messages.addressMessage.encode({ attributes: { mtu: 1500 } }),
  // @ts-expect-error: no such field.
  messages.nsidMessage.encode({ header: { index: 1 } }),
];

const { header, attributes } = messages.linkMessage.decode(new Uint8Array(16));
export const index: number = header.index;
export const mtu: number | undefined = attributes.mtu;
export const packets: bigint | undefined = attributes.stats64?.rxPackets;
export const names: string[] | undefined = attributes.propList?.altIfname;
