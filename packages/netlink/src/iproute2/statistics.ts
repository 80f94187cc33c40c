import type { inet6Attributes } from '../rtnetlink/link/families.ts';
import type { LinkAttributes } from '../rtnetlink/link/link.ts';
import type { rtnlLinkStats64 } from '../rtnetlink/link/stats.ts';
import type { Infer } from '../schema/type.ts';
import type { Entry, JsonObject } from './entry.ts';

/** The counters of a link: what is absent is zero. */
type Counters = { readonly [K in keyof Infer<typeof rtnlLinkStats64>]?: bigint | number };

/** A column of the table. */
interface Column {
  readonly heading: string;
  readonly counter: keyof Counters;
  /** For programs. */
  readonly key: string;
  /** What programs find there, when it is another counter. */
  readonly counted?: keyof Counters;
  /** Left out when it is zero. */
  readonly optional?: true;
}

const received: readonly Column[] = [
  { heading: 'bytes', counter: 'rxBytes', key: 'bytes' },
  { heading: 'packets', counter: 'rxPackets', key: 'packets' },
  { heading: 'errors', counter: 'rxErrors', key: 'errors' },
  { heading: 'dropped', counter: 'rxDropped', key: 'dropped' },
  { heading: 'missed', counter: 'rxMissedErrors', key: 'over_errors', counted: 'rxOverErrors' },
  { heading: 'mcast', counter: 'multicast', key: 'multicast' },
  { heading: 'compressed', counter: 'rxCompressed', key: 'compressed', optional: true },
];
const sent: readonly Column[] = [
  { heading: 'bytes', counter: 'txBytes', key: 'bytes' },
  { heading: 'packets', counter: 'txPackets', key: 'packets' },
  { heading: 'errors', counter: 'txErrors', key: 'errors' },
  { heading: 'dropped', counter: 'txDropped', key: 'dropped' },
  { heading: 'carrier', counter: 'txCarrierErrors', key: 'carrier_errors' },
  { heading: 'collsns', counter: 'collisions', key: 'collisions' },
  { heading: 'compressed', counter: 'txCompressed', key: 'compressed', optional: true },
];
/** Of the columns, in characters, where no number is wider. */
const leastWidths: readonly number[] = [10, 7, 6, 7, 7, 7, 10];

/** `IPSTATS_MIB_*`, uapi/linux/snmp.h: places in the counters of IPv6. */
const ipv6Counter = {
  inPkts: 1,
  inOctets: 2,
  outPkts: 5,
  outOctets: 6,
  inDiscards: 13,
  outDiscards: 14,
  inMcastPkts: 23,
};

/** The counters of a link, two lines for each direction; the last line is not ended. */
export function addStatistics(entry: Entry, attributes: LinkAttributes): void {
  const counters = attributes.stats64 ?? attributes.stats ?? ipv6Counters(attributes);
  if (counters === undefined) return;
  const digits = (column: Column | undefined) => (column === undefined ? 0 : numberOf(column, counters).length);
  const widths = leastWidths.map((least, index) => Math.max(least, digits(received[index]), digits(sent[index])));
  entry.both(
    attributes.stats64 === undefined && attributes.stats !== undefined ? 'stats' : 'stats64',
    { rx: objectOf(received, counters), tx: objectOf(sent, counters) },
    `${table('RX', received, counters, widths)}\n${table('TX', sent, counters, widths)}`,
  );
}

function isShown({ counter, optional }: Column, counters: Counters): boolean {
  return !optional || Number(counters[counter] ?? 0) !== 0;
}

function numberOf({ counter }: Column, counters: Counters): string {
  return String(counters[counter] ?? 0);
}

function objectOf(columns: readonly Column[], counters: Counters): JsonObject {
  const shown = columns.filter((column) => isShown(column, counters));
  return Object.fromEntries(
    shown.map(({ key, counter, counted = counter }): [string, number] => [key, Number(counters[counted] ?? 0)]),
  );
}

/** Headings and numbers, one line each. */
function table(title: string, columns: readonly Column[], counters: Counters, widths: readonly number[]): string {
  const cells = columns.map((column, index) => {
    const width = widths[index] ?? 0;
    const shown = isShown(column, counters);
    return {
      heading: (shown ? column.heading : '').padStart(index === 0 ? width - 4 : width),
      number: shown ? `${numberOf(column, counters).padStart(width)} ` : '',
    };
  });
  const headings = cells.map(({ heading }) => heading).join(' ');
  const numbers = cells.map(({ number }) => number).join('');
  return `    ${title}: ${headings}\n    ${numbers}`;
}

/** What links say about IPv6 when asked for that family: the same table, filled from other counters. */
function ipv6Counters({ protinfo }: LinkAttributes): Counters | undefined {
  if (protinfo === undefined || protinfo instanceof Uint8Array) return undefined;
  const { stats = [] } = protinfo as Infer<typeof inet6Attributes>;
  const at = (index: number) => stats[index] ?? 0n;
  return {
    rxPackets: at(ipv6Counter.inPkts),
    rxBytes: at(ipv6Counter.inOctets),
    rxErrors: at(ipv6Counter.inDiscards),
    multicast: at(ipv6Counter.inMcastPkts),
    txPackets: at(ipv6Counter.outPkts),
    txBytes: at(ipv6Counter.outOctets),
    txErrors: at(ipv6Counter.outDiscards),
  };
}
