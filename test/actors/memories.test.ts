import test from 'ava';
import fc from 'fast-check';
import { RegisterMemory } from '../../src/actors/register-memory.ts';
import { SlotMemory } from '../../src/actors/slot-memory.ts';
import { newInstance } from '../../src/protocol/work.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import { ballots, states } from '../protocol/arbitrary.ts';
import { MEMORY_DUTIES } from './memory-duties.ts';

for (const { title, check } of MEMORY_DUTIES) {
  test(`Memory: ${title}`, async t => {
    await t.notThrowsAsync(check);
  });
}

test('SlotMemory gives back any slot as it is', t => {
  const memory = new SlotMemory(1 << 20);
  const slots = fc.record({ promised: ballots, accepted: ballots, value: fc.uint8Array() });
  fc.assert(
    fc.property(slots, fc.string({ unit: 'grapheme-ascii' }), (slot, key) => {
      memory.use(key, slot);
      t.deepEqual(memory.get(key), slot);
    }),
  );
  t.pass();
});

test('SlotMemory does not remember what has no bytes of its own, and finds no other key for it', t => {
  const memory = new SlotMemory(1 << 20);
  const slot = {
    promised: { counter: 1, proposer: 'p' },
    accepted: { counter: 0, proposer: '' },
    value: new Uint8Array(0),
  };
  for (const key of ['\u0141', 'A', 'x'.repeat(70_000)]) memory.use(key, slot);
  t.deepEqual(
    ['\u0141', 'A', 'x'.repeat(70_000)].map(key => memory.has(key)),
    [false, true, false],
  );
});

test('RegisterMemory gives back any register as it is, out of its ring', t => {
  const memory = new RegisterMemory({
    codec: { encode: encodeState, decode: decodeState },
    objectBytesMax: 0,
    ringBytesMax: 1 << 20,
  });
  // Of one key no two states have the same ballots.
  let keys = 0;
  fc.assert(
    fc.property(states, ballots, ballots, fc.boolean(), (state, ballot, accepted, isFinal) => {
      const standing = { ballot, accepted, state };
      const key = `k${keys++}`;
      const instance = {
        ...newInstance(key),
        standing,
        final: isFinal ? state : undefined,
        bytes: encodeState(state).length,
      };
      memory.put(instance);
      t.deepEqual(memory.take(key), instance);
    }),
  );
});
