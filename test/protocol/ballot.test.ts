import test from 'ava';
import fc from 'fast-check';
import {
  BallotSource,
  COUNTER_MAX,
  compareBallots,
  maxBallot,
  ZERO_BALLOT,
} from '../../src/protocol/ballot.ts';
import { randomRuns } from '../history/random-runs.ts';
import { ballots, usedBallots } from './arbitrary.ts';

test('compareBallots() is a total order: zero for equal ballots alone', t => {
  const property = fc.property(ballots, ballots, (a, b) => {
    const areEqual = a.counter === b.counter && a.proposer === b.proposer;
    return (compareBallots(a, b) === 0) === areEqual;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
});

test('compareBallots() is antisymmetric', t => {
  const property = fc.property(ballots, ballots, (a, b) => {
    return Math.sign(compareBallots(a, b)) === -Math.sign(compareBallots(b, a));
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
});

test('compareBallots() is transitive', t => {
  const property = fc.property(ballots, ballots, ballots, (a, b, c) => {
    const [low, middle, high] = [a, b, c].sort(compareBallots);
    return low !== undefined && middle !== undefined && high !== undefined && compareBallots(low, high) <= 0;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
});

test('compareBallots() puts the counter before the proposer', t => {
  t.true(compareBallots({ counter: 1, proposer: 'z' }, { counter: 2, proposer: 'a' }) < 0);
});

test('compareBallots() tells ballots of one counter apart, when two proposers chose it (A2)', t => {
  t.true(compareBallots({ counter: 7, proposer: 'p1' }, { counter: 7, proposer: 'p2' }) < 0);
  t.true(compareBallots({ counter: 7, proposer: 'p2' }, { counter: 7, proposer: 'p1' }) > 0);
});

test('compareBallots() puts ZERO_BALLOT below all that proposers use', t => {
  const property = fc.property(usedBallots, ballot => compareBallots(ZERO_BALLOT, ballot) < 0);
  t.notThrows(() => fc.assert(property, randomRuns(t, 100)));
});

test('maxBallot() is the larger of both, whatever their order', t => {
  const property = fc.property(ballots, ballots, (a, b) => {
    const larger = maxBallot(a, b);
    return compareBallots(larger, a) >= 0 && compareBallots(larger, b) >= 0 && (larger === a || larger === b);
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
});

test('BallotSource never allots a ballot twice, and each is above all that it saw (P1)', t => {
  const events = fc.array(fc.option(ballots, { nil: undefined }), { maxLength: 50 });
  const property = fc.property(events, seen => {
    const source = new BallotSource('p2');
    let above = ZERO_BALLOT;
    for (const ballot of seen) {
      if (ballot !== undefined) {
        source.observe(ballot);
        above = maxBallot(above, ballot);
        continue;
      }
      const next = source.next();
      if (compareBallots(next, above) <= 0) throw new Error(`${next.counter} is not above ${above.counter}`);
      above = next;
    }
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 500)));
});

test('BallotSource.observe() never takes the counter back', t => {
  const source = new BallotSource('p1', 9);
  source.observe({ counter: 3, proposer: 'p2' });
  t.is(source.counter, 9);
  t.deepEqual(source.next(), { counter: 10, proposer: 'p1' });
});

test('BallotSource.observe() ignores a counter that no proposer can have reached', t => {
  const source = new BallotSource('p1', 9);
  source.observe({ counter: COUNTER_MAX, proposer: 'p2' });
  source.observe({ counter: Number.MAX_SAFE_INTEGER, proposer: 'p2' });
  t.is(source.counter, 9);
});
