import test from 'ava';
import { SlotCache } from '../../src/actors/slot-cache.ts';
import type { Slot } from '../../src/protocol/acceptor.ts';

function slot(counter: number): Slot {
  const accepted = { counter, proposer: 'p1' };
  return { promised: accepted, accepted, value: new Uint8Array(100) };
}

test('SlotCache remembers the slot that was put last', t => {
  const cache = new SlotCache(1_000_000);
  cache.put('k', slot(1));
  cache.put('k', slot(2));
  t.deepEqual(cache.get('k'), slot(2));
  t.true(cache.has('k'));
  t.false(cache.has('other'));
});

test('SlotCache forgets old slots and keeps what is used, when more are put than it may hold', t => {
  const cache = new SlotCache(100_000);
  for (let i = 0; i < 10_000; i++) {
    cache.put(`k${i}`, slot(1));
    cache.put('used', slot(i));
  }
  t.deepEqual(cache.get('used'), slot(9999));
  const kept = Array.from({ length: 10_000 }, (_, i) => `k${i}`).filter(key => cache.has(key));
  t.true(kept.length > 0 && kept.length < 200, `${kept.length} are kept`);
  t.true(cache.has('k9999'));
});
