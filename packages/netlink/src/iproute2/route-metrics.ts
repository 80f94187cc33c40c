import { RouteFeature } from '../rtnetlink/constants.ts';
import type { RouteAttributes } from '../rtnetlink/route.ts';
import { type Entry, entry, hex } from './entry.ts';

/** The metrics of a route. */
type Metrics = NonNullable<RouteAttributes['metrics']>;
/** Those that are numbers. */
type Quantity = Exclude<keyof Metrics, 'lock' | 'ccAlgo'>;

/** By `RTAX_*` number: attribute, the word for it, and how many to a millisecond when it is a time. */
const quantities: readonly (readonly [number, Quantity, string, perMillisecond?: number])[] = [
  [2, 'mtu', 'mtu'],
  [3, 'window', 'window'],
  [4, 'rtt', 'rtt', 8],
  [5, 'rttvar', 'rttvar', 4],
  [6, 'ssthresh', 'ssthresh'],
  [7, 'cwnd', 'cwnd'],
  [8, 'advmss', 'advmss'],
  [9, 'reordering', 'reordering'],
  [10, 'hoplimit', 'hoplimit'],
  [11, 'initcwnd', 'initcwnd'],
  [12, 'features', 'features'],
  [13, 'rtoMin', 'rto_min', 1],
  [14, 'initrwnd', 'initrwnd'],
  [15, 'quickack', 'quickack'],
  [17, 'fastopenNoCookie', 'fastopen_no_cookie'],
];
/** Hop limit: that of the namespace. */
const unset = 0xffffffff;

/** `mtu lock 1400 rtt 1.5s congctl bbr `. */
export function addMetrics(line: Entry, metrics: Metrics): void {
  const written = entry((inner) => writeMetrics(inner, metrics));
  line.both('metrics', [written.object], written.text);
}

function writeMetrics(inner: Entry, metrics: Metrics): void {
  const locked = (number: number) => ((metrics.lock ?? 0) >>> number) % 2 === 1;
  for (const [number, attribute, word, perMillisecond] of quantities) {
    if (number === 17) writeAlgorithm(inner, metrics);
    const value = metrics[attribute] ?? (locked(number) ? 0 : undefined);
    if (value === undefined || (attribute === 'hoplimit' && value === unset)) continue;
    inner.say(`${word} ${locked(number) ? 'lock ' : ''}`);
    if (attribute === 'features') writeFeatures(inner, value);
    else if (perMillisecond === undefined) inner.both(word, value, `${value} `);
    else {
      const milliseconds = Math.trunc(value / perMillisecond);
      inner.both(word, milliseconds, `${duration(milliseconds)} `);
    }
  }
}

function writeAlgorithm(inner: Entry, { ccAlgo, lock = 0 }: Metrics): void {
  if (ccAlgo !== undefined)
    inner.both('congestion', ccAlgo, `congctl ${(lock >>> 16) % 2 === 1 ? 'lock ' : ''}${ccAlgo} `);
}

function writeFeatures(inner: Entry, features: number): void {
  if ((features & RouteFeature.ecn) !== 0) inner.both('ecn', null, 'ecn ');
  if ((features & ~RouteFeature.ecn) !== 0) inner.both('features', hex(features), `${hex(features)} `);
}

/** `250ms`, `1.5s`: of seconds, the first six digits. */
function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds}ms` : `${Number((milliseconds / 1000).toPrecision(6))}s`;
}
