import t from 'tap';
import { DecodeError } from '../errors.ts';
import { bytesOf, checkRows, problemsOf } from '../rows.test.helper.ts';
import { attributes } from './attributes.ts';
import { message } from './message.ts';
import { u32 } from './scalars.ts';
import { selectedByHeader } from './selected.ts';
import { struct } from './struct.ts';

const short = struct((field) => ({ family: field.u8() }));
const long = struct((field) => ({ family: field.u8(), index: field.pad(3).s32() }));
const choice = selectedByHeader('family', { 2: u32 });
const peer = message(short, attributes({ mtu: [4, u32], choice: [5, choice] }));
const outer = message(long, attributes({ peer: [1, peer], choice: [5, choice] }));

checkRows(t, outer, [
  {
    name: 'a message inside a message has a header of its own',
    value: {
      header: { family: 2, index: -1 },
      attributes: { peer: { header: { family: 10 }, attributes: { mtu: 9 } }, choice: 7 },
    },
    hex: '02000000 ffffffff 10000100 0a000000 08000400 09000000 08000500 07000000',
  },
  {
    name: 'choices go by the nearest header',
    value: {
      header: { family: 10, index: 0 },
      attributes: { peer: { header: { family: 2 }, attributes: { choice: 7 } }, choice: new Uint8Array([1]) },
    },
    hex: '0a000000 00000000 10000100 02000000 08000500 07000000 05000500 01000000',
  },
]);

t.test('header and attributes may be left out', async (t) => {
  t.same(outer.decode(outer.encode({})), { header: { family: 0, index: 0 }, attributes: {} });
  t.same(outer.decode(outer.encode({ attributes: { peer: {} } as never })).attributes.peer, {
    header: { family: 0 },
    attributes: {},
  });
});

t.test('a message shorter than its header', async (t) => {
  for (const hex of ['', '02', '02000000 000000']) {
    t.throws(() => outer.decode(bytesOf(hex)), DecodeError, hex);
    t.match(
      (() => {
        try {
          outer.decode(bytesOf(hex));
        } catch (error) {
          return error;
        }
        return undefined;
      })(),
      { offset: 0, path: 'header' },
    );
  }
  t.same(peer.decode(bytesOf('02')).header, { family: 2 }, 'without its padding it is whole');
});

t.test('a cut message inside is told by its path', async (t) => {
  try {
    outer.decode(bytesOf('02000000 00000000 04000100'));
    t.fail('decoded');
  } catch (error) {
    t.match(error, { path: 'peer', offset: 12 });
  }
});

t.test('problems inside are told by their path', async (t) => {
  const wrong = {
    header: { index: 2 ** 31 },
    attributes: { peer: { header: { family: -1 }, attributes: { mtu: -1 } } },
  };
  t.same(
    problemsOf(() => outer.encode(wrong as never)),
    [
      'header.index: is not an integer from -2147483648 to 2147483647',
      'peer.header.family: is not an integer from 0 to 255',
      'peer.mtu: is not an integer from 0 to 4294967295',
    ],
  );
  for (const none of [null, 'x', 5])
    t.same(
      problemsOf(() => outer.encode({ attributes: { peer: none } } as never)),
      ['peer: is not an object'],
    );
});

t.test('encoding and decoding share nothing with the bytes', async (t) => {
  const bytes = bytesOf('02000000 00000000 05000500 01000000');
  const decoded = outer.decode(bytesOf('0a000000 00000000 05000500 01000000'));
  const kept = decoded.attributes.choice;
  bytes.fill(0xff);
  t.same(kept, new Uint8Array([1]));
  t.not(outer.encode(decoded).buffer, outer.encode(decoded).buffer);
});
