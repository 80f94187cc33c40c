/**
 * Linux network namespaces: created, found, named and removed as `ip netns` does, with sockets opened inside them.
 *
 * @module @nsnet/ns
 */
export type { DiscoveredNamespace } from './discover.ts';
export { NamespaceError, type NamespaceErrorOptions } from './errors.ts';
export type { ExecOptions } from './exec/options.ts';
export type { RunOptions, RunResult } from './exec/run.ts';
export { type CreateOptions, type DeleteOptions, type ListedNamespace, Namespace } from './namespace.ts';
export type { NamespaceAgent } from './sockets/agent.ts';
export type { BindOptions } from './sockets/bind.ts';
export type { ConnectOptions } from './sockets/connect.ts';
export type { Connector, ConnectorOptions, ConnectorTarget } from './sockets/connector.ts';
export type { DialOptions } from './sockets/dial.ts';
export type { ListenOptions } from './sockets/listen.ts';
export type { ResolveOptions } from './sockets/resolve.ts';
export type { NamespaceSource } from './source.ts';
export type { Sysctl } from './sysctl.ts';
