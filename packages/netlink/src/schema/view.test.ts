import t from 'tap';
import { DecodeError } from '../errors.ts';
import { bytesOf } from '../rows.test.helper.ts';
import { Reader } from '../wire/reader.ts';
import { attributes } from './attributes.ts';
import { repeated } from './lists.ts';
import { string, u8, u32 } from './scalars.ts';
import { AttributeView } from './view.ts';

const set = attributes({ id: [1, u32], name: [2, string(15)], many: [3, repeated(u8)] });

function viewOf(hex: string): AttributeView<{ id?: number; name?: string; many?: number[] }> {
  const view = new AttributeView(set);
  const bytes = bytesOf(hex);
  view.index(new Reader(bytes), 0, bytes.length);
  return view;
}

t.test('reads what is asked for', async (t) => {
  const view = viewOf('08000100 07000000 08006300 00000000 06000200 78000000');
  t.equal(view.get(view.fields.id), 7);
  t.equal(view.get(view.fields.name), 'x');
});

t.test('absent, of a wrong length, forgotten', async (t) => {
  const view = viewOf('05000100 07000000');
  t.equal(view.get(view.fields.id), undefined);
  t.equal(view.get(view.fields.name), undefined);
  view.index(new Reader(bytesOf('')), 0, 0);
  t.equal(view.get(view.fields.id), undefined);
});

t.test('the last of duplicates counts', async (t) => {
  const view = viewOf('08000100 07000000 08000100 08000000');
  t.equal(view.get(view.fields.id), 8);
});

t.test('lengths that cannot be', async (t) => {
  for (const hex of ['00000100', '03000100', '09000100 07000000']) t.throws(() => viewOf(hex), DecodeError, hex);
});
