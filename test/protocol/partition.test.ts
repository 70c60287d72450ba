import test from 'ava';
import { PARTITIONS, partitionOf } from '../../src/protocol/partition.ts';

test('partitionOf() stays as it is for ever: these are its values', t => {
  const partitions = ['a', 'b', 'foobar', 'orders.42', 'hot', 'a/b=c-d_E.9'].map(partitionOf);
  t.deepEqual(partitions, [179, 50, 220, 67, 82, 237]);
});

test('partitionOf() spreads keys that differ by a number alone evenly', t => {
  const counts = new Array<number>(PARTITIONS).fill(0);
  for (let i = 0; i < 100 * PARTITIONS; i++) {
    const partition = partitionOf(`orders.${i}`);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  t.true(Math.min(...counts) >= 50, `the emptiest has ${Math.min(...counts)} of 100`);
  t.true(Math.max(...counts) <= 150, `the fullest has ${Math.max(...counts)} of 100`);
});
