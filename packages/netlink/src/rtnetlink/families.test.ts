import t from 'tap';
import { addressMessage } from './address.ts';
import { families, messageOf, messageTypeName, messageTypeOf, messageTypes } from './families.ts';
import { linkMessage } from './link/link.ts';
import { ruleMessage } from './rule.ts';

t.test('names and numbers', async (t) => {
  const known: [name: string, type: number][] = [
    ['RTM_NEWLINK', 16],
    ['RTM_DELLINK', 17],
    ['RTM_GETLINK', 18],
    ['RTM_SETLINK', 19],
    ['RTM_NEWADDR', 20],
    ['RTM_GETROUTE', 26],
    ['RTM_DELNEIGH', 29],
    ['RTM_GETRULE', 34],
    ['RTM_NEWNSID', 88],
    ['RTM_NEWLINKPROP', 108],
    ['RTM_DELLINKPROP', 109],
  ];
  for (const [name, type] of known) {
    t.equal(messageTypeOf(name)?.type, type, name);
    t.equal(messageTypeName(type), name);
  }
});

t.test('what is not there is undefined', async (t) => {
  for (const name of ['RTM_SETADDR', 'RTM_NEWFOO', 'LINK', '', '__proto__', 'constructor', 'RTM_NEW'])
    t.equal(messageTypeOf(name), undefined, name);
  for (const type of [0, 1, 15, 23, 110, 65535, -1, Number.NaN]) {
    t.equal(messageTypeName(type), undefined, String(type));
    t.equal(messageOf(type), undefined, String(type));
  }
});

t.test('messages', async (t) => {
  t.equal(messageOf(16), linkMessage);
  t.equal(messageOf(22), addressMessage);
  t.equal(messageTypeOf('RTM_DELRULE')?.message, ruleMessage);
  t.equal(messageTypes.length, new Set(messageTypes.map(({ type }) => type)).size, 'no number twice');
  t.same(Object.keys(families), ['LINK', 'ADDR', 'ROUTE', 'NEIGH', 'RULE', 'NSID', 'LINKPROP']);
});
