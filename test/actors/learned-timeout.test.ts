import test from 'ava';
import { LearnedTimeout } from '../../src/actors/learned-timeout.ts';

function learned(tooksMs: readonly number[]): number {
  const timeout = new LearnedTimeout(200, 1000);
  for (const tookMs of tooksMs) timeout.learn(tookMs);
  return timeout.ms;
}

test('LearnedTimeout keeps to its least while all is quick, however evenly', t => {
  t.is(learned([]), 200);
  t.is(learned(Array.from({ length: 100 }, () => 2)), 200);
});

test('LearnedTimeout is longer than what it takes, and comes back when that is quick again', t => {
  const slow = Array.from({ length: 100 }, (_, i) => 350 + (i % 2) * 100);
  const ms = learned(slow);
  t.true(ms > 450 && ms < 1000, String(ms));
  t.is(learned([...slow, ...Array.from({ length: 100 }, () => 2)]), 200);
});

test('LearnedTimeout keeps to its most', t => {
  t.is(learned(Array.from({ length: 100 }, () => 60_000)), 1000);
});
