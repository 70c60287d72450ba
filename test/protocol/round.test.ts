import test from 'ava';
import fc from 'fast-check';
import { type Ballot, compareBallots, ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import {
  acceptorsOf,
  chosenAmong,
  couldBeChosen,
  highestAccepted,
  startAccepting,
  startPreparing,
  tallyAccepted,
  tallyPromises,
  type Vote,
  withAccepted,
  withPromise,
  withRefusal,
  withVote,
} from '../../src/protocol/round.ts';
import { randomRuns } from '../history/random-runs.ts';

const THREE: Configuration = { cluster: 'test', epoch: 1, acceptors: ['a', 'b', 'c'] };
const FIVE: Configuration = { ...THREE, acceptors: ['a', 'b', 'c', 'd', 'e'] };
const ballot = (counter: number, proposer = 'p1'): Ballot => ({ counter, proposer });
const vote = (acceptor: string, accepted: Ballot): Vote => {
  return {
    acceptor,
    accepted,
    value: new TextEncoder().encode(`${accepted.counter} of ${accepted.proposer}`),
  };
};

/** Votes of some of five acceptors, in any order. */
const votes = fc.shuffledSubarray([...FIVE.acceptors]).chain(acceptors =>
  fc.tuple(
    ...acceptors.map(acceptor =>
      fc.tuple(fc.nat(2), fc.constantFrom('p1', 'p2')).map(([counter, proposer]) => {
        return vote(acceptor, counter === 0 ? ZERO_BALLOT : ballot(counter, proposer));
      }),
    ),
  ),
);

test('tallyPromises() is won by a quorum of different acceptors (P3)', t => {
  const one = withPromise(startPreparing(ballot(1)), vote('a', ZERO_BALLOT));
  const twice = withPromise(one, vote('a', ZERO_BALLOT));
  t.is(tallyPromises(THREE, twice), 'pending');
  t.is(tallyPromises(THREE, withPromise(twice, vote('b', ZERO_BALLOT))), 'won');
});

test('tallyPromises() is lost, when a quorum refused', t => {
  const round = withRefusal(withRefusal(startPreparing(ballot(1)), 'a'), 'a');
  t.is(tallyPromises(THREE, round), 'pending');
  t.is(tallyPromises(THREE, withRefusal(round, 'b')), 'lost');
});

test('tallyAccepted() is won by a quorum of different acceptors (P3)', t => {
  const round = withAccepted(startAccepting(ballot(1), ballot(2), new Uint8Array(1)), 'a');
  t.is(tallyAccepted(THREE, withAccepted(round, 'a')), 'pending');
  t.is(tallyAccepted(THREE, withAccepted(round, 'c')), 'won');
  t.is(tallyAccepted(FIVE, withAccepted(round, 'c')), 'pending');
});

test('tallyAccepted() is won, when an acceptor refused first and its acceptance came later', t => {
  const round = startAccepting(ballot(1), ballot(2), new Uint8Array(1));
  const refused = withRefusal(withRefusal(round, 'a'), 'b');
  t.is(tallyAccepted(THREE, refused), 'lost');
  t.is(tallyAccepted(THREE, withAccepted(withAccepted(refused, 'a'), 'c')), 'won');
});

test('withVote() keeps the first vote of an acceptor (P3)', t => {
  const first = withVote([], vote('a', ballot(1)));
  t.is(withVote(first, vote('a', ballot(2))), first);
});

test('highestAccepted() is the vote of the highest ballot, in any order', t => {
  const property = fc.property(votes, given => {
    const { accepted } = highestAccepted(given);
    return given.every(other => compareBallots(other.accepted, accepted) <= 0);
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
});

test('highestAccepted() looks at the proposer, when counters are equal', t => {
  const highest = highestAccepted([vote('a', ballot(3, 'p2')), vote('b', ballot(3, 'p1'))]);
  t.deepEqual(highest.accepted, ballot(3, 'p2'));
});

test('highestAccepted() is nothing, when nothing was accepted', t => {
  t.deepEqual(highestAccepted([]), { accepted: ZERO_BALLOT, value: new Uint8Array(0) });
});

test('chosenAmong() finds the ballot that a quorum reports', t => {
  const given = [vote('a', ballot(1)), vote('b', ballot(2)), vote('c', ballot(1))];
  t.deepEqual(chosenAmong(THREE, given)?.accepted, ballot(1));
});

test('chosenAmong() finds that nothing is chosen, when a quorum is empty', t => {
  const given = [vote('a', ZERO_BALLOT), vote('b', ZERO_BALLOT)];
  t.deepEqual(chosenAmong(THREE, given)?.accepted, ZERO_BALLOT);
});

test('chosenAmong() takes ballots of one counter for different ones', t => {
  t.is(chosenAmong(THREE, [vote('a', ballot(1, 'p1')), vote('b', ballot(1, 'p2'))]), undefined);
});

test('chosenAmong() does not depend on the order of the votes', t => {
  const property = fc.property(votes, given => {
    const found = chosenAmong(FIVE, given)?.accepted;
    const backwards = chosenAmong(FIVE, given.toReversed())?.accepted;
    return found === undefined
      ? backwards === undefined
      : backwards !== undefined && compareBallots(found, backwards) === 0;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
});

test('couldBeChosen() holds exactly while some votes of the silent would complete a quorum', t => {
  const property = fc.property(votes, given => {
    const silent = FIVE.acceptors.filter(acceptor => !acceptorsOf(given).includes(acceptor));
    const candidates = [ZERO_BALLOT, ...given.map(other => other.accepted)];
    const could = candidates.some(candidate => {
      const all = [...given, ...silent.map(acceptor => vote(acceptor, candidate))];
      return chosenAmong(FIVE, all) !== undefined;
    });
    return couldBeChosen(FIVE, given) === could;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
});
