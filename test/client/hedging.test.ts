import test from 'ava';
import { HEDGE_MS_MAX, HEDGE_MS_MIN, Hedging } from '../../src/client/hedging.ts';

test('Hedging waits the longer the slower answers are, and not less or more than its bounds', t => {
  const hedging = new Hedging();
  t.is(hedging.afterMs, HEDGE_MS_MIN);
  hedging.learn(1);
  t.is(hedging.afterMs, HEDGE_MS_MIN);
  hedging.learn(100);
  t.true(hedging.afterMs > HEDGE_MS_MIN);
  for (let i = 0; i < 20; i++) hedging.learn(100);
  t.is(hedging.afterMs, HEDGE_MS_MAX);
  for (let i = 0; i < 40; i++) hedging.learn(2);
  t.is(hedging.afterMs, HEDGE_MS_MIN);
});

test('Hedging lets only so many copies be under way', t => {
  const hedging = new Hedging();
  let begun = 0;
  while (hedging.begin()) begun += 1;
  t.is(begun, 64);
  hedging.end();
  t.true(hedging.begin());
  t.false(hedging.begin());
});
