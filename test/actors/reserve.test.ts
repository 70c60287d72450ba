import test from 'ava';
import { Reserve } from '../../src/actors/reserve.ts';
import { RESERVE_DUTIES } from './reserve-duties.ts';

const CONFIGURATION = { cluster: 'c', epoch: 1, acceptors: ['a', 'b', 'c'] };

for (const { title, check } of RESERVE_DUTIES) {
  test(`a reserve: ${title}`, async t => {
    await t.notThrowsAsync(check);
  });
}

test('Reserve asks all for longer each time that somebody is late, and for a second again after a calm minute', t => {
  const reserve = new Reserve('quorum', 10);
  const pauseAfter = (nowMs: number): number => {
    reserve.late(['a'], nowMs);
    let ms = 0;
    while (reserve.of(CONFIGURATION, nowMs + ms).length === 0) ms += 1000;
    return ms;
  };
  t.deepEqual(reserve.of(CONFIGURATION, 1_000_000), ['c']);
  t.is(pauseAfter(1_000_000), 1000);
  t.is(pauseAfter(1_002_000), 2000);
  t.is(pauseAfter(1_010_000), 4000);
  for (let nowMs = 1_020_000; nowMs < 1_600_000; nowMs += 61_000) reserve.late(['a'], nowMs);
  t.is(pauseAfter(1_640_000), 60_000);
  t.is(pauseAfter(2_000_000), 1000);
});

test('Reserve is who was late last; who was late before them comes back first', t => {
  t.deepEqual(
    new Reserve('all', 10).of(CONFIGURATION, 1_500_000),
    [],
    'nobody is, where all are to be asked',
  );
  const reserve = new Reserve('quorum', 10);
  reserve.late(['a'], 1_000_000);
  t.deepEqual(reserve.of(CONFIGURATION, 1_500_000), ['a']);
  reserve.late(['b'], 2_000_000);
  t.deepEqual(reserve.of(CONFIGURATION, 2_500_000), ['b']);
  reserve.late(['c', 'a'], 3_000_000);
  t.deepEqual(reserve.of(CONFIGURATION, 3_500_000), ['a']);
  t.deepEqual(reserve.of({ ...CONFIGURATION, epoch: 2, acceptors: ['b', 'c'] }, 3_500_000), []);
});

test('Reserve does not count those as late again who are asked with all others', t => {
  const reserve = new Reserve('quorum', 10);
  reserve.late(['a'], 1_000_000);
  reserve.late(['b'], 1_000_500);
  t.deepEqual(reserve.of(CONFIGURATION, 1_001_000), ['a']);
});
