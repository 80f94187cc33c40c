// Every capture in test/fixtures: decoded without anything unknown, and encoded again to the same bytes.
import t from 'tap';
import { fixturesFolder, formatHexFile, parseHexFile, readFixtures } from './support/fixtures.ts';
import { residues } from './support/residue.ts';

const fixtures = readFixtures();

t.test('captures decode strictly and encode to the same bytes', async (t) => {
  t.ok(fixtures.length >= 60, `${fixtures.length} captures in ${fixturesFolder}`);
  for (const { name, message, bytes, fromKernel } of fixtures) {
    const decoded = message.decode(bytes);
    const remarks = residues(decoded);
    t.same(
      remarks.filter(({ raw }) => raw.length > 0),
      [],
      `${name}: every attribute is declared`,
    );
    // iproute2 leaves out a NUL or NLA_F_NESTED now and then; the kernel of these captures does nothing unusual.
    if (fromKernel) t.same(remarks, [], `${name}: nothing but keys and values`);
    const encoded = message.encode(decoded);
    const same = fromKernel ? hex(bytes) : hex(withoutJunk(bytes, encoded));
    t.same(hex(encoded), same, `${name}: the same bytes`);
  }
});

/** iproute2 leaves old bytes in the padding behind odd payloads: the last one to three of a word, where we write zeros. */
function withoutJunk(bytes: Uint8Array, encoded: Uint8Array): Uint8Array {
  return bytes.map((byte, at) =>
    at % 4 > 0 && encoded.subarray(at, (at | 3) + 1).every((one) => one === 0) ? 0 : byte,
  );
}

t.test('what a capture says does not depend on where its bytes are', async (t) => {
  for (const { name, message, bytes } of fixtures) {
    const room = Buffer.alloc(bytes.length + 64, 0xff);
    room.set(bytes, 7);
    t.strictSame(message.decode(room.subarray(7, 7 + bytes.length)), message.decode(bytes), name);
  }
});

t.test('values alone, without what decoding keeps beside them, mean the same', async (t) => {
  for (const { name, message, bytes } of fixtures) {
    const values = structuredClone(message.decode(bytes));
    t.strictSame(message.decode(message.encode(values)), values, name);
  }
});

t.test('hex files are written as they are read', async (t) => {
  for (const { name, message, bytes } of fixtures)
    t.same(hex(parseHexFile(formatHexFile(['ip'], message, bytes))), hex(bytes), name);
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
