import t from 'tap';
import { AddressFlag, AddressFlag6, LinkFlag, NeighbourState, RouteProtocol, RouteScope } from './constants.ts';
import { flagBits, flagNames, valueName, valueNumber } from './names.ts';

t.test('flags', async (t) => {
  t.same(flagNames(LinkFlag, 0x11043), ['up', 'broadcast', 'running', 'multicast', 'lower_up']);
  t.same(flagNames(LinkFlag, 0), []);
  t.same(flagNames(LinkFlag, 0xc0080001), ['up', '0xc0080000'], 'bits without a name stay together');
  t.same(flagNames(NeighbourState, 0), [], 'none is no bit');
  t.same(flagNames(AddressFlag, 0x81), ['secondary', 'permanent']);
  t.same(flagNames(AddressFlag6, 0x81), ['temporary', 'permanent']);
  for (const bits of [0, 1, 0x11043, 0xffffffff, 0x80000000])
    t.equal(flagBits(LinkFlag, flagNames(LinkFlag, bits)), bits, bits.toString(16));
  t.equal(flagBits(LinkFlag, ['up', 0x40]), 0x41);
  t.equal(flagBits(LinkFlag), 0);
  t.equal(flagBits(LinkFlag, ['up', 'nonsense']), undefined);
});

t.test('values', async (t) => {
  t.equal(valueName(RouteScope, 253), 'link');
  t.equal(valueName(RouteScope, 99), 99);
  t.equal(valueNumber(RouteProtocol, 'bird'), 12);
  t.equal(valueNumber(RouteProtocol, 77), 77);
  t.equal(valueNumber(RouteProtocol, '77'), 77);
  t.equal(valueNumber(RouteProtocol, '0x10'), 16);
  for (const wrong of ['nonsense', '', '-1', -1, 1.5, Number.NaN, null, undefined, {}, '__proto__', 'constructor'])
    t.equal(valueNumber(RouteProtocol, wrong), undefined, String(wrong));
});
