import type { LinkAttributes } from '../rtnetlink/link/link.ts';
import type { Entry, JsonObject } from './entry.ts';

type Xdp = NonNullable<LinkAttributes['xdp']>;

/** `XDP_ATTACHED_*`: where a program is attached, by the words that `ip` prints. */
const places = { 1: 'xdp', 2: 'xdpgeneric', 3: 'xdpoffload', 4: 'xdpmulti' } as const;
const mode = { driver: 1, generic: 2, hardware: 3, several: 4 };

/** The number of a program. Its name and tag are behind the `bpf` system call, and not shown. */
function program(id: number): { prog: JsonObject } {
  return { prog: { id } };
}

/** The word in a link's first line. `alone`: as `ip link` has it. */
export function addXdp(link: Entry, xdp: Xdp | undefined, alone: boolean): void {
  const { attached = 0, progId = 0 } = xdp ?? {};
  if (xdp === undefined || attached === 0) return;
  const several: readonly (readonly [mode: number, id: number | undefined])[] = [
    [mode.generic, xdp.skbProgId],
    [mode.driver, xdp.drvProgId],
    [mode.hardware, xdp.hwProgId],
  ];
  const known = several.some(([, id]) => id !== undefined) ? several : [[attached, xdp.progId] as const];
  const list = known.flatMap(([where, id]) => (id === undefined ? [] : [{ mode: where, ...program(id) }]));
  const word = places[attached as keyof typeof places] ?? `xdp[${attached}]`;
  link.both(
    'xdp',
    { mode: attached, ...(progId === 0 ? {} : program(progId)), attached: list },
    `${word}${progId === 0 || alone ? '' : `/id:${progId}`} `,
  );
}

/** A line for each program. */
export function sayXdpPrograms(link: Entry, xdp: Xdp | undefined): void {
  const { attached = 0, progId, skbProgId, drvProgId, hwProgId } = xdp ?? {};
  if (attached === 0) return;
  const several = { generic: skbProgId, drv: drvProgId, offload: hwProgId };
  const programs = { '': progId, ...(attached === mode.several ? several : {}) };
  for (const [where, id] of Object.entries(programs)) if (id) link.say(`\n    prog/xdp${where} id ${id} `);
}
