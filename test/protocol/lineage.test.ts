import test from 'ava';
import fc from 'fast-check';
import { latestRound, ROUND_MARKS_MAX, withRound } from '../../src/protocol/lineage.ts';
import { type RegisterState, UNSET } from '../../src/protocol/state.ts';
import { randomRuns } from '../history/random-runs.ts';

/** The state after rounds of these proposers, counted from 1. */
function after(proposers: readonly string[]): RegisterState {
  return proposers.reduce((state, proposer, i) => withRound(state, { counter: i + 1, proposer }), UNSET);
}

const others = (count: number) => Array.from({ length: count }, (_, i) => `other-${i}`);

test('latestRound() is none, when the proposer has no round in the history (R2)', t => {
  t.is(latestRound(UNSET, 'p1'), 'none');
  t.is(latestRound(after(['p2', 'p3']), 'p1'), 'none');
});

test('latestRound() is the last of several rounds of one proposer (R2)', t => {
  t.is(latestRound(after(['p1', 'p2', 'p1', 'p3']), 'p1'), 3);
});

test('latestRound() is remembered, while fewer than ROUND_MARKS_MAX others came after (R2)', t => {
  t.is(latestRound(after(['p1', ...others(ROUND_MARKS_MAX - 1)]), 'p1'), 1);
});

test('latestRound() is forgotten, not none, once ROUND_MARKS_MAX others came after (R2)', t => {
  t.is(latestRound(after(['p1', ...others(ROUND_MARKS_MAX)]), 'p1'), 'forgotten');
});

test('latestRound() is forgotten for a proposer that never came, once marks may have been dropped (R2)', t => {
  t.is(latestRound(after(others(ROUND_MARKS_MAX - 1)), 'p1'), 'none');
  t.is(latestRound(after(others(ROUND_MARKS_MAX)), 'p1'), 'forgotten');
});

test('withRound() keeps a proposer that comes again among the last ones', t => {
  const history = ['p1', ...others(4), 'p1', ...others(ROUND_MARKS_MAX - 1)];
  t.is(latestRound(after(history), 'p1'), 6);
});

test('withRound() changes nothing but the rounds', t => {
  const state: RegisterState = { ...UNSET, kind: 'variable', version: 3, set: true, value: 'A' };
  const { rounds, ...rest } = withRound(state, { counter: 9, proposer: 'p1' });
  const { rounds: none, ...before } = state;
  t.deepEqual(rest, before);
  t.deepEqual(rounds, [...none, { proposer: 'p1', counter: 9 }]);
});

test('latestRound() is right or forgotten, whatever the history, and never wrong (R2)', t => {
  const histories = fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 4, maxLength: 60, size: 'max' });
  let forgotten = 0;
  const property = fc.property(histories, numbers => {
    const history = numbers.map(number => `p${number}`);
    const found = latestRound(after(history), 'p0');
    const last = history.lastIndexOf('p0') + 1;
    if (found === 'forgotten') forgotten += 1;
    return found === 'forgotten'
      ? new Set(history).size >= ROUND_MARKS_MAX
      : found === (last === 0 ? 'none' : last);
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
  t.true(forgotten > 100 && forgotten < 950, `${forgotten} of 1000 were forgotten`);
});
