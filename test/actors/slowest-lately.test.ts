import test from 'ava';
import { SlowestLately } from '../../src/actors/slowest-lately.ts';

test('SlowestLately is the slowest, for half as much every two seconds', t => {
  const slowest = new SlowestLately();
  t.is(slowest.at(0), 0);
  slowest.note(100, 1000);
  for (let i = 0; i < 1000; i++) slowest.note(1, 1000);
  t.is(slowest.at(1000), 100);
  t.is(slowest.at(3000), 50);
  slowest.note(49, 3000);
  t.is(slowest.at(5000), 25);
  slowest.note(30, 5000);
  t.is(slowest.at(5000), 30);
});
