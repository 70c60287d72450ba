import test from 'ava';
import { RecencyCache } from '../../src/actors/recency-cache.ts';

/** Every entry takes 100 bytes. */
function cache(bytesMax: number): RecencyCache<{ readonly at: number }> {
  return new RecencyCache({ bytesMax, cost: () => 100 });
}

const keys = (count: number, letter: string): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${letter}${i}`);

test('RecencyCache remembers the value that was used last', t => {
  const memory = cache(1_000_000);
  for (const at of [1, 2, 3]) {
    memory.use('k', { at });
    t.deepEqual(memory.get('k'), { at });
  }
  t.not(memory.get('k'), undefined);
  t.is(memory.get('other'), undefined);
});

test('RecencyCache keeps what is used again and again, when many others are used once', t => {
  const memory = cache(100_000);
  const often = keys(100, 'often');
  for (let round = 0; round < 200; round++) {
    for (const key of often) memory.use(key, { at: round });
    for (const key of keys(50, `once${round}-`)) memory.use(key, { at: round });
  }
  t.true(often.every(key => memory.get(key)?.at === 199));
  const once = Array.from({ length: 200 }, (_, round) => keys(50, `once${round}-`)).flat();
  const kept = once.filter(key => memory.get(key) !== undefined);
  t.true(kept.length > 0 && kept.length <= 400, `${kept.length} are kept`);
  t.not(memory.get('once199-49'), undefined);
});

test('RecencyCache forgets what was used often, when it is not used any more', t => {
  const memory = cache(100_000);
  for (const key of [...keys(10, 'old'), ...keys(10, 'old')]) memory.use(key, { at: 0 });
  for (const key of keys(2000, 'new')) for (const at of [1, 2]) memory.use(key, { at });
  t.false(keys(10, 'old').some(key => memory.get(key) !== undefined));
});

test('RecencyCache gives no older value, when a newer one was forgotten or too large', t => {
  const memory = new RecencyCache<{ readonly bytes: number }>({
    bytesMax: 10_000,
    cost: (_, { bytes }) => bytes,
  });
  for (const times of [1, 2, 3]) {
    for (let i = 0; i < times; i++) memory.use('k', { bytes: 100 });
    memory.use('k', { bytes: 1_000_000 });
    t.is(memory.get('k'), undefined);
  }
});

test('RecencyCache remembers nothing, when it may take nothing', t => {
  const memory = cache(0);
  memory.use('k', { at: 1 });
  memory.use('k', { at: 2 });
  t.is(memory.get('k'), undefined);
});
