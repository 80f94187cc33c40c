const names: ReadonlyMap<number, string> = new Map([
  [0x8100, '802.1Q'],
  [0x88a8, '802.1ad'],
]);

/** `802.1Q`: protocol of VLAN tags, by its Ethertype. */
export function vlanProtocol(etherType: number): string {
  return names.get(etherType) ?? `[${etherType}]`;
}
