import test from 'ava';
import fc from 'fast-check';
import {
  type Configuration,
  isMember,
  isQuorum,
  quorumSize,
  tally,
  withVoter,
} from '../../src/protocol/quorum.ts';
import { randomRuns } from '../history/random-runs.ts';

function groupOf(size: number): Configuration {
  return { cluster: 'test', epoch: 1, acceptors: Array.from({ length: size }, (_, i) => `a${i}`) };
}

/** A group, and two sets of its members. */
const groups = fc.integer({ min: 1, max: 7 }).chain(size => {
  const group = groupOf(size);
  const some = fc.subarray([...group.acceptors]);
  return fc.record({ group: fc.constant(group), ayes: some, noes: some });
});

for (const [size, quorum] of [
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 3],
  [5, 3],
  [6, 4],
  [7, 4],
] as const) {
  test(`quorumSize() is ${quorum}, when there are ${size} acceptors`, t => {
    t.is(quorumSize(groupOf(size)), quorum);
  });
}

test('isQuorum() holds for no two sets without a common member', t => {
  const property = fc.property(groups, ({ group, ayes, noes }) => {
    const meet = ayes.some(acceptor => noes.includes(acceptor));
    return meet || !isQuorum(group, ayes) || !isQuorum(group, noes);
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
});

test('isMember() knows the members alone (P3)', t => {
  t.true(isMember(groupOf(3), 'a2'));
  t.false(isMember(groupOf(3), 'a3'));
});

test('tally() is won with a quorum of ayes, lost when none can come, and pending between', t => {
  const property = fc.property(groups, ({ group, ayes, noes }) => {
    const refused = noes.filter(acceptor => !ayes.includes(acceptor));
    const possible = group.acceptors.length - refused.length;
    const expected = isQuorum(group, ayes) ? 'won' : possible >= quorumSize(group) ? 'pending' : 'lost';
    return tally(group, ayes, refused) === expected;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
});

test('tally() counts an acceptor that said both for an aye: what it accepted, it accepted', t => {
  t.is(tally(groupOf(3), ['a0'], ['a0', 'a1']), 'pending');
  t.is(tally(groupOf(3), ['a0', 'a1'], ['a0', 'a1', 'a2']), 'won');
});

test('tally() is pending for ever, when a quorum is silent', t => {
  t.is(tally(groupOf(3), [], ['a0']), 'pending');
  t.is(tally(groupOf(3), [], ['a0', 'a1']), 'lost');
});

test('withVoter() counts a second vote of the same acceptor for nothing (P3)', t => {
  const voters = withVoter(withVoter([], 'a0'), 'a0');
  t.deepEqual(voters, ['a0']);
  t.is(withVoter(voters, 'a0'), voters);
});
