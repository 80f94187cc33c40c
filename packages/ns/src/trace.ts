import createDebug from 'debug';

/** `DEBUG=nsnet:ns`: what is done to which namespace, in names. */
export const trace = createDebug('nsnet:ns');
