import test from 'ava';
import fc from 'fast-check';
import { EMPTY_SLOT, type Slot } from '../../src/protocol/acceptor.ts';
import { decodeSlot, encodeSlot, type Place, PROPOSER_BYTES_MAX } from '../../src/storage/slot-record.ts';
import { StoreError } from '../../src/storage/store.ts';
import { slotOf } from './slots.ts';

const anyKey = fc.string({ minLength: 1, maxLength: 40 });
const STORE_ID = 'cafe'.repeat(8);
const anyBallot = fc.record(
  { counter: fc.maxSafeNat(), proposer: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  { noNullPrototype: true },
);
const anySlot: fc.Arbitrary<Slot> = fc.record(
  { promised: anyBallot, accepted: anyBallot, value: fc.uint8Array({ maxLength: 60 }) },
  { noNullPrototype: true },
);

test('decodeSlot() gives back the slot, when the record was encoded under the same key', t => {
  fc.assert(
    fc.property(anyKey, anySlot, (key, slot) => {
      t.deepEqual(decodeSlot(at(key), encodeSlot(at(key), slot)), slot);
    }),
  );
});

test('decodeSlot() refuses the record, when any one of its bits was flipped (S1)', t => {
  fc.assert(
    fc.property(anyKey, anySlot, (key, slot) => {
      const record = encodeSlot(at(key), slot);
      for (let bit = 0; bit < record.length * 8; bit++) {
        const damaged = Buffer.from(record);
        damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        assertCorrupt(() => decodeSlot(at(key), damaged));
      }
    }),
  );
  t.pass();
});

test('decodeSlot() refuses the record, when it was cut off or made longer (S1)', t => {
  fc.assert(
    fc.property(anyKey, anySlot, (key, slot) => {
      const record = encodeSlot(at(key), slot);
      for (let length = 0; length < record.length; length++) {
        assertCorrupt(() => decodeSlot(at(key), record.subarray(0, length)));
      }
      assertCorrupt(() => decodeSlot(at(key), Buffer.concat([record, Buffer.alloc(1)])));
    }),
  );
  t.pass();
});

test('decodeSlot() refuses the record, when it was moved under another key (S1)', t => {
  fc.assert(
    fc.property(anyKey, anyKey, anySlot, (key, other, slot) => {
      fc.pre(key !== other);
      assertCorrupt(() => decodeSlot(at(other), encodeSlot(at(key), slot)));
    }),
  );
  t.pass();
});

test('decodeSlot() refuses the record, when it was written for another store (S1)', t => {
  const anyStoreId = fc.string({
    unit: fc.constantFrom(...'0123456789abcdef'),
    minLength: 32,
    maxLength: 32,
  });
  fc.assert(
    fc.property(anyKey, anySlot, anyStoreId, (key, slot, storeId) => {
      fc.pre(storeId !== STORE_ID);
      assertCorrupt(() => decodeSlot({ storeId, key }, encodeSlot(at(key), slot)));
    }),
  );
  t.pass();
});

test('decodeSlot() names the key and the reason, when it refuses (S1)', t => {
  const record = encodeSlot(at('orders.42'), slotOf(1, 'paid'));
  const damaged = Buffer.from(record).fill(0, record.length - 1);
  t.throws(() => decodeSlot(at('orders.42'), damaged), {
    instanceOf: StoreError,
    code: 'corrupt',
    message: "Cannot load 'orders.42': its checksum does not match",
  });
  t.throws(() => decodeSlot(at('orders.42'), Buffer.from([1, ...record.subarray(1)])), {
    message: "Cannot load 'orders.42': its slot has the unknown format 1",
  });
  t.throws(() => decodeSlot(at('orders.42'), record.subarray(0, 3)), {
    message: "Cannot load 'orders.42': its slot is cut off after 3 bytes",
  });
});

test('encodeSlot() writes the same bytes as ever, when the format version is 2', t => {
  const record = encodeSlot(at('orders.42'), {
    promised: { counter: 258, proposer: 'p1' },
    accepted: EMPTY_SLOT.accepted,
    value: new Uint8Array([1, 2, 3]),
  });
  t.is(record.toString('hex'), '027575a7134070200000000000027031000000000000000000010203');
});

test('encodeSlot() refuses the slot, when a ballot would not come back equal', t => {
  const longest = { ...EMPTY_SLOT, promised: { counter: 1, proposer: 'x'.repeat(PROPOSER_BYTES_MAX) } };
  t.deepEqual(decodeSlot(at('a'), encodeSlot(at('a'), longest)), longest);
  const refused = [
    { counter: 1, proposer: 'x'.repeat(PROPOSER_BYTES_MAX + 1) },
    { counter: -1, proposer: 'p1' },
    { counter: 0.5, proposer: 'p1' },
    { counter: 2 ** 53, proposer: 'p1' },
    { counter: Number.NaN, proposer: 'p1' },
  ];
  for (const promised of refused) {
    t.throws(() => encodeSlot(at('a'), { ...EMPTY_SLOT, promised }), { instanceOf: RangeError });
  }
});

function at(key: string): Place {
  return { storeId: STORE_ID, key };
}

/** t.throws() takes microseconds too many for tens of thousands of bits. */
function assertCorrupt(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    if (error instanceof StoreError && error.code === 'corrupt') return;
    throw error;
  }
  throw new Error('Damage was not noticed');
}
