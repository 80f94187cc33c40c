import t from 'tap';
import { bytesOf, checkRows, hexOf, problemsOf } from '../rows.test.helper.ts';
import { attributes } from './attributes.ts';
import { message } from './message.ts';
import { residueOf } from './residue.ts';
import { string, u8, u32 } from './scalars.ts';
import { selectedByHeader, selectedBySibling } from './selected.ts';
import { struct } from './struct.ts';

const header = struct((field) => ({ family: field.u8() }));
const flagged = attributes({ mode: [1, u8] });
const bare = attributes({ id: [1, u32] }, { nestedFlag: false });
const sample = message(
  header,
  attributes({
    kind: [1, string(15)],
    data: [2, selectedBySibling('kind', { bridge: flagged, vlan: bare, number: u32 }, { nestedFlag: false })],
    protinfo: [12, selectedByHeader('family', { 7: flagged, 10: bare })],
    spec: [26, selectedByHeader('family', { 7: flagged }, { otherwise: bare })],
  }),
);

checkRows(t, sample, [
  {
    name: 'by the kind beside it',
    value: { attributes: { kind: 'bridge', data: { mode: 1 } } },
    hex: '00000000 0b000100 62726964 67650000 0c000200 05000100 01000000',
  },
  {
    name: 'a kind that is no set',
    value: { attributes: { kind: 'number', data: 7 } },
    hex: '00000000 0b000100 6e756d62 65720000 08000200 07000000',
  },
  {
    name: 'by the family in the header, with the flag of the choice',
    value: { header: { family: 7 }, attributes: { protinfo: { mode: 2 }, spec: { mode: 3 } } },
    hex: '07000000 0c000c80 05000100 02000000 0c001a80 05000100 03000000',
  },
  {
    name: 'another family, without',
    value: { header: { family: 10 }, attributes: { protinfo: { id: 2 }, spec: { id: 3 } } },
    hex: '0a000000 0c000c00 08000100 02000000 0c001a00 08000100 03000000',
  },
  {
    name: 'unknown choices are bytes',
    value: {
      header: { family: 2 },
      attributes: { kind: 'x', data: new Uint8Array([1]), protinfo: new Uint8Array([2]) },
    },
    hex: '02000000 06000100 78000000 05000200 01000000 05000c00 02000000',
  },
]);

t.test('names of Object.prototype choose nothing', async (t) => {
  for (const kind of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const bytes = sample.encode({ attributes: { kind, data: new Uint8Array([1, 2, 3, 4]) } });
    t.same(sample.decode(bytes).attributes, { kind, data: new Uint8Array([1, 2, 3, 4]) }, kind);
  }
});

t.test('a payload that does not fit its choice is bytes', async (t) => {
  const bytes = bytesOf('00000000 0b000100 6e756d62 65720000 05000200 01000000');
  t.same(sample.decode(bytes).attributes.data, new Uint8Array([1]));
  t.equal(hexOf(sample.encode(sample.decode(bytes))), hexOf(bytes));
});

t.test('the kind has to come first', async (t) => {
  const bytes = bytesOf('00000000 0c000200 05000100 01000000 0b000100 62726964 67650000');
  const decoded = sample.decode(bytes);
  t.same(decoded.attributes.data, new Uint8Array(bytesOf('05000100 01000000')), 'or else it is not known yet');
  t.equal(hexOf(sample.encode(decoded)), hexOf(bytes));
  t.equal(residueOf(decoded.attributes), undefined);
});

t.test('of several kinds, what was read as one is written as that', async (t) => {
  const vlan = '09000100 766c616e 00000000';
  const bridge = '0b000100 62726964 67650000';
  for (const hex of [
    `00000000 ${vlan} 0c000200 08000100 07000000 ${bridge}`,
    `00000000 ${vlan} 0c000200 08000100 07000000 ${bridge} 0c000200 05000100 01000000`,
    `00000000 ${bridge} ${vlan} 0c000200 08000100 07000000`,
  ])
    t.equal(hexOf(sample.encode(sample.decode(bytesOf(hex)))), hexOf(bytesOf(hex)), hex);
});

t.test('problems and paths go through the choice', async (t) => {
  t.same(
    problemsOf(() => sample.encode({ attributes: { kind: 'vlan', data: { mode: 1 } } as never })),
    ['data.mode: is not an attribute'],
  );
  t.same(
    problemsOf(() => sample.encode({ attributes: { kind: 'what', data: { mode: 1 } } as never })),
    ['data: is not a Uint8Array'],
  );
  const bytes = bytesOf('07000000 0b000100 62726964 67650000 0c000200 05000100 01000000 0c000c80 05000100 02000000');
  t.same(
    [16, 20, 28, 32].map((at) => sample.pathAt(bytes, at)),
    ['data', 'data.mode', 'protinfo', 'protinfo.mode'],
  );
});
