// What the memories of an acceptor and of a proposer owe to the protocol, as checks that throw: whatever is pushed out, what
// is found is what was put in last (A1), and what was taken out is gone (P1). The tests run them on the product, and the
// mutants' test on products that are broken.

import assert from 'node:assert/strict';
import { randomSource } from '../../src/actors/random.ts';
import { RecordRing } from '../../src/actors/record-ring.ts';
import { RegisterMemory } from '../../src/actors/register-memory.ts';
import { SlotMemory } from '../../src/actors/slot-memory.ts';
import { ACCEPTOR_MB_MAX, bytesOfMb, PROPOSER_MB_MAX } from '../../src/node/config/memory-bound.ts';
import { EMPTY_SLOT, type Slot } from '../../src/protocol/acceptor.ts';
import { hashOf } from '../../src/protocol/partition.ts';
import { type RegisterState, UNSET } from '../../src/protocol/state.ts';
import { type Instance, newInstance } from '../../src/protocol/work.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import type { Duty } from './runtime-duties.ts';

/** Two keys with one hash. */
const TWINS = ['k32728', 'k261234'] as const;
const AMPLE_BYTES = 1 << 20;
const ballot = (counter: number, proposer: string) => ({ counter, proposer });

function registers(objectBytesMax: number, ringBytesMax: number): RegisterMemory {
  const codec = { encode: encodeState, decode: decodeState };
  return new RegisterMemory({ codec, objectBytesMax, ringBytesMax });
}

/** A variable with a promise for the next ballot. */
function standing(key: string, counter: number): Instance {
  const rounds = [{ proposer: 'p', counter }];
  const state = { ...UNSET, kind: 'variable', version: counter, set: true, value: counter, rounds } as const;
  const own = { ballot: ballot(counter + 1, 'p'), accepted: ballot(counter, 'q'), state };
  return { ...newInstance(key), standing: own, bytes: encodeState(state).length };
}

/** A body of random length that says what it is; short ones say less. */
function bodyOf(number: number, random: () => number): Buffer {
  return Buffer.from(`${number} `.repeat(1 + Math.floor(random() * 20)));
}

function putInto(ring: RecordRing, key: string, body: Uint8Array): boolean {
  const at = ring.put(key, body.length);
  if (at === undefined) return false;
  ring.buffer.set(body, at);
  return true;
}

function bodyIn(ring: RecordRing, key: string): Uint8Array | undefined {
  const found = ring.find(key);
  return found && ring.buffer.subarray(found.at, found.at + found.bytes);
}

export const MEMORY_DUTIES: readonly Duty[] = [
  {
    title: 'a ring finds a record as it was put last or not at all, whatever came since',
    check: async () => {
      for (const size of [0, 1024, 4096, 1 << 16]) {
        const ring = new RecordRing(size);
        const random = randomSource(size);
        const model = new Map<string, Uint8Array>();
        let found = 0;
        for (let number = 0; number < 20_000; number++) {
          const key = `${'long-'.repeat(Math.floor(random() * 3))}k${Math.floor(random() * 300)}`;
          if (random() < 0.1) {
            ring.forget(key);
            model.delete(key);
          } else {
            const body = bodyOf(number, random);
            const isKept = putInto(ring, key, body);
            if (isKept) assert.deepEqual(bodyIn(ring, key), body);
            model.set(key, isKept ? body : Buffer.from('too large'));
          }
          const other = `k${Math.floor(random() * 300)}`;
          const shown = bodyIn(ring, other);
          assert.equal(ring.has(other), shown !== undefined);
          if (shown !== undefined) assert.deepEqual(shown, model.get(other));
          found += shown === undefined ? 0 : 1;
        }
        assert.equal(found > 0, size > 0);
      }
    },
  },
  {
    title: 'a ring keeps all that fit, and of more the newest',
    check: async () => {
      const ring = new RecordRing(1 << 16);
      const put = (from: number, to: number): void => {
        for (let i = from; i < to; i++) assert(putInto(ring, `k${i}`, Buffer.alloc(100, i)));
      };
      const kept = (from: number, to: number): number =>
        Array.from({ length: to - from }, (_, i) => ring.has(`k${from + i}`)).filter(Boolean).length;
      put(0, 500);
      put(0, 500);
      assert.equal(kept(0, 500), 500);
      put(500, 5000);
      assert.equal(kept(4500, 5000), 500);
      assert(kept(0, 4000) === 0 && ring.size * 'k0000'.length + ring.size * 100 < 1 << 16);
      ring.clear();
      assert.equal(kept(0, 5000), 0);
      put(0, 500);
      assert.equal(kept(0, 500), 500);
    },
  },
  {
    title: 'a ring loses nothing by what is put again, in whatever order',
    check: async () => {
      const ring = new RecordRing(1 << 16);
      const random = randomSource(1);
      const bodies = Array.from({ length: 500 }, (_, i) => Buffer.alloc(100, i));
      for (const [i, body] of bodies.entries()) putInto(ring, `k${i}`, body);
      for (let turn = 0; turn < 20_000; turn++) {
        const i = Math.floor(random() * bodies.length);
        const body = Buffer.alloc(60 + Math.floor(random() * 40), turn);
        bodies[i] = body;
        putInto(ring, `k${i}`, body);
      }
      for (const [i, body] of bodies.entries()) assert.deepEqual(bodyIn(ring, `k${i}`), body);
    },
  },
  {
    title: 'a ring is not full of small records before its index is',
    check: async () => {
      const ring = new RecordRing(1 << 16);
      for (let i = 0; i < 20_000; i++) assert(putInto(ring, `${i}`, Buffer.alloc(0)));
      assert(ring.size > 500 && ring.has('19999') && !ring.has('0'));
    },
  },
  {
    title: 'by default there is room for a million variables of 100 bytes, in an acceptor and in a proposer',
    check: async () => {
      const [count, part] = [10_000, 100];
      const slots = new SlotMemory(bytesOfMb(ACCEPTOR_MB_MAX) / part);
      const own = registers(0, bytesOfMb(PROPOSER_MB_MAX) / part);
      const [proposer, value] = ['p1-0123456789abcdef', 'x'.repeat(100)];
      const keyOf = (i: number): string => `some.twenty-characters.${i}`;
      for (let i = 0; i < count; i++) {
        const accepted = ballot(1e6 + i, proposer);
        const promised = ballot(2e6 + i, proposer);
        const rounds = [accepted];
        const state = { ...UNSET, kind: 'variable', version: 1, set: true, value, rounds } as const;
        slots.use(keyOf(i), { promised, accepted, value: encodeState(state) });
        own.put({ ...newInstance(keyOf(i)), standing: { ballot: promised, accepted, state } });
      }
      for (let i = 0; i < count; i++) {
        assert(slots.has(keyOf(i)));
        assert.equal(own.take(keyOf(i)).standing?.accepted.counter, 1e6 + i);
      }
    },
  },
  {
    title: 'two keys with one hash are kept apart',
    check: async () => {
      assert.equal(hashOf(TWINS[0]), hashOf(TWINS[1]));
      const ring = new RecordRing(1 << 16);
      putInto(ring, TWINS[0], Buffer.from('first'));
      assert.equal(ring.has(TWINS[1]), false);
      putInto(ring, TWINS[1], Buffer.from('second'));
      assert.deepEqual(bodyIn(ring, TWINS[0]), Buffer.from('first'));
      assert.deepEqual(bodyIn(ring, TWINS[1]), Buffer.from('second'));
    },
  },
  {
    title: 'a slot is remembered whole, and as it was put last (A1)',
    check: async () => {
      const memory = new SlotMemory(AMPLE_BYTES);
      const slots: readonly Slot[] = [
        { promised: ballot(7, 'p'), accepted: ballot(6, 'q'), value: Uint8Array.of(1, 2, 3) },
        {
          promised: ballot(2 ** 52, 'r'),
          accepted: ballot(2 ** 51, 'p'),
          value: new Uint8Array(1000).fill(7),
        },
        ...[0, 1, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32].map(distance => {
          return { promised: ballot(5 + distance, 'p'), accepted: ballot(5, 'p'), value: Uint8Array.of(9) };
        }),
        { promised: ballot(4, 'p'), accepted: ballot(5, 'p'), value: Uint8Array.of(9) },
        { promised: ballot(9, 'p'), accepted: EMPTY_SLOT.accepted, value: EMPTY_SLOT.value },
        EMPTY_SLOT,
      ];
      for (const slot of slots) {
        memory.use('k', slot);
        assert.deepEqual(memory.get('k'), slot);
      }
      memory.use('k', { ...EMPTY_SLOT, value: new Uint8Array(AMPLE_BYTES) });
      assert.equal(memory.get('k'), undefined);
    },
  },
  {
    title: 'the value of a slot stays as it was shown, when others come after it',
    check: async () => {
      const memory = new SlotMemory(1024);
      const value = Uint8Array.of(1, 2, 3);
      memory.use('k', { ...EMPTY_SLOT, promised: ballot(1, 'p'), value });
      const shown = memory.get('k');
      for (let i = 0; i < 1000; i++) {
        memory.use(`k${i}`, { ...EMPTY_SLOT, value: new Uint8Array(50).fill(i) });
        memory.get(`k${i}`);
      }
      assert.equal(memory.has('k'), false);
      assert.deepEqual(shown?.value, value);
    },
  },
  {
    title: 'a register that was taken out is gone, as an object and as bytes (P1)',
    check: async () => {
      for (const [objects, ring] of [
        [AMPLE_BYTES, 0],
        [0, AMPLE_BYTES],
        [AMPLE_BYTES, AMPLE_BYTES],
      ] as const) {
        const memory = registers(objects, ring);
        memory.put(standing('k', 1));
        assert.deepEqual(memory.take('k'), standing('k', 1));
        assert.deepEqual(memory.take('k'), newInstance('k'));
        memory.put(newInstance('k'));
        assert.deepEqual(memory.take('k'), newInstance('k'));
      }
    },
  },
  {
    title: 'a register is what it was put in as last, when it was pushed out of the objects (P1)',
    check: async () => {
      const memory = registers(4000, AMPLE_BYTES);
      const settled = standing('s', 1);
      const written = { ...settled, final: settled.standing?.state, standing: undefined };
      memory.put(written);
      for (let counter = 1; counter < 300; counter++) {
        memory.put(standing('k', counter));
        for (let i = 0; i < 10; i++) memory.put(standing(`other${counter}-${i}`, counter));
        assert.deepEqual(memory.take('k'), standing('k', counter));
      }
      assert.deepEqual(memory.take('s'), written);
    },
  },
  {
    title: 'a register that comes back as it was taken out is not written again',
    check: async () => {
      let written = 0;
      const encode = (state: RegisterState): Uint8Array => {
        written += 1;
        return encodeState(state);
      };
      const codec = { encode, decode: decodeState };
      const memory = new RegisterMemory({ codec, objectBytesMax: 0, ringBytesMax: AMPLE_BYTES });
      memory.put(standing('k', 1));
      for (let i = 0; i < 3; i++) memory.put(memory.take('k'));
      assert.equal(written, 1);
      assert.deepEqual(memory.take('k'), standing('k', 1));
      memory.put(standing('k', 2));
      assert.deepEqual(memory.take('k'), standing('k', 2));
      assert.deepEqual(memory.take('k'), newInstance('k'));
    },
  },
  {
    title: 'nothing is left of what was remembered, when all is to be forgotten (C4)',
    check: async () => {
      for (const [objects, ring] of [
        [AMPLE_BYTES, 0],
        [0, AMPLE_BYTES],
      ] as const) {
        const memory = registers(objects, ring);
        memory.put(standing('k', 1));
        memory.clear();
        assert.deepEqual(memory.take('k'), newInstance('k'));
      }
    },
  },
];
