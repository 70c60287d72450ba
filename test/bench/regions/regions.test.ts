import test from 'ava';
import { mediansOf, REGIONS } from './regions.ts';

test('over three regions a change takes one round trip to the nearest quorum, and a read and a cas two', t => {
  const nearest = [21.8, 21.8, 169];
  const local = 1;
  for (const [loop, roundTrips, calls] of [
    ['change', 1, 1],
    ['read and cas', 2, 2],
  ] as const) {
    const medians = mediansOf(loop, 50);
    REGIONS.forEach((region, i) => {
      const expected = (nearest[i] ?? 0) * roundTrips + local * calls;
      t.true(
        Math.abs((medians.get(region) ?? 0) - expected) < 0.01,
        `${loop}, ${region}: ${medians.get(region)}`,
      );
    });
  }
});
