import type { Entry } from '../entry.ts';

/** `8000.a:b:0:d:e:f`, as spanning tree tells bridges apart. Unlike elsewhere, the address has no leading zeros. */
export function bridgeId({ prio, addr }: { readonly prio: number; readonly addr: string }): string {
  const pairs = addr.split(':').map((pair) => Number.parseInt(pair, 16).toString(16));
  return `${prio.toString(16).padStart(4, '0')}.${pairs.join(':')}`;
}

/** A timer in hundredths of a second, shown in seconds: `gc_timer   12.05 `. */
export function addTimer(info: Entry, key: string, ticks: bigint | undefined): void {
  if (ticks === undefined) return;
  const hundredths = String(ticks % 100n).padStart(2, '0');
  info.both(key, Number(ticks) / 100, `${key} ${String(ticks / 100n).padStart(4)}.${hundredths} `);
}
