// Values of all kinds against every encoder. NSNET_FUZZ_RUNS=100000 tries more; a failure prints seed and path.
import { deepStrictEqual, ok } from 'node:assert/strict';
import { type AnyMessage, EncodeError, rawAttributes } from '@nsnet/netlink/messages';
import fc from 'fast-check';
import t from 'tap';
import { messages } from '../support/fixtures.ts';
import { residues } from '../support/residue.ts';
import { Values } from './values.ts';

const numRuns = Number(process.env.NSNET_FUZZ_RUNS ?? 400);
t.setTimeout(60_000 + 10 * numRuns);

/** The length in front of a record is filled in by the encoder. */
function withoutLengths(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(withoutLengths);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (key === 'len' ? [] : [[key, withoutLengths(item)]])),
  );
}

for (const [name, message] of Object.entries(messages)) {
  t.test(`${name}: what can be written is read back, whole`, async (t) => {
    fc.assert(
      fc.property(fc.gen(), (draw) => {
        const value = new Values(draw).message(message);
        const bytes = message.encode(value);
        const decoded = message.decode(bytes);
        deepStrictEqual(withoutLengths(decoded), withoutLengths(value));
        deepStrictEqual(residues(decoded), []);
        deepStrictEqual(message.encode(decoded), bytes);
      }),
      { numRuns },
    );
    t.pass(`${numRuns} messages`);
  });

  t.test(`${name}: only EncodeError escapes, and says where`, async (t) => {
    fc.assert(
      fc.property(fc.gen(), fc.anything(anything), fc.nat(), (draw, junk, at) => {
        encodes(message, spoil(new Values(draw).message(message), junk, at));
      }),
      { numRuns },
    );
    t.pass(`${numRuns} messages`);
  });

  t.test(`${name}: anything at all`, async (t) => {
    fc.assert(
      fc.property(fc.anything(anything), (junk) => {
        encodes(message, junk);
        encodes(message, { header: junk, attributes: junk });
      }),
      { numRuns },
    );
    t.pass(`${numRuns} values`);
  });
}

const anything = { withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withTypedArray: true };

/** A copy with one value somewhere replaced. */
function spoil(value: unknown, junk: unknown, at: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return junk;
  const keys = Object.keys(value);
  const key = keys[at % (keys.length + 1)];
  if (key === undefined) return at % 2 === 0 ? junk : { ...value, unheardOf: junk };
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  copy[key] = spoil((value as Record<string, unknown>)[key], junk, Math.floor(at / (keys.length + 1)));
  return copy;
}

/** Encodes, or throws what should not be thrown. */
function encodes(message: AnyMessage, value: unknown): void {
  try {
    message.decode(message.encode(value as never));
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error;
    ok(error.problems.length > 0 && error.message !== '', 'says what is wrong');
  }
}

t.test('nothing decoded from what was written is raw', async (t) => {
  for (const message of Object.values(messages))
    t.same(rawAttributes(message.decode(message.encode({})).attributes), []);
});
