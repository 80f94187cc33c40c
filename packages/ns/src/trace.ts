import createDebug from 'debug';

/** `DEBUG=nsnet:ns`: what is done to which namespace, in names. */
export const trace = createDebug('nsnet:ns');

/** Name of a number among constants: `AF_INET` is `INET`; the number itself if it has none. */
export function nameIn(constants: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(constants).find((name) => constants[name] === value) ?? `${value}`;
}
