import test from 'ava';
import {
  type Decided,
  decidedOf,
  joined,
  MembershipError,
  membersValue,
  settledOf,
  withCarried,
} from '../../src/protocol/membership.ts';
import { PARTITIONS } from '../../src/protocol/partition.ts';
import { isQuorum } from '../../src/protocol/quorum.ts';
import type { Value } from '../../src/protocol/value.ts';

const FIRST: Decided = {
  epoch: 1,
  members: new Map(['a', 'b', 'c'].map(name => [name, `store-${name}`])),
  joint: undefined,
  carried: [],
  former: [],
};
const REPLACED = joined(FIRST, { add: new Map([['d', 'store-d']]), remove: ['a'] });
const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition);

test('joined() keeps those before beside those after', t => {
  t.is(REPLACED.epoch, 2);
  t.deepEqual(REPLACED.joint, { before: ['a', 'b', 'c'], after: ['b', 'c', 'd'] });
  t.deepEqual([...REPLACED.members.keys()], ['a', 'b', 'c', 'd']);
});

test('joined() refuses what makes no sense, in words', t => {
  const refuses = (
    decided: Decided,
    add: readonly string[],
    remove: readonly string[],
    why: RegExp,
  ): void => {
    const change = { add: new Map(add.map(name => [name, 's'])), remove };
    t.throws(() => joined(decided, change), { instanceOf: MembershipError, message: why });
  };
  refuses(REPLACED, ['e'], [], /a change is under way already/);
  refuses(FIRST, [], [], /nobody is to be added or removed/);
  refuses(FIRST, ['a'], [], /a is a member already/);
  refuses(FIRST, [], ['x'], /x is no member/);
  refuses(FIRST, [], ['a', 'b', 'c'], /nobody would be left/);
});

test('settledOf() wants every partition brought over (C3), and leaves those after alone', t => {
  t.throws(() => settledOf(FIRST), { message: /no change is under way/ });
  const most = ALL.slice(1).reduce(withCarried, REPLACED);
  t.throws(() => settledOf(most), { message: /1 of 256 partitions were not brought over yet/ });
  t.throws(() => settledOf(ALL.map(() => 7).reduce(withCarried, REPLACED)), { message: /255 of 256/ });
  const settled = settledOf(withCarried(most, 0));
  t.is(settled.epoch, 3);
  t.is(settled.joint, undefined);
  t.deepEqual(
    [...settled.members],
    [
      ['b', 'store-b'],
      ['c', 'store-c'],
      ['d', 'store-d'],
    ],
  );
});

test('joined() takes no store back that was let go, under whatever name (C6)', t => {
  const settled = settledOf(ALL.reduce(withCarried, REPLACED));
  const known = decidedOf(membersValue(settled));
  t.deepEqual(known.former, ['store-a']);
  const later = settledOf(ALL.reduce(withCarried, joined(known, { add: new Map(), remove: ['b'] })));
  for (const name of ['a', 'x']) {
    const change = { add: new Map([[name, 'store-a']]), remove: [] };
    t.throws(() => joined(later, change), { message: /store-a was a member before/ });
  }
  t.notThrows(() => joined(later, { add: new Map([['e', 'store-e']]), remove: [] }));
});

test('decidedOf() reads what was decided before it told of those that were let go', t => {
  const { former, ...before } = membersValue(FIRST) as Record<string, Value>;
  t.deepEqual(former, []);
  t.deepEqual(decidedOf(before), FIRST);
});

test('decidedOf() gives back what membersValue() was given, and refuses anything else', t => {
  for (const decided of [FIRST, withCarried(REPLACED, 5)])
    t.deepEqual(decidedOf(membersValue(decided)), decided);
  for (const value of [null, 1, {}, { epoch: 1, members: {}, carried: [], joint: 1 }]) {
    t.throws(() => decidedOf(value), { instanceOf: MembershipError });
  }
});

test('a joint quorum is one of either set, whatever they share (C1)', t => {
  const { before, after } = REPLACED.joint ?? { before: [], after: [] };
  const configuration = { cluster: 'c', epoch: 2, acceptors: ['a', 'b', 'c', 'd'], joint: { before, after } };
  t.true(isQuorum(configuration, ['b', 'c']));
  t.true(isQuorum(configuration, ['a', 'b', 'd']));
  t.false(isQuorum(configuration, ['a', 'b']));
  t.false(isQuorum(configuration, ['b', 'd']));
  t.false(isQuorum(configuration, ['a', 'd']));
});
