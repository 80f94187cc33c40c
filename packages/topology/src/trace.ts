import createDebug from 'debug';

/** `DEBUG=nsnet:topology`: what is joined, moved, found and awaited, in names. */
export const trace = createDebug('nsnet:topology');
