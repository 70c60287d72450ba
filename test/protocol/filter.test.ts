import test from 'ava';
import fc from 'fast-check';
import { addTo, emptyFilter, filterOf, mayContain, printsOf } from '../../src/protocol/filter.ts';
import { floorName, isKey, PARTITIONS, partitionOfFloor } from '../../src/protocol/partition.ts';
import { randomRuns } from '../history/random-runs.ts';

const keys = fc.array(fc.stringMatching(/^[A-Za-z0-9_./=-]{1,40}$/), { maxLength: 200 });

test('mayContain() says yes to every key that the filter was made of', t => {
  const property = fc.property(keys, members => {
    const filter = filterOf(printsOf(members));
    t.true(members.every(key => mayContain(filter, key)));
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 200)));
});

test('mayContain() seldom says yes to another key', t => {
  const filter = emptyFilter(4000);
  for (let i = 0; i < 4000; i++) addTo(filter, `orders.${i}`);
  const wrong = Array.from({ length: 10_000 }, (_, i) => `invoices.${i}`).filter(key =>
    mayContain(filter, key),
  );
  t.log(`${wrong.length} of 10000`);
  t.true(wrong.length < 200);
});

test('mayContain() says no to everything, when the filter is of nothing', t => {
  t.false(mayContain(filterOf(printsOf([])), 'a'));
});

test('partitionOfFloor() knows the names of floors and nothing else', t => {
  for (const partition of [0, 1, PARTITIONS - 1]) {
    t.is(partitionOfFloor(floorName(partition)), partition);
    t.false(isKey(floorName(partition)));
  }
  for (const name of ['a', '1', '#', '#-1', '#01', '#256', '#1.0', '#x', '# 1'])
    t.is(partitionOfFloor(name), undefined, name);
});
