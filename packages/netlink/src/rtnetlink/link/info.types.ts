import type { LinkInfo } from './info.ts';

/** Comparing `kind` tells the type of `data`; other kinds keep bytes. */
export function narrowed(info: LinkInfo): number | Uint8Array | undefined {
  if (info.kind === 'bridge') return info.data?.forwardDelay;
  if (info.kind === 'vxlan') return info.data?.id satisfies number | undefined;
  if (info.slaveKind === 'bridge') return info.slaveData?.state;
  return undefined;
}

export const known: LinkInfo = { kind: 'vlan', data: { id: 5 } };
export const unknown: LinkInfo = { kind: 'wireguard', data: Uint8Array.of(1) };
export const port: LinkInfo = { slaveKind: 'bridge', slaveData: { isolated: 1 } };
// @ts-expect-error: a vlan has no VNI.
export const wrong: LinkInfo = { kind: 'vlan', data: { vni: 5 } };
