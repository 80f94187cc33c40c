import t from 'tap';
import { UndoStack } from './undo.ts';

t.test('backwards, one at a time, all of them, once', async (t) => {
  const undo = new UndoStack();
  const order: string[] = [];
  for (const what of ['first', 'second', 'third']) {
    undo.push(what, async () => {
      order.push(`${what} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      if (what === 'second') throw new Error('stuck');
      order.push(`${what} is gone`);
    });
  }
  undo.unknown('perhaps');
  t.same(await undo.run(), { undone: ['third', 'first'], leftovers: ['perhaps', 'second'] });
  t.same(order, ['third begins', 'third is gone', 'second begins', 'first begins', 'first is gone']);
  t.same((await undo.run()).undone, []);
  t.same(await new UndoStack().run(), { undone: [], leftovers: [] });
});
