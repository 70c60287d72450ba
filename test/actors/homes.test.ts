import test from 'ava';
import { homesAmong } from '../../src/actors/homes.ts';
import { PARTITIONS } from '../../src/protocol/partition.ts';
import { HOMES_DUTIES } from './homes-duties.ts';

const proposers = (count: number) => Array.from({ length: count }, (_, i) => `p${i}-x${i * 7919}`);

function counts(homes: readonly string[]): ReadonlyMap<string, number> {
  const counted = new Map<string, number>();
  for (const home of homes) counted.set(home, (counted.get(home) ?? 0) + 1);
  return counted;
}

for (const { title, check } of HOMES_DUTIES) {
  test(title, async t => {
    await t.notThrowsAsync(check());
  });
}

test('homesAmong() gives each proposer its share of the partitions', t => {
  for (const count of [2, 3, 5]) {
    const share = PARTITIONS / count;
    const counted = counts(homesAmong(proposers(count), 10));
    t.is(counted.size, count);
    for (const had of counted.values()) t.true(had > share / 2 && had < share * 2, `${had} of ${share}`);
  }
});

test('homesAmong() gives the same homes, whoever reckons and in whatever order', t => {
  t.deepEqual(homesAmong(proposers(4), 3), homesAmong(proposers(4).toReversed(), 3));
});

test('homesAmong() moves no partition but those of the one that leaves, or to the one that joins', t => {
  const [joining = '', ...before] = proposers(5);
  const few = homesAmong(before, 10);
  const many = homesAmong([...before, joining], 10);
  const moved = few.filter((home, partition) => home !== many[partition]).length;
  t.is(moved, many.filter(home => home === joining).length);
  t.true(moved > 0);
});

test('homesAmong() has no more homes than it may, and the next in order when one leaves', t => {
  const all = proposers(5);
  const [home, ...none] = counts(homesAmong(all, 1)).keys();
  t.is(none.length, 0);
  t.is(counts(homesAmong(all, 3)).size, 3);
  t.true(counts(homesAmong(all, 3)).has(home ?? ''));
  t.not(
    [
      ...counts(
        homesAmong(
          all.filter(name => name !== home),
          1,
        ),
      ).keys(),
    ][0],
    home,
  );
});
