import test from 'ava';
import { ResendTimer } from '../../src/actors/resend-timer.ts';

const BOUNDS = { resendMs: 200, resendMsMax: 1000 };

function learned(tooksMs: readonly number[]): number {
  const timer = new ResendTimer(BOUNDS);
  for (const tookMs of tooksMs) timer.learn(tookMs);
  return timer.ms;
}

test('ResendTimer keeps to its least while rounds are quick, however even they are', t => {
  t.is(learned([]), 200);
  t.is(learned(Array.from({ length: 100 }, () => 2)), 200);
});

test('ResendTimer waits for longer than rounds take, and comes back when they are quick again', t => {
  const slow = Array.from({ length: 100 }, (_, i) => 350 + (i % 2) * 100);
  const ms = learned(slow);
  t.true(ms > 450 && ms < 1000, String(ms));
  t.is(learned([...slow, ...Array.from({ length: 100 }, () => 2)]), 200);
});

test('ResendTimer keeps to its most', t => {
  t.is(learned(Array.from({ length: 100 }, () => 60_000)), 1000);
});
