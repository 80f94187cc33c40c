/**
 * Network namespaces joined by links: what takes more than one namespace, or more than one step.
 *
 * - {@link connect} joins two namespaces by a veth pair with addresses; {@link End}, {@link VethPair}.
 * - {@link move} moves a link to another namespace; {@link MoveOptions}.
 * - {@link peerOf} finds the other end of a veth, in whatever namespace it is; {@link Peer}.
 * - {@link ping} asks an address for echo replies, from inside a namespace; {@link PingOptions}, {@link PingResult}.
 * - {@link usable} waits until links have a carrier and addresses can be used; {@link UsableOptions}.
 * - {@link TopologyError} is what they fail with, with {@link TopologyErrorOptions}.
 *
 * @module @nsnet/topology
 */
export { connect } from './connect.ts';
export type { End } from './end.ts';
export { TopologyError, type TopologyErrorOptions } from './errors.ts';
export { type MoveOptions, move } from './move.ts';
export { type Peer, peerOf } from './peer-of.ts';
export { type PingOptions, type PingResult, ping } from './ping.ts';
export { type UsableOptions, usable } from './usable.ts';
export type { VethPair } from './veth-pair.ts';
