import t from 'tap';
import { bytesOf, checkRows } from '../rows.test.helper.ts';
import { nsidMessage } from './nsid.ts';

checkRows(t, nsidMessage, [
  {
    name: 'ip netns set red 5',
    value: { attributes: { fd: 4, nsid: 5 } },
    hex: '00000000 08000300 04000000 08000100 05000000',
  },
  {
    name: 'every attribute',
    value: { header: { family: 0 }, attributes: { nsid: -1, pid: 1, fd: 2, targetNsid: 3, currentNsid: -1 } },
    hex: '00000000 08000100 ffffffff 08000200 01000000 08000300 02000000 08000400 03000000 08000500 ffffffff',
  },
]);

t.test('the header is one byte and need not be padded', async (t) => {
  t.same(nsidMessage.decode(bytesOf('00')), { header: { family: 0 }, attributes: {} });
  t.equal(nsidMessage.encode({}).length, 4);
});
