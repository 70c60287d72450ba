import test from 'ava';
import fc from 'fast-check';
import {
  clusterOf,
  evenMoves,
  FIRST_GROUP,
  type GroupMap,
  GroupMapError,
  groupMapOf,
  groupsValue,
  movingIn,
  ONE_GROUP,
  placeOf,
  withArrival,
  withGroup,
  withMove,
  withoutGroup,
} from '../../src/protocol/group-map.ts';
import { PARTITIONS } from '../../src/protocol/partition.ts';

const TWO = withGroup(ONE_GROUP, 'east', ['e1', 'e2', 'e3']);

function moved(map: GroupMap, partition: number, to: string): GroupMap {
  const going = withMove(map, partition, to);
  return withArrival(going, partition, placeOf(going, partition));
}

function counts(map: GroupMap): Readonly<Record<string, number>> {
  const all = [...map.groups.keys()].map(name => [
    name,
    map.places.filter(({ group }) => group === name).length,
  ]);
  return Object.fromEntries(all);
}

test('a partition goes over a stay on its way to the next one, with a number that goes up each time', t => {
  const going = withMove(TWO, 7, 'east');
  t.deepEqual(placeOf(going, 7), { group: 'east', number: 1, from: { group: FIRST_GROUP, number: 0 } });
  t.deepEqual(movingIn(going), [7]);
  t.is(withMove(going, 7, 'east'), going, 'it is on its way already');
  t.throws(() => withMove(going, 7, FIRST_GROUP), { instanceOf: GroupMapError, message: /must be finished/ });
  const there = withArrival(going, 7, placeOf(going, 7));
  t.deepEqual(placeOf(there, 7), { group: 'east', number: 1, from: undefined });
  t.deepEqual(placeOf(moved(there, 7, FIRST_GROUP), 7), { group: FIRST_GROUP, number: 2, from: undefined });
  t.throws(() => withMove(TWO, 7, 'west'), { message: /no group west/ });
});

test('the end of an earlier move ends no later one', t => {
  const first = withMove(TWO, 7, 'east');
  const again = withMove(moved(withArrival(first, 7, placeOf(first, 7)), 7, FIRST_GROUP), 7, 'east');
  t.is(withArrival(again, 7, placeOf(first, 7)), again);
  const back = moved(TWO, 7, 'east');
  t.is(withArrival(back, 7, placeOf(first, 7)), back, 'it has arrived');
});

test('a group is let go when it keeps nothing, and its name is not given again', t => {
  const used = withMove(TWO, 7, 'east');
  t.throws(() => withoutGroup(used, 'east'), { message: /keeps 1 partitions/ });
  t.throws(() => withoutGroup(withMove(moved(TWO, 7, 'east'), 7, FIRST_GROUP), 'east'), {
    message: /keeps 1 partitions/,
  });
  const gone = withoutGroup(TWO, 'east');
  t.deepEqual([...gone.groups.keys()], [FIRST_GROUP]);
  t.throws(() => withGroup(gone, 'east', ['x']), { message: /was a group/ });
  t.throws(() => withGroup(TWO, 'east', ['x']), { message: /already/ });
  t.throws(() => withGroup(TWO, 'west', ['e1']), { message: /e1 is an acceptor of the group east/ });
  t.throws(() => withoutGroup(TWO, FIRST_GROUP), { message: /keeps the map/ });
});

test('evenMoves() comes to even shares with as few moves as that takes', t => {
  const three = withGroup(TWO, 'west', ['w1']);
  const property = fc.property(
    fc.array(fc.tuple(fc.nat(PARTITIONS - 1), fc.constantFrom(FIRST_GROUP, 'east', 'west')), {
      maxLength: 300,
    }),
    fc.subarray([FIRST_GROUP, 'east', 'west'], { minLength: 1 }),
    (somewhere, to) => {
      const before = somewhere.reduce((map, [partition, group]) => moved(map, partition, group), three);
      const moves = evenMoves(before, to);
      const after = [...moves].reduce((map, [partition, group]) => moved(map, partition, group), before);
      const kept = counts(after);
      const shares = to.map(name => kept[name] ?? 0);
      t.is(
        shares.reduce((sum, share) => sum + share, 0),
        PARTITIONS,
      );
      t.true(Math.max(...shares) - Math.min(...shares) <= 1);
      const had = counts(before);
      const needed = to.reduce((sum, name) => sum + Math.max(0, (kept[name] ?? 0) - (had[name] ?? 0)), 0);
      t.is(moves.size, needed);
    },
  );
  t.notThrows(() => fc.assert(property, { numRuns: 30 }));
});

test('a map goes through its register as it is', t => {
  const map = withoutGroup(withMove(withGroup(TWO, 'west', ['w1']), 9, 'east'), 'west');
  t.deepEqual(groupMapOf(JSON.parse(JSON.stringify(groupsValue(map)))), map);
  for (const value of [
    undefined,
    {},
    { groups: {}, gone: [], places: [] },
    { ...Object(groupsValue(map)), places: Array(256).fill([1]) },
  ])
    t.throws(() => groupMapOf(value), { instanceOf: GroupMapError });
});

test('the first group goes by the name of the cluster alone', t => {
  t.is(clusterOf('synod', FIRST_GROUP), 'synod');
  t.is(clusterOf('synod', 'east'), 'synod/east');
});
