import test from 'ava';
import { Hedging } from '../../src/client/hedging.ts';

test('Hedging lets only so many copies be under way', t => {
  const hedging = new Hedging();
  let begun = 0;
  while (hedging.begin()) begun += 1;
  t.is(begun, 64);
  hedging.end();
  t.true(hedging.begin());
  t.false(hedging.begin());
});
